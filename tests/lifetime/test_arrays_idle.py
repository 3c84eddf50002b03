"""How long blocks idle, and that a loop in its steady state asks the system for nothing."""

from __future__ import annotations

import pytest
from child import run_child

MB = 1_000_000

START = """
import time, drypoint as dp, numpy as np
MB = 1_000_000
def turns(count, size=MB):
    for _ in range(count):
        array = np.empty(size, np.uint8)
        del array
"""


def test_a_block_that_nobody_wants_goes_after_a_while():
    child = run_child(
        START
        + """
with dp.scope():
    large = np.full(100 * MB, 1, np.uint8)
    del large
    turns(200)
    soon = dp.buffer_stats()
    time.sleep(2.3)
    waiting = dp.buffer_stats()
    turns(20)
    few = dp.buffer_stats()
    turns(100)
    late = dp.buffer_stats()
    result = [soon["idle"], waiting["idle"], few["idle"], late["idle"], late["aged"] - soon["aged"]]
"""
    )
    soon, waiting, few, late, aged = child.result
    assert min(soon, waiting) > 100 * MB, "neither by requests alone nor by time alone"
    assert few > 100 * MB or few < 10 * MB
    assert late < 10 * MB and aged >= 1


def test_a_slow_steady_loop_keeps_its_blocks():
    child = run_child(
        START
        + """
sizes = (300_000, 2 * MB, 10 * MB, 25 * MB)
with dp.scope():
    def turn():
        for size in sizes:
            array = np.empty(size, np.uint8); array[::4096] = 1
            other = array + 1
            del array, other
    turn(); turn()
    before = dp.buffer_stats()
    began = time.monotonic()
    count = 0
    while time.monotonic() - began < 5:
        turn(); count += 1
        time.sleep(0.25 if count % 4 else 0.9)
    gone = dp.buffer_stats() - before
    result = [count, gone["fresh"], gone["aged"], gone["minor_faults"]]
"""
    )
    count, fresh, aged, faults = child.result
    assert count >= 8 and (fresh, aged) == (0, 0) and faults < 50 * count


@pytest.mark.parametrize(
    "level", ["dp.scope()", "dp.manage()", "dp.scope(budget=60 * MB)", "dp.manage('60MB')"]
)
def test_a_steady_loop_misses_nothing_and_faults_next_to_nothing(level):
    child = run_child(
        START
        + f"""
a = np.ones(MB)
with {level}:
    def turn():
        b = a * 0.5 + a * 0.25
        b.sort()
        return b[::7].copy().sum()
    for _ in range(20): turn()
    before = dp.buffer_stats()
    for _ in range(100): turn()
    gone = dp.buffer_stats() - before
    result = [gone["fresh"], gone["reused"], gone["minor_faults"], gone["collections"]]
"""
    )
    fresh, reused, faults, collections = child.result
    assert fresh == 0 and reused >= 300 and faults < 500 and collections == 0


def test_idle_blocks_stay_within_their_bound_and_out_of_the_budgets_way():
    child = run_child(
        START
        + """
result = []
with dp.scope():
    kept = [np.full(10 * MB, 1, np.uint8) for _ in range(60)]
    kept.clear()
    result.append(dp.buffer_stats()["idle"])
with dp.manage("150MB") as on:
    result.append(dp.buffer_stats()["idle"])
    whole = np.empty(130 * MB, np.uint8)
    result.append(dp.buffer_stats()["idle"])
dp.release()
result.append(dp.buffer_stats()["idle"])
"""
    )
    most, limited, beside, none = child.result
    assert 100 * MB < most <= 256 << 20
    assert limited <= 150 * MB and beside <= 20 * MB and none == 0
