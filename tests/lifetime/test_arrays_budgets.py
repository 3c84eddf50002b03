"""What a budget refuses, with which words, and that the program goes on."""

from __future__ import annotations

import contextvars
import gc
import re
import threading
import time
import weakref

import drypoint as dp
import numpy as np
import pytest
from child import run_child

MB = 1_000_000
ROOM = 100 * MB

random = np.random.default_rng(3)
line = np.zeros(4 * MB)  # 32 MB, made outside

#: Calls that ask for more than there is: NumPy's own words for it come with ours.
EXPLAINED = {
    "empty": lambda: np.empty(20 * MB),
    "zeros": lambda: np.zeros((1000, 20_000)),
    "ones": lambda: np.ones(20 * MB),
    "full": lambda: np.full(200 * MB, 3, np.uint8),
    "ufunc": lambda: np.add.outer(line[:1000], line[:100_000]),
    "expression": lambda: (line + 1) * 2 + (line - 1) ** 2 + line,
    "astype": lambda: line.astype(np.clongdouble).astype(complex),
    "sort": lambda: np.sort(np.broadcast_to(line, (4, line.size)), axis=0),
    "fromiter": lambda: np.fromiter(range(20 * MB), float, count=20 * MB),
    "list": lambda: np.array([0.0] * (15 * MB)),
    "random": lambda: np.random.rand(20 * MB),  # noqa: NPY002
    "generator": lambda: random.normal(size=20 * MB),
    "permutation": lambda: np.random.permutation(20 * MB),  # noqa: NPY002
    "pad": lambda: np.pad(line, 10 * MB),
    "concatenate": lambda: np.concatenate([line] * 4),
    "resize": lambda: np.resize(line, 20 * MB),
    "tile": lambda: np.tile(line, 4),
    "fft": lambda: np.fft.fft(line.repeat(2)),
    "svd": lambda: np.linalg.svd(np.zeros((4000, 4000))),
    "einsum": lambda: np.einsum("i,j->ij", line[:5000], line[:5000]),
    "where": lambda: np.where(np.ones(20 * MB, bool)),
    "take": lambda: np.take(line, np.zeros(20 * MB, np.int8)),
    "copy": lambda: [line.copy() for _ in range(4)],
}

TOLD = re.compile(
    r"NumPy in scope 'told' asked for (\d+) B, (\d+) B of the budget of 100000000 B is free; held by 1 array of "
    r"test_arrays_budgets\.py:\d+ in test_\w+ 40000000 B"
)


@pytest.mark.parametrize("name", EXPLAINED)
def test_a_refusal_names_what_is_asked_what_is_free_and_who_holds(name):
    with dp.scope("told", budget=ROOM) as scope:
        held = np.empty(40 * MB, np.uint8)
        with pytest.raises(MemoryError) as refused:
            EXPLAINED[name]()
        told = TOLD.search(str(refused.value))
        assert told, str(refused.value)
        asked, free = map(int, told.groups())
        assert free < asked and free <= ROOM - held.nbytes
        assert scope.report()["arrays"]["refused"] == 1
        del refused  # its traceback holds what the call had made
        gc.collect()
        assert scope.report()["arrays"]["live"] == held.nbytes
        assert np.ones(50 * MB, np.uint8)[-1] == 1, "the program goes on"


@pytest.mark.parametrize("call", ["resize", "fromiter", "fromstring"])
def test_where_numpy_raises_without_a_word_the_scope_adds_ours(call):
    with pytest.raises(MemoryError) as refused, dp.scope("told", budget=ROOM):
        held = np.empty(40 * MB, np.uint8)
        if call == "resize":
            np.arange(10).resize(10 * MB, refcheck=False)
        elif call == "fromstring":  # NumPy asks without holding the interpreter
            np.fromstring("1 " * (10 * MB), sep=" ")
        else:
            np.fromiter((0.0 for _ in range(20 * MB)), float)
        assert held.size
    [told] = refused.value.__notes__
    assert "scope 'told' asked for" in told
    assert re.search(r"test_arrays_budgets\.py:\d+ in test_where\w+ 40000000 B", told)


def test_the_same_request_succeeds_when_room_is_made():
    with dp.scope(budget=ROOM):
        held = [np.empty(40 * MB, np.uint8) for _ in range(2)]
        for _ in range(20):
            with pytest.raises(MemoryError):
                np.empty(60 * MB, np.uint8)
            held.pop()
            held.append(np.empty(60 * MB, np.uint8))
            held[-1] = None
            held[-1] = np.empty(40 * MB, np.uint8)


def test_five_holders_at_most_largest_first():
    with dp.scope(budget=ROOM):
        held = [
            np.empty(11 * MB, np.uint8),
            np.empty(12 * MB, np.uint8),
            np.empty(13 * MB, np.uint8),
            np.empty(14 * MB, np.uint8),
            np.empty(15 * MB, np.uint8),
            [np.empty(5 * MB, np.uint8) for _ in range(4)],
        ]
        with pytest.raises(MemoryError) as refused:
            np.empty(90 * MB, np.uint8)
        assert held
    sizes = [int(size) for size in re.findall(r" (\d+) B(?:,|$)", str(refused.value).partition("held by")[2])]
    assert sizes == [20 * MB, 15 * MB, 14 * MB, 13 * MB, 12 * MB]
    assert "4 arrays of" in str(refused.value)


