"""Looking at a heap: every tool sees the same heap, and what is judged is what was measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import bench
import pytest
from heap_cases import OURS, SNAPSHOT, WAYS, Added, heap_cases
from targets import Summary

PROGRAM = Path(__file__).resolve().parent.parent / "lifetime" / "snapshots.py"
NEEDS = {"muppy": "pympler", "asizeof": "pympler", "guppy": "guppy", "objgraph": "objgraph"}


@pytest.mark.parametrize("way", WAYS.values())
def test_every_tool_sees_the_heap(way: str):
    if way in NEEDS:
        pytest.importorskip(NEEDS[way])
    done = subprocess.run(
        [sys.executable, str(PROGRAM), way, "2000"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["total"] == told["containers"] == 2000 and told["heap_seconds"] > 0


def test_a_wrong_way_is_named():
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "sideways"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "sideways" in done.stderr and "usage" in done.stderr


@pytest.mark.parametrize(("added", "met"), [(99_000, True), (101_000, False)])
def test_memory_is_judged_for_each_container(added: int, met: bool):
    looks = {
        name: Summary({"added_bytes": size}, 10**6, {"containers": 1000})
        for name, size in (("us", added), ("them", 202_000))
    }
    (line,) = Added("us", "them", 100).lines("case", looks)
    assert line.met is met and line.ratio == 202_000 / added
    looks["them"] = Summary({}, 0, {}, failure="killed")
    assert Added("us", "them", 100).lines("case", looks)[0].met is None


def test_cases_name_their_contenders_and_have_a_page():
    for case in heap_cases(True):
        names = {contender.name for contender in case.contenders}
        assert {contender.name for contender in case.contenders if contender.ours} == set(OURS)
        assert bench.page_of(case) == "heap" and SNAPSHOT in names
        for target in case.targets:
            assert {target.ours, *getattr(target, "rivals", ()), getattr(target, "rival", SNAPSHOT)} <= names
