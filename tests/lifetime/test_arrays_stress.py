"""A million random operations on arrays of several threads, each array's contents known from its seed."""

from __future__ import annotations

import pytest
from child import run_child

PROGRAM = """
import contextvars, gc, random, threading, time
import drypoint as dp, numpy as np

KB = 1 << 10
ODD = 2654435761
TEMPLATE = (np.arange(400_000, dtype=np.uint32) * ODD >> 11).astype(np.uint8)
handed = [[] for _ in range(4)]
failures = []

class Held:
    # A few bytes at either end and in between follow from its seed; all of them do for every sixteenth.
    __slots__ = ("array", "seed", "whole")

    def __init__(self, array, seed, whole):
        self.array, self.seed, self.whole = array, seed & 255, whole
        self.mark()

    def mark(self):
        array, seed = self.array, self.seed
        if self.whole:
            np.add(TEMPLATE[: array.size], np.uint8(seed), out=array)
        else:
            array[0] = array[-1] = array[array.size >> 1] = seed

    def check(self, upto=None):
        array, seed = self.array, self.seed
        if self.whole:
            part = array[:upto]
            assert np.array_equal(part, TEMPLATE[: part.size] + np.uint8(seed)), "contents"
        elif upto is None:
            assert array[0] == seed and array[-1] == seed and array[array.size >> 1] == seed, "contents"
        else:
            assert array[0] == seed, "first byte"

def size(rng):
    kind = rng.random()
    if kind < 0.3:
        return rng.randrange(1, 70 * KB)
    if kind < 0.97:
        return rng.randrange(60 * KB, 140 * KB)
    return rng.randrange(140 * KB, 400_000)

def work(number, operations, scoped):
    rng = random.Random(number)
    held = []
    try:
        for operation in range(operations):
            kind = rng.random()
            if kind < 0.25 or not held:
                held.append(Held(np.empty(size(rng), np.uint8), operation, rng.random() < 1 / 16))
            elif kind < 0.35:
                array = np.zeros(size(rng), np.uint8)
                assert not (array.any() if operation % 16 == 0 else array[0] | array[-1] | array[array.size >> 2])
                held.append(Held(array, operation, False))
            elif kind < 0.65 or len(held) > 40:
                held.pop(rng.randrange(len(held))).check()
            elif kind < 0.75:
                one = held[rng.randrange(len(held))]
                before, after = one.array.size, size(rng)
                one.array.resize(after, refcheck=False)
                one.check(min(before, after))
                assert after <= before or not one.array[-1], "new bytes are zero"
                one.mark()
            elif kind < 0.85:
                one = held[rng.randrange(len(held))]
                twin = one.array + 0 if one.whole else one.array.copy()
                assert np.array_equal(twin, one.array), "a copy"
                held.append(Held(twin, one.seed, one.whole))
            elif kind < 0.92:
                handed[rng.randrange(4)].append(held.pop(rng.randrange(len(held))))
            elif handed[number % 4]:
                held.append(handed[number % 4].pop())
                held[-1].check()
            if operation % 5000 == 0 and scoped:
                with dp.scope(budget=20_000_000) as scope:
                    inner = [np.full(100_000, 7, np.uint8) for _ in range(5)]
                    inner.append(inner)
                assert scope.report()["arrays"]["allocations"] == 5
        for one in held:
            one.check()
    except BaseException as error:
        failures.append(f"thread {number}: {type(error).__name__}: {error}")

began = time.monotonic()
on = dp.manage("400MB", collect="30MB")
threads = [threading.Thread(target=work, args=(number, OPERATIONS // 4, number % 2)) for number in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
for list in handed:
    for one in list: one.check()
    list.clear()
one = None
gc.collect()
stats = dp.buffer_stats()
usage = dp.report()["arrays"]
result = {"failures": failures, "seconds": time.monotonic() - began, "arrays": stats["arrays"], "live": stats["live"],
          "allocations": usage["allocations"], "reused": usage["reused"], "fresh": usage["fresh"], "peak": usage["peak"]}
"""


@pytest.mark.slow
def test_a_million_operations_on_four_threads():
    child = run_child("OPERATIONS = 1_000_000\n" + PROGRAM, timeout=280)
    told = child.result
    assert told["failures"] == [], told
    assert child.stderr == ""
    assert (told["arrays"], told["live"]) == (0, 0), told
    assert told["reused"] + told["fresh"] == told["allocations"] > 200_000
    assert told["reused"] > 0.95 * told["allocations"]


def test_the_same_with_debug_allocators_and_traces():
    child = run_child(
        "OPERATIONS = 30_000\n" + PROGRAM, env={"PYTHONDEVMODE": "1", "PYTHONTRACEMALLOC": "1"}, timeout=280
    )
    assert child.result["failures"] == [] and child.result["live"] == 0, child.result
