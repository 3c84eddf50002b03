"""Collection by bytes: what it saves, what it costs, and when it stays away."""

from __future__ import annotations

import pytest
from child import run_child

MB = 1_000_000

RINGS = """
import gc, threading, time
import drypoint as dp, numpy as np
MB = 1_000_000
class Ring:
    def __init__(self, size=50 * MB):
        self.me = self
        self.array = np.ones(size, np.uint8)
def rings(count=60):
    for _ in range(count):
        Ring()
def timed(act):
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
"""
ON = "on = dp.manage()\n"
MAIN = "result = [timed(rings), dp.buffer_stats()['collections'], dp.buffer_stats()['collection_seconds']]\n"
THREAD = """
thread = threading.Thread(target=rings)
def act():
    thread.start(); thread.join()
result = [timed(act), dp.buffer_stats()['collections'], dp.buffer_stats()['collection_seconds']]
from drypoint import _core
result.append(_core.collections()["overdue"])
"""


def test_few_objects_of_many_bytes_go_in_time():
    plain = run_child(RINGS + MAIN)
    ours = run_child(RINGS + ON + MAIN)
    assert plain.peak_resident > 2000 * MB
    assert ours.peak_resident < 430 * MB
    assert ours.result[0] < plain.result[0] * 1.1 and ours.result[1] >= 5


def test_in_another_thread_they_go_in_the_middle_of_an_allocation():
    ours = run_child(RINGS + ON + THREAD)
    assert ours.peak_resident < 580 * MB
    assert ours.result[3] >= 4


@pytest.mark.parametrize("step", ["20MB", "100MB"])
def test_the_step_may_be_told(step):
    ours = run_child(RINGS + f"on = dp.manage(collect={step!r})\n" + MAIN)
    assert ours.peak_resident < 430 * MB and ours.result[1] >= 15


def test_a_scope_turns_it_on():
    ours = run_child(RINGS + "on = dp.scope().__enter__()\n" + MAIN)
    assert ours.peak_resident < 430 * MB


def test_where_it_was_refused_scopes_do_not_turn_it_on():
    ours = run_child(
        RINGS + "on = dp.manage(collect=False); inner = dp.scope().__enter__()\nrings(8)\n"
        "result = dp.buffer_stats()['collections']\n"
    )
    assert ours.result == 0 and ours.peak_resident > 400 * MB


def test_a_collector_that_is_turned_off_stays_off_but_at_the_limit():
    ours = run_child(
        RINGS
        + """
gc.disable()
on = dp.manage()
rings(20)
from drypoint import _core
first = _core.collections()
gc.collect()
on.close()
on = dp.manage("300MB")
rings(20)
second = _core.collections()
def grown(numbers):
    return numbers["scheduled"] + numbers["overdue"]
result = [grown(first) + first["at_limit"], first["skipped"], grown(second), second["at_limit"]]
"""
    )
    none, skipped, still_none, at_limit = ours.result
    assert none == still_none == 0 and skipped >= 2 and at_limit >= 2


def test_growth_without_garbage_is_soon_left_alone():
    ours = run_child(
        RINGS
        + """
objects = [[number] for number in range(1_000_000)]
on = dp.manage(collect="16MB")
kept = [np.empty(2 * MB, np.uint8) for _ in range(2000)]
fast = dp.buffer_stats()
for _ in range(1000):
    kept.append(np.empty(2 * MB, np.uint8)); time.sleep(0.002)
result = [fast["collections"], dp.buffer_stats()["collections"] - fast["collections"]]
"""
    )
    fast, slow = ours.result
    assert 1 <= fast <= 20, "a few collections while it grows fast: one for each 16 MB would be 250"
    assert slow <= 10, "steps of 256 MB after those that freed nothing: one for each 16 MB would be 125"


def test_temporaries_call_for_none():
    ours = run_child(
        RINGS
        + """
on = dp.manage()
a = np.ones(5 * MB)
for _ in range(100):
    a * 0.5 + a * 0.25
result = [dp.buffer_stats()["collections"], dp.report()["arrays"]["allocated"]]
"""
    )
    collections, allocated = ours.result
    assert collections == 0 and allocated > 8000 * MB


def test_it_begins_again_when_garbage_does():
    ours = run_child(
        RINGS
        + """
on = dp.manage(collect="50MB")
kept = [np.empty(10 * MB, np.uint8) for _ in range(100)]
alone = dp.buffer_stats()["collections"]
time.sleep(1.5)
before = dp.buffer_stats()
for _ in range(100):
    Ring(20 * MB)
result = [alone, dp.buffer_stats()["collections"] - before["collections"], dp.report()["arrays"]["peak"]]
"""
    )
    alone, later, peak = ours.result
    assert alone <= 8 and later >= 2 and peak < 1000 * MB + 1300 * MB


def test_numbers_tell_what_it_did():
    ours = run_child(
        RINGS
        + """
with dp.scope() as scope:
    rings(30)
report = scope.report()
stats = dp.buffer_stats()
result = [report["collections"], stats["collections"], stats["collection_seconds"], report["arrays"]["allocations"]]
"""
    )
    collections, count, seconds, allocations = ours.result
    assert allocations == 30 and count >= 2
    assert collections["runs"] >= count and collections["freed"] >= 20 * 50 * MB
    assert 0 < seconds <= collections["seconds"] * 1.5 + 0.05
