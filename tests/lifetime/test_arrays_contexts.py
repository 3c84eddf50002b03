"""Which arrays a scope has: those of its context, whichever thread, task or generator runs in it, until it ends."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import drypoint as dp
import numpy as np
import pytest
from numpy._core.multiarray import get_handler_name

MB = 1_000_000


def made(scope) -> int:
    return scope.report()["arrays"]["allocations"]


def make(count: int = 1, size: int = MB) -> list[np.ndarray]:
    return [np.empty(size, np.uint8) for _ in range(count)]


def pools() -> bool:
    """Whether an array that is made here comes from the pool: the handler's name does not tell, once it was managed."""
    before = dp.buffer_stats()["arrays"]
    array = np.empty(MB, np.uint8)
    return dp.buffer_stats()["arrays"] > before and array.size == MB


def test_a_plain_thread_has_none_and_a_copied_context_has_the_scopes():
    with dp.scope() as scope:
        thread = threading.Thread(target=make, args=(3,))
        thread.start()
        thread.join()
        assert made(scope) == 0
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(make, 5))
        thread.start()
        thread.join()
        assert made(scope) == 5
    assert not pools()


def test_under_manage_every_thread_has_the_pool():
    with dp.manage():
        before = dp.buffer_stats()
        with ThreadPoolExecutor(4) as threads:
            arrays = [array for some in threads.map(make, range(1, 5)) for array in some]
        assert (dp.buffer_stats() - before)["arrays"] == 10
        # NumPy's own, as far as names go: its tests ask for it.
        assert {get_handler_name(array) for array in arrays} == {"default_allocator"}
        del arrays
    assert (dp.buffer_stats() - before)["arrays"] == 0


def test_each_task_has_its_own_scope_and_subtasks_and_threads_of_it_share_that():
    async def task(count: int) -> tuple[int, int]:
        with dp.scope(f"task {count}") as scope:
            make(count)
            await asyncio.sleep(0.001)
            await asyncio.gather(*(subtask() for _ in range(count)))
            await asyncio.to_thread(lambda: len(make(10)))
            make(count)
        return made(scope), scope.report()["arrays"]["live"]

    async def subtask() -> None:
        await asyncio.sleep(0)
        make()

    async def main() -> list[tuple[int, int]]:
        return await asyncio.gather(*(task(count) for count in range(1, 6)))

    assert asyncio.run(main()) == [(3 * count + 10, 0) for count in range(1, 6)]


def test_a_task_that_outlives_its_scope_is_not_held_to_its_budget():
    async def late(ended: asyncio.Event) -> int:
        await ended.wait()
        return np.empty(20 * MB, np.uint8).nbytes

    async def main():
        ended = asyncio.Event()
        with dp.scope("outer", budget=100 * MB) as outer:
            with dp.scope("inner", budget=10 * MB) as inner:
                task = asyncio.create_task(late(ended))
                await asyncio.sleep(0)
                with pytest.raises(MemoryError, match="scope 'inner'"):
                    np.empty(20 * MB, np.uint8)
            ended.set()
            assert await task == 20 * MB
            assert made(inner) == 0 and made(outer) == 1, "it is the outer scope's now"

    asyncio.run(main())


def test_arrays_of_a_generator_are_of_the_scopes_that_are_open_while_it_runs():
    def numbers():
        with dp.scope("generator") as inner:
            for _ in range(3):
                yield np.empty(MB, np.uint8)
        counts.append(made(inner))

    counts: list[int] = []
    with dp.scope("caller") as outer:
        kept = list(numbers())
        assert counts == [3] and made(outer) == 3 and outer.report()["arrays"]["live"] == 3 * MB
        assert pools() and get_handler_name(kept[0]) == "drypoint"
    assert not pools()


def test_interleaved_generators_leave_no_handler_and_no_ceiling_behind():
    def limited(name: str, budget: int):
        with dp.scope(name, budget=budget):
            yield np.empty(budget // 2, np.uint8)

    one, two = limited("one", 10 * MB), limited("two", 4 * MB)
    arrays = [next(one), next(two)]
    with pytest.raises(dp.ScopeError, match="left before"):
        next(one)
    with pytest.raises(dp.ScopeError, match="out of order"):
        next(two)
    assert not pools()
    assert np.empty(50 * MB, np.uint8).size == 50 * MB
    assert [array.size for array in arrays] == [5 * MB, 2 * MB]


def test_a_generator_that_is_dropped_half_way_leaves_none_either():
    def limited():
        with dp.scope(budget=4 * MB):
            yield 1

    for _ in range(3):
        generator = limited()
        next(generator)
        del generator
    assert not pools()


def test_a_scope_closed_early_takes_no_more_and_sets_no_ceiling():
    with dp.scope("outer") as outer:
        with dp.scope("inner", budget=4 * MB) as inner:
            early = np.empty(MB, np.uint8)
            inner.close()
            late = np.empty(20 * MB, np.uint8)
        assert (made(inner), made(outer)) == (1, 2)
        early.resize(6 * MB, refcheck=False)  # its ceiling holds for its own arrays no longer either
    assert early.size == 6 * MB and late.size == 20 * MB


def test_arrays_that_outlive_their_scope_keep_their_contents_and_their_place_in_its_numbers():
    kept = []
    for turn in range(5):
        with dp.scope(budget=30 * MB) as scope:
            kept.append((np.full(3 * MB, turn, np.uint8), scope))
            make(3)
    for turn, (array, scope) in enumerate(kept):
        assert (array == turn).all()
        assert scope.report()["arrays"]["live"] == 3 * MB
    scopes = [scope for _, scope in kept]
    kept.clear()
    del array
    assert [scope.report()["arrays"]["live"] for scope in scopes] == [0] * 5


def test_a_scope_left_on_another_thread_leaves_no_ceiling_in_its_own():
    def work():
        scope = dp.scope("elsewhere", budget=MB)
        scope.__enter__()

        def leave():
            with pytest.raises(dp.ScopeError, match="another thread"):
                scope.__exit__(None, None, None)

        other = threading.Thread(target=leave)
        other.start()
        other.join()
        sizes.append(np.empty(5 * MB, np.uint8).size)

    sizes: list[int] = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert sizes == [5 * MB]


def test_hundreds_of_scopes_in_threads_at_once_count_exactly_their_own():
    def work(number: int) -> tuple[int, int]:
        with dp.scope(str(number)) as scope:
            for turn in range(20):
                array = np.full(100_000 + 1000 * turn, number % 256, np.uint8)
                assert array[0] == array[-1] == number % 256
        return made(scope), scope.report()["arrays"]["arrays"] - 1  # `array` itself

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(work, range(300))) == {(20, 0)}
