"""Things of the operating system that are open: files, maps, captures, archives, segments.

Most are held by one another: an archive has a file, a map has a mapping, which its views hold too. Only the
outermost that is open itself is told, since that is what a program closes.
"""

from __future__ import annotations

import os

from .._report import names
from . import ways
from .openable import imported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from .openable import Openable
    from .walked import Walked
    from .ways import Way

__all__ = ["Handles", "find", "segments"]

#: Steps outwards in which another handle is looked for.
OUTWARDS = 8


class Handles:
    """Open handles of one type, made by one line.

    Attributes
    ----------
    kind : str
        Their type.
    what, left : str
        What each keeps open, ``"an open file"``; and what they are themselves, ``"not closed"``.
    fix : str
        A sentence on how they are closed.
    site : int
        The line; 0 if it is not known.
    count, bytes : int
        How many there are, and what they keep in memory.
    holder, chain : str
        Who holds them.
    way : Way or None
        By which kind of reference.
    """

    __slots__ = ("bytes", "chain", "count", "fix", "holder", "kind", "left", "site", "way", "what")

    def __init__(self, kind: str, what: str, left: str, fix: str, site: int) -> None:
        self.kind, self.what, self.left, self.fix, self.site = kind, what, left, fix, site
        self.count = self.bytes = 0
        self.holder = self.chain = ""
        self.way: Way | None = None


def find(walked: Walked) -> list[Handles]:
    """What is open now, by type and line, most first.

    Parameters
    ----------
    walked : Walked
        The heap now, its objects not yet let go.
    """
    types = imported()
    told: dict[int, Openable] = {}
    for node in walked.heap.of_kinds([type for type, _ in types]):
        thing = walked.thing(node)
        found_open = next(
            (one for type, one in types if isinstance(thing, type) and one.has_open(thing)), None
        )
        if found_open is not None:
            told[node] = found_open
    groups: dict[tuple[str, int], tuple[Handles, list[int]]] = {}
    parts = {id(part) for node in told for part in getattr(walked.thing(node), "__dict__", {}).values()}
    for node, one in told.items():
        thing = walked.thing(node)
        site = walked.site_of(node)
        was_there = (
            not site and id(thing) in walked.makings.before
        )  # with a line it took the place of what was there
        if was_there or id(thing) in parts or _is_inside(walked, node, told):
            continue
        name = names.kind_name(type(thing))
        if (name, site) not in groups:
            groups[name, site] = Handles(name, one.what, one.left, one.cure(type(thing)), site), []
        group, members = groups[name, site]
        group.count += 1
        group.bytes += walked.retained(node)
        members.append(node)
    found = [entry for entry in groups.values() if entry[0].count > 1]
    for group, members in found:
        _name(walked, group, members[len(members) // 2])
    found.sort(key=lambda entry: -entry[0].count)
    return [group for group, _ in found if not group.chain.startswith("module drypoint")]


def _is_inside(walked: Walked, node: int, others: Container[int]) -> bool:
    at: int | None = node
    for _ in range(OUTWARDS):
        at = walked.heap.holder(at) if at is not None else None
        if at is None:
            return False
        if at in others:
            return True
    return False


def _name(walked: Walked, group: Handles, node: int) -> None:
    root, steps = walked.chain_to(node)
    objects = [walked.thing(step) for step in steps]
    place = max(0, len(steps) - 2)
    for back in range(len(steps) - 2, -1, -1):
        if isinstance(objects[back], list | dict | set | tuple) and not ways.is_plain_holder(objects[back]):
            place = back
            break
    group.chain = names.chain(root, objects)
    group.holder = ways.holder_name(root, objects[: place + 1])
    group.way = ways.of(root, objects, place)


def segments(made: dict[str, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Shared memory that was made here and still has its name: how many segments and bytes for each line."""
    found: dict[int, tuple[int, int]] = {}
    for name, (size, site) in list(made.items()):
        if os.path.exists("/dev/shm/" + name.lstrip("/")):
            count, bytes = found.get(site, (0, 0))
            found[site] = (count + 1, bytes + size)
    return found