def test_the_innermost_ceiling_that_is_in_the_way_is_named():
    with dp.scope("outer", budget=50 * MB) as outer:
        held = np.empty(20 * MB, np.uint8)
        with dp.scope("inner", budget=40 * MB) as inner:
            with pytest.raises(
                MemoryError, match="scope 'inner' asked for 41000000 B, 40000000 B of the budget of 40000000"
            ):
                np.empty(41 * MB, np.uint8)
            with pytest.raises(
                MemoryError, match="scope 'outer' asked for 35000000 B, 30000000 B of the budget of 50000000"
            ):
                np.empty(35 * MB, np.uint8)
            more = np.empty(30 * MB, np.uint8)
        with pytest.raises(MemoryError, match="scope 'outer' asked for 1000000 B, 0 B"):
            np.empty(MB, np.uint8)
        assert (inner.report()["arrays"]["refused"], outer.report()["arrays"]["refused"]) == (2, 3)
        assert held.size + more.size == outer.report()["arrays"]["live"] == outer.report()["arrays"]["peak"]


def test_the_budget_of_the_process_holds_for_every_thread_and_for_drypoints_own_work():
    child = run_child("""
import threading, drypoint as dp, numpy as np
MB = 1_000_000
on = dp.manage("100MB")
held = np.empty(60 * MB, np.uint8)
result = []
def work():
    try:
        np.empty(60 * MB, np.uint8)
    except MemoryError as error:
        result.append(str(error))
for _ in range(2):
    thread = threading.Thread(target=work); thread.start(); thread.join()
try:
    dp.manage("50MB")
except dp.BadArgument as error:
    result.append(str(error))
on.close()
result.append(np.empty(200 * MB, np.uint8).size)
try:
    dp.manage("50MB")
except dp.BudgetExceeded as error:
    result.append(str(error))
""")
    *threads, other, unlimited, held = child.result
    for text in threads:
        assert re.search(
            r"NumPy asked for 60000000 B, \d+ B of the budget of 100000000 B is free; held by 1 array of <string>:5",
            text,
        )
    assert "managed already" in other and unlimited == 200 * MB and "what is held already" in held


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self, size: int):
        self.me, self.array = self, np.empty(size, np.uint8)


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_is_collected_before_anything_is_refused(enabled):
    with dp.scope(budget=ROOM) as scope:
        if not enabled:
            gc.disable()
        try:
            for _ in range(30):
                Ring(45 * MB)
        finally:
            gc.enable()
        assert scope.report()["arrays"]["refused"] == 0
        assert scope.report()["arrays"]["peak"] <= ROOM


def test_what_can_never_fit_is_refused_without_a_collection():
    with dp.scope(budget=MB):
        before = dp.buffer_stats()["collections"]
        for _ in range(50):
            with pytest.raises(MemoryError):
                np.empty(2 * MB, np.uint8)
        assert dp.buffer_stats()["collections"] == before


def test_finalizers_and_callbacks_may_allocate_while_room_is_made(capfd):
    class Busy(Ring):
        def __del__(self):
            seen.append(np.zeros(5 * MB, np.uint8).any())

    class Array(np.ndarray):
        def __del__(self):
            seen.append((np.ones(5 * MB, np.uint8) + 1).any())

    seen: list[bool] = []
    with dp.scope(budget=ROOM) as scope:
        for _ in range(10):
            Busy(20 * MB)
            array = np.empty(20 * MB, np.uint8).view(Array)
            array.me = array
            ring = Ring(20 * MB)
            weakref.finalize(ring, lambda: seen.append(np.full(5 * MB, 1, np.uint8).any()))
            del array, ring
        gc.collect()
        assert scope.report()["arrays"]["refused"] == 0
    assert len(seen) == 30 and capfd.readouterr().err == ""


@pytest.mark.parametrize("threads", [2, 4])
def test_a_thread_waits_for_anothers_collection_instead_of_failing(threads):
    class Slow(Ring):
        def __del__(self):
            time.sleep(0.002)

    def work():
        try:
            for _ in range(40):
                Slow(15 * MB)
        except MemoryError as error:
            failed.append(str(error))

    failed: list[str] = []
    with dp.scope(budget=ROOM) as scope:
        workers = [
            threading.Thread(target=contextvars.copy_context().run, args=(work,)) for _ in range(threads)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert failed == []
    assert scope.report()["arrays"]["allocations"] == 40 * threads


def test_a_refusal_keeps_an_exception_that_is_on_its_way():
    class Fails:
        def __exit__(self, *_):
            try:
                np.empty(20 * MB)
            except MemoryError:
                seen.append(1)

        def __enter__(self):
            return self

    seen: list[int] = []
    with dp.scope(budget=ROOM), pytest.raises(KeyError, match="first"), Fails():
        raise KeyError("first")
    assert seen == [1]


def test_refusals_by_the_hundred_leave_nothing_behind():
    child = run_child("""
import drypoint as dp, numpy as np
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
with dp.scope(budget=1_000_000) as scope:
    def refuse(count):
        for _ in range(count):
            try: np.empty(2_000_000)
            except MemoryError: pass
    refuse(500)
    before = resident()
    refuse(5000)
    result = [resident() - before, scope.report()["arrays"]["refused"], scope.report()["arrays"]["live"]]
""")
    grown, refused, live = child.result
    assert grown < 2 * MB and (refused, live) == (5500, 0)
