"""What it costs to look at a heap: a million containers, looked at once by one tool, which is then gone.

python benches/lifetime/snapshots.py WAY [CONTAINERS]

The way is one of

    collect   a full collection by the garbage collector, the least that any look at the heap can cost
    snapshot  dp.snapshot()
    holders   dp.holders() of one object
    muppy     muppy.get_objects() and the table by types of its summary
    asizeof   asizeof.asizeof() of the list that holds everything: Pympler's retained size of one object
    guppy     guppy.hpy().heap(), the table by types
    objgraph  one chain of holders of one object to a module

The heap's own bytes are resident before; `added_bytes` is what the system saw on top of them at the highest. The total
is the length of the list, by whatever way it was found.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from importlib.metadata import version
from time import perf_counter

if "DRYPOINT_PATH" in os.environ:
    sys.path.append(os.environ["DRYPOINT_PATH"])


class Node:
    """An object with attributes: two containers, a number and a text."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.parts = [number, str(number)]


nodes: list[Node] = []


def collect() -> int:
    """The collector looks at all containers, and finds nothing to do."""
    gc.collect()
    return 2 * len(nodes)


def snapshot() -> int:
    """Types with what they retain, names of the largest, garbage."""
    import drypoint as dp

    return next(one["count"] for one in dp.snapshot().kinds if one["type"] == "Node") * 2


def holders() -> int:
    """The ways by which one object is held."""
    import drypoint as dp

    (chain,) = dp.holders(nodes[len(nodes) // 2].parts).chains
    assert chain == f"module __main__ → nodes[{len(nodes) // 2}].parts", chain
    return 2 * len(nodes)


def muppy() -> int:
    """Types with their own sizes."""
    from pympler import muppy as tool
    from pympler import summary

    rows = summary.summarize(tool.get_objects())
    return next(row[1] for row in rows if "Node" in row[0]) * 2


def asizeof() -> int:
    """What one list holds."""
    from pympler import asizeof as tool

    assert tool.asizeof(nodes) > 200 * len(nodes)
    return 2 * len(nodes)


def guppy() -> int:
    """Types with their own sizes."""
    from guppy import hpy

    found = hpy().heap()
    assert found.bytype[0].count >= len(nodes)
    return 2 * len(nodes)


def objgraph() -> int:
    """One way by which one object is held."""
    import objgraph as tool

    chain = tool.find_backref_chain(nodes[len(nodes) // 2].parts, tool.is_proper_module)
    assert tool.is_proper_module(chain[0]) and len(chain) > 2
    return 2 * len(nodes)


WAYS = {way.__name__: way for way in (collect, snapshot, holders, muppy, asizeof, guppy, objgraph)}
PACKAGES = {
    "snapshot": "numpy",
    "muppy": "pympler",
    "asizeof": "pympler",
    "guppy": "guppy3",
    "objgraph": "objgraph",
}


def resident(name: str) -> int:
    """A line of this process's status, in bytes."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))


def main() -> None:
    """Build the heap, look at it once, print one line of JSON."""
    if len(sys.argv) < 2 or sys.argv[1] not in WAYS:
        raise SystemExit(f"usage: snapshots.py {{{'|'.join(WAYS)}}} [CONTAINERS], not {sys.argv[1:]}")
    way = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    gc.disable()
    nodes.extend(Node(number) for number in range(count // 2))
    gc.enable()
    gc.collect()
    if way in ("snapshot", "holders"):
        import drypoint  # noqa: F401
    with open("/proc/self/clear_refs", "w", encoding="ascii") as peak:
        peak.write("5")  # the peak begins again
    before = resident("VmRSS:")
    began = perf_counter()
    total = WAYS[way]()
    seconds = perf_counter() - began
    added = resident("VmHWM:") - before
    package = PACKAGES.get(way)
    versions = {package: version(package)} if package not in (None, "numpy") else {}
    print(
        json.dumps(
            {
                "heap_seconds": seconds,
                "added_bytes": added,
                "total": total,
                "containers": count,
                "versions": versions,
            }
        )
    )


if __name__ == "__main__":
    main()
