"""That what is reported is what happened."""

from __future__ import annotations

import contextlib
import random

import drypoint as dp
import numpy as np

KB = 1 << 10
EDGE = 64 * KB


def numbers(scope) -> dict[str, int]:
    return scope.report()["arrays"]


def test_random_work_is_told_to_the_byte():
    rng = random.Random(5)
    with dp.scope("outer", budget="2GB") as outer:
        kept: list[np.ndarray] = []
        live = peak = allocations = allocated = 0
        for turn in range(2000):
            kind = rng.random()
            if kind < 0.55 or not kept:
                size = rng.randrange(EDGE // 2, 40 * EDGE)
                make = np.zeros if turn % 3 else np.empty
                kept.append(make(size, np.uint8))
                if size >= EDGE:
                    live, allocations, allocated = live + size, allocations + 1, allocated + size
            else:
                gone = kept.pop(rng.randrange(len(kept)))
                live -= gone.size if gone.size >= EDGE else 0
                del gone
            peak = max(peak, live)
            told = numbers(outer)
            assert (told["live"], told["peak"], told["allocations"]) == (live, peak, allocations)
            assert told["allocated"] == allocated and told["reused"] + told["fresh"] == allocations
            assert told["arrays"] == sum(array.size >= EDGE for array in kept)
        assert told["reused"] > allocations // 5 and told["refused"] == 0 and told["budget"] == 2_000_000_000


def test_inner_scopes_are_in_the_outer_ones_and_the_process():
    before, stats = dp.report()["arrays"], dp.buffer_stats()
    with dp.scope("outer") as outer:
        first = np.empty(100_000, np.uint8)
        for count in (3, 5):
            with dp.scope("inner", budget=10_000_000) as inner:
                kept = [np.empty(200_000, np.uint8) for _ in range(count)]
                with contextlib.suppress(MemoryError):
                    np.empty(20_000_000, np.uint8)
            assert numbers(inner)["live"] == count * 200_000 and numbers(inner)["refused"] == 1
        told = numbers(outer)
        assert told["live"] == first.size + 5 * 200_000
        assert told["peak"] == first.size + 8 * 200_000 - 200_000 or told["peak"] == first.size + 8 * 200_000
        assert (told["allocations"], told["refused"], told["arrays"]) == (9, 2, 6)
        assert told["allocated"] == 100_000 + 8 * 200_000
    del kept, first
    assert numbers(outer)["live"] == numbers(outer)["arrays"] == 0
    after, gone = dp.report()["arrays"], dp.buffer_stats() - stats
    for name, by in {"allocations": 9, "refused": 2, "live": 0, "arrays": 0, "allocated": 1_700_000}.items():
        assert after[name] - before[name] == by, name
    assert gone["reused"] + gone["fresh"] == 9 and gone["refused"] == 2 and gone["live"] == 0


def test_small_arrays_are_in_none_of_them():
    with dp.scope() as scope:
        kept = [np.zeros(EDGE - 1, np.uint8) for _ in range(100)]
    told = numbers(scope)
    assert len(kept) == 100 and not any(
        told[name] for name in ("allocations", "live", "peak", "reused", "fresh")
    )


def test_resizing_changes_what_lives_and_nothing_else_where_the_block_is_the_same():
    with dp.scope() as scope:
        array = np.empty(100_000, np.uint8)
        for size in (100_001, 99_000, 106_000):
            array.resize(size, refcheck=False)
            assert numbers(scope)["live"] == size
        told = numbers(scope)
        assert (told["allocations"], told["peak"], told["arrays"]) == (1, 106_000, 1)


def test_by_name_without_a_scope():
    before = dp.buffer_stats()
    arrays = [dp.empty(100_000), dp.zeros((1000, 1000), "float32"), dp.empty_like(np.ones((300, 300)))]
    gone = dp.buffer_stats() - before
    assert gone["arrays"] == 3 and gone["live"] == sum(array.nbytes for array in arrays)
    assert not arrays[1].any()
    plain = np.ones(100_000)
    assert (dp.buffer_stats() - before)["arrays"] == 3 and plain.all()
    del arrays
    assert (dp.buffer_stats() - before)["live"] == 0
