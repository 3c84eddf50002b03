"""What is held now and was not before, by the names that hold it.

An object is compared with what it retained before, and with what its name retained before: an array that took the place
of another of the same size is no growth, and neither is one that is only known by another name now.
"""

from __future__ import annotations

from .names import kind_name
from .snapshot import Snapshot, largest_nodes, named_chain, taken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .. import _core

__all__ = ["LEAST", "grown_since", "held"]

#: Growth, in bytes, that is told.
LEAST = 64_000
#: Ways by which an object is held that are looked at.
WAYS = 12


def grown_since(
    before: Snapshot, look: Callable[[_core.Heap, list[str]], object] | None = None, least: int = LEAST
) -> tuple[Snapshot, list[dict[str, Any]]]:
    """Look at the heap again, and tell what holds more than it did.

    Parameters
    ----------
    before : Snapshot
        Taken in this process.
    look : callable, optional
        Called with the heap and the names of its roots while it knows its objects still.
    least : int
        Growth, in bytes, that is told.

    Returns
    -------
    after : Snapshot
        The heap now.
    grown : list of dict
        ``name``, ``type``, ``line`` or None, and ``bytes`` more than before; most first. What is held by one that is told
        is not told again.
    """
    grown: list[dict[str, Any]] = []

    def both(heap: _core.Heap, named: list[str]) -> None:
        grown.extend(_grown(before, heap, named, least))
        if look is not None:
            look(heap, named)

    after = taken(both)
    return after, _outermost(grown)


def held(heap: _core.Heap, named: list[str], thing: object, but: set[int]) -> tuple[int, list[str]]:
    """What an object retains, and the ways by which it is held, but for those through holders with these identities."""
    node = heap.find(thing)
    if node is None:  # a plain text or number, which nobody looks into
        return 0, []
    ways = [
        named_chain(heap, named, root, nodes)
        for root, nodes in heap.chains([node], WAYS)[0]
        if root is not None and not any(id(heap.thing(one)) in but for one in nodes[-2:-1])
    ]
    return heap.node(node)[2], ways


def _grown(before: Snapshot, heap: _core.Heap, named: list[str], least: int) -> list[dict[str, Any]]:
    old = {row["name"]: row["retained"] for row in before.largest}
    # What was not among the largest then may have retained as much as the smallest of them.
    floor = before.largest[-1]["retained"] if before.largest else 0
    earlier = before._heap
    found = []
    nodes = [node for node in largest_nodes(heap) if heap.node(node)[2] >= max(least, floor)]
    for node, chains in zip(nodes, heap.chains(nodes, 1), strict=True):
        kind, _, retained, line, _ = heap.node(node)
        if not chains or any(heap.thing(one) is before for one in chains[0][1]):
            continue  # garbage, which is told elsewhere, or ours
        root, way = chains[0]
        name = named_chain(heap, named, root, way)
        owner = name.removesuffix(" → dict")
        was = None if earlier is None else earlier.find(heap.thing(node))
        known = earlier is not None and was is not None and earlier.node(was)[0] is kind
        then = earlier.node(was)[2] if known else 0  # type: ignore[union-attr, arg-type]
        more = retained - max(then, old.get(name, 0))
        if more < least:
            continue
        if (
            kind is dict and owner != name and len(way) > 1
        ):  # people know the object, not the dict of its attributes
            name, kind = owner, type(heap.thing(way[-2]))
        found.append({"name": name, "type": kind_name(kind), "line": line, "bytes": more})
    return found


def _outermost(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without those that another one holds; the holder takes the line of the largest of them if it has none."""
    chosen: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: (-row["bytes"], len(row["name"]), row["name"])):
        holder = next((one for one in chosen if _within(row["name"], one["name"])), None)
        if holder is None:
            chosen.append(row)
        elif holder["line"] is None:
            holder["line"] = row["line"]
    return chosen


def _within(name: str, holder: str) -> bool:
    return name.startswith((f"{holder}[", f"{holder}.", f"{holder} →"))
