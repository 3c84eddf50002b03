"""What would end a process: forks, its shutdown, NumPy that comes late, hooks that go on and off, debug allocators."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

HEAD = """
import gc, os, sys, threading, time
import drypoint as dp
MB = 1_000_000
"""


def run(program: str, *options: str, numpy: bool = True, timeout: float = 120, **env: str) -> str:
    """What a program prints that must end by itself, well, and without a word of complaint."""
    text = HEAD + ("import numpy as np\n" if numpy else "") + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", *options, "-c", text],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **env},
    )
    assert done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr[-4000:])
    assert done.stderr == ""
    return done.stdout.strip()


CYCLES = """
class Node:
    def __init__(self):
        self.me, self.array = self, np.ones(MB)
    def __del__(self):
        self.array = np.zeros(MB) + self.array.sum()
"""


@pytest.mark.parametrize(
    "level", ["dp.manage()", "dp.manage('200MB')", "dp.scope(budget=200*MB).__enter__()"]
)
@pytest.mark.parametrize("options", [(), ("-X", "dev"), ("-X", "tracemalloc=5")])
def test_a_program_ends_with_live_arrays_and_cycles(level, options):
    program = f"""
    {textwrap.indent(CYCLES, "    ").strip()}
    on = {level}
    kept = [np.ones(MB), np.zeros((100, 100_000)), np.arange(10.0)]
    kept.append(kept)
    sys.kept = [Node() for _ in range(3)]
    threading.local().array = np.ones(MB)
    [Node() for _ in range(5)]
    import builtins; builtins.kept = np.ones(MB)
    print("end")
    """
    assert run(program, *options) == "end"


def test_daemon_threads_may_still_be_at_it():
    program = """
    on = dp.manage("300MB", collect="20MB")
    def work():
        while True:
            array = np.ones(MB); ring = [array]; ring.append(ring)
            array.resize(2 * MB, refcheck=False)
    for _ in range(4):
        threading.Thread(target=work, daemon=True).start()
    time.sleep(0.5)
    print("end", flush=True)
    """
    for _ in range(3):
        assert run(program) == "end"


def test_a_child_frees_its_parents_arrays_and_makes_its_own():
    program = """
    on = dp.manage("500MB")
    idle = [np.full(2 * MB, 7, np.uint8) for _ in range(20)]
    kept = [np.full(2 * MB, turn, np.uint8) for turn in range(20)]
    del idle
    for _ in range(5):
        child = os.fork()
        if child == 0:
            assert dp.buffer_stats()["idle"] == 0
            assert not np.zeros(2 * MB, np.uint8).any()
            for turn in range(0, 20, 2):
                assert (kept[turn] == turn).all()
                kept[turn] = np.full(3 * MB, 9, np.uint8)
            kept[1].resize(5 * MB, refcheck=False)
            assert (kept[1][:2 * MB] == 1).all() and not kept[1][2 * MB:].any()
            try:
                np.empty(600 * MB, np.uint8)
            except MemoryError as error:
                assert "asked for 600000000 B" in str(error)
            else:
                raise AssertionError
            grandchild = os.fork()
            if grandchild:
                assert os.waitpid(grandchild, 0)[1] == 0
            kept.clear()
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert all((array == turn).all() for turn, array in enumerate(kept))
    print("end")
    """
    assert run(program) == "end"


def test_forks_while_other_threads_allocate():
    program = """
    import warnings; warnings.simplefilter("ignore")
    on = dp.manage("1GB", collect="20MB")
    stop = False
    def work(number):
        while not stop:
            array = np.full(500_000 + 10_000 * number, number, np.uint8)
            ring = [array]; ring.append(ring)
            array.resize(array.size * 2, refcheck=False)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads: thread.start()
    for turn in range(30):
        child = os.fork()
        if child == 0:
            for _ in range(20):
                array = np.zeros(MB, np.uint8); assert not array.any()
                ring = [array, np.full(3 * MB, 1, np.uint8)]; ring.append(ring)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    stop = True
    for thread in threads: thread.join()
    print("end")
    """
    assert run(program) == "end"


def test_a_fork_while_another_thread_collects_leaves_the_child_able_to():
    program = """
    import contextvars
    class Slow:
        def __init__(self): self.me = self
        def __del__(self): started.set(); time.sleep(1)
    started = threading.Event()
    with dp.scope(budget=100 * MB):
        def work():
            Slow()
            held = [np.empty(60 * MB, np.uint8)]
            del held
            Slow(); big = np.empty(50 * MB, np.uint8); more = np.empty(50 * MB, np.uint8)
            try: np.empty(40 * MB, np.uint8)
            except MemoryError: pass
            del big, more
        thread = threading.Thread(target=contextvars.copy_context().run, args=(work,))
        thread.start()
        assert started.wait(10)
        child = os.fork()
        if child == 0:
            began = time.monotonic()
            try: np.empty(90 * MB, np.uint8)
            except MemoryError: pass
            os._exit(time.monotonic() - began > 1.5)
        assert os.waitpid(child, 0)[1] == 0
        thread.join()
    print("end")
    """
    assert run(program) == "end"


def test_processes_of_a_pool_allocate_and_send_arrays():
    program = """
    import multiprocessing
    on = dp.manage("500MB")
    kept = np.full(2 * MB, 5, np.uint8)
    def work(number):
        return np.full(MB, number, np.uint8) + kept[:MB]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for number, array in enumerate(pool.imap(work, range(20))):
            assert (array == number + 5).all()
    print("end")
    """
    assert run(program) == "end"


@pytest.mark.parametrize("options", [(), ("-X", "dev")])
def test_it_goes_on_and_off_many_times(options):
    program = """
    kept = []
    for turn in range(300):
        with dp.manage():
            kept.append(np.full(200_000, turn % 256, np.uint8))
            with dp.scope(budget=20 * MB) as scope:
                kept.append(np.full(200_000, turn % 256, np.uint8))
            assert scope.report()["arrays"]["allocations"] == 1
        before = dp.buffer_stats()["arrays"]
        kept.append(np.full(200_000, turn % 256, np.uint8))
        assert dp.buffer_stats()["arrays"] == before
        kept[turn].resize(300_000 if turn % 2 else 1000, refcheck=False)
        if turn % 7 == 0:
            del kept[:5]
    assert all(len(set(array[:1000].tolist())) == 1 for array in kept)
    kept.clear()
    assert dp.buffer_stats()["arrays"] == 0 and dp.buffer_stats()["live"] == 0
    print("end")
    """
    assert run(program, *options) == "end"


def test_numpy_may_come_after_manage():
    program = """
    on = dp.manage("100MB")
    assert "numpy" not in sys.modules
    import numpy as np
    array = np.ones(MB)
    assert dp.buffer_stats()["live"] == array.nbytes
    try: np.ones(20 * MB)
    except MemoryError as error: assert "asked for 160000000 B" in str(error)
    else: raise AssertionError
    on.close()
    print("end")
    """
    assert run(program, numpy=False) == "end"


def test_numpy_may_come_inside_scopes():
    program = """
    with dp.scope("outer", budget=50 * MB) as outer:
        with dp.scope("inner") as inner:
            assert "numpy" not in sys.modules
            import numpy as np
            kept = np.ones(MB)
        again = np.ones(MB)
        try: np.ones(20 * MB)
        except MemoryError as error: assert "scope 'outer'" in str(error)
        else: raise AssertionError
    assert inner.report()["arrays"]["allocations"] == 1 and outer.report()["arrays"]["allocations"] == 2
    from numpy._core.multiarray import get_handler_name
    assert get_handler_name() == "default_allocator"
    print("end")
    """
    assert run(program, numpy=False) == "end"


def test_the_trace_of_allocations_shows_what_numpy_has():
    program = """
    import tracemalloc
    tracemalloc.start()
    with dp.scope(budget=100 * MB):
        before = tracemalloc.get_traced_memory()[0]
        array = np.empty(30 * MB, np.uint8)
        assert 29 * MB < tracemalloc.get_traced_memory()[0] - before < 31 * MB
        array.resize(40 * MB, refcheck=False)
        assert 39 * MB < tracemalloc.get_traced_memory()[0] - before < 41 * MB
        del array
        assert tracemalloc.get_traced_memory()[0] - before < MB
    print("end")
    """
    assert run(program) == "end"


def test_more_arrays_than_the_system_has_mappings_for():
    program = """
    with dp.scope() as scope:
        kept = [np.empty(65_536, np.uint8) for _ in range(80_000)]
        for number in range(0, 80_000, 1000):
            kept[number][:] = number % 256
        assert all((kept[number] == number % 256).all() for number in range(0, 80_000, 1000))
        del kept[::2]
        kept += [np.zeros(70_000, np.uint8) for _ in range(1000)]
        assert not any(array.any() for array in kept[-1000:])
    print("end")
    """
    assert run(program) == "end"
