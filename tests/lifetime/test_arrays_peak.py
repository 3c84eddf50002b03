"""The pool makes no program larger than its own arrays made it, and loops that need more get it."""

from __future__ import annotations

from child import run_child

MB = 1_000_000

START = """
import drypoint as dp, numpy as np
MB = 1_000_000
dp.manage()
def filled(size):
    return np.full(size, 1, np.uint8)
"""


def test_what_was_made_once_and_dropped_makes_way_for_what_the_loop_makes():
    child = run_child(
        START
        + """
first = [filled(10 * MB) for _ in range(10)]
del first
for _ in range(5):
    array = filled(90 * MB)
    del array
result = dp.buffer_stats()["idle"]
"""
    )
    assert child.result < 110 * MB
    assert child.peak_resident < 170 * MB  # with both it would be 190 MB and the interpreter


def test_sizes_that_come_in_turn_are_all_kept_in_the_end():
    child = run_child(
        START
        + """
sizes = (5 * MB, 7 * MB, 9 * MB, 13 * MB, 17 * MB)
def turn():
    for size in sizes:
        array = filled(size)
        del array
fresh = []
for _ in range(12):
    before = dp.buffer_stats()
    turn()
    fresh.append((dp.buffer_stats() - before)["fresh"])
result = fresh
"""
    )
    assert child.result[0] == 5
    assert child.result[-6:] == [0] * 6, child.result


def test_a_large_block_does_not_go_for_the_sake_of_a_small_one():
    child = run_child(
        START
        + """
large = filled(100 * MB)
del large
small = filled(MB)
before = dp.buffer_stats()
large = filled(100 * MB)
result = (dp.buffer_stats() - before)["fresh"]
"""
    )
    assert child.result == 0
