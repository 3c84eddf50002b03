"""A snapshot's own memory: within the budget or refused before it begins, and as large as was said, seen from outside."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "memory"))

from child import run_child

HEAP = """
import gc, time
import drypoint as dp

class Node:
    def __init__(self, number):
        self.number = number
        self.parts = [number, str(number)]

def resident(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))

nodes = [Node(number) for number in range(200_000)]
tuples = [({"a": number}, (number,)) for number in range(100_000)]
gc.collect()
"""

TAKEN = (
    HEAP
    + """
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")
before = resident("VmRSS")
taken = dp.snapshot()
told = dp.memory()
result = {
    "objects": taken.objects,
    "peak": resident("VmHWM") - before,
    "said": told["consumers"]["heap snapshot"]["peak"],
    "kept": told["consumers"]["heap snapshot"]["reserved"],
    "idle": told["idle"],
}
del taken
result["after"] = dp.memory()["consumers"]["heap snapshot"]["reserved"]
"""
)

REFUSED = (
    HEAP
    + """
dp.set_budget("16MB")
before = resident("VmRSS")
errors = []
for ask in (dp.snapshot, lambda: dp.holders(nodes[5])):
    try:
        ask()
    except dp.BudgetExceeded as error:
        errors.append([error.consumer, error.requested > 16_000_000, error.limit])
result = {
    "errors": errors,
    "grown": resident("VmHWM") - before,
    "reserved": dp.memory()["reserved"],
}
dp.set_budget("1GB")
result["then"] = dp.snapshot().objects
"""
)


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from the system's status")
def test_what_is_reserved_is_what_it_takes():
    told = run_child(TAKEN).result
    assert told["objects"] > 500_000
    assert told["peak"] < 150 * told["objects"], told
    assert 0.6 * told["said"] < told["peak"] < 1.1 * told["said"] + 4_000_000, told
    assert 0 < told["kept"] < told["said"] and told["after"] == 0, told
    assert told["idle"] < 1_000_000, "what it does not need any more is given back"


def test_one_that_does_not_fit_is_refused_before_it_begins():
    told = run_child(REFUSED).result
    assert told["errors"] == [["heap snapshot", True, 16_000_000]] * 2
    # The list of the tracked objects, by which they are counted, is all that it takes.
    assert told["grown"] < 16_000_000 and told["reserved"] == 0, told
    assert told["then"] > 500_000
