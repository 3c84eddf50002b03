"""What nothing holds and the collector has not freed: how much there is at a look, and whether that is worth a word."""

from __future__ import annotations

import gc

from .._report import names
from .advice import plural
from .finding import Finding, size
from .places import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .look import Look
    from .walked import Walked

__all__ = ["Garbage", "find", "waiting"]

#: Garbage below this, in bytes, is not looked into.
LEAST_GARBAGE = 4 << 20
CYCLES = 8
#: Garbage that is worth a word although the collector is on, in bytes and as a part of the process.
MUCH, PART = 64 << 20, 0.25


class Garbage:
    """What nothing holds and the collector has not freed.

    Attributes
    ----------
    bytes : int
        Its bytes.
    kind, site, count
        The kind of thing that a line made in it, that line, and how many there are.
    collects : bool
        Whether the collector is on.
    """

    __slots__ = ("bytes", "collects", "count", "kind", "site")

    def __init__(self, bytes: int, kind: str, site: int, count: int, collects: bool) -> None:
        self.bytes, self.kind, self.site, self.count, self.collects = bytes, kind, site, count, collects


def find(walked: Walked) -> Garbage | None:
    """What waits for the collector at this look; None if that is little."""
    size = walked.heap.totals()[4]
    if size < LEAST_GARBAGE:
        return None
    made: dict[tuple[str, int], int] = {}
    for nodes, _, _ in walked.heap.garbage(CYCLES * 8):
        for node in nodes:
            thing = walked.heap.thing(node)
            site = walked.makings.site_of(thing)
            if site:
                of = (names.kind_name(type(thing)), site)
                made[of] = made.get(of, 0) + 1
    if made:
        figures = {of: count for of, count in made.items() if of[0].endswith("Figure")}
        (kind, site), count = max((figures or made).items(), key=lambda item: item[1])
    else:
        top = max(walked.heap.waiting(), key=lambda row: row[2])
        kind, site, count = names.kind_name(top[0]), 0, top[1]
    return Garbage(size, kind, site, count, gc.isenabled())


def waiting(looks: list[Look]) -> Finding | None:
    """The finding on the most that ever waited, if that is worth a word."""
    worst = max(looks, key=lambda look: 0 if look.garbage is None else look.garbage.bytes)
    garbage = worst.garbage
    if garbage is None:
        return None
    off = not garbage.collects
    if not off and garbage.bytes < max(MUCH, PART * worst.resident):
        return None
    at = place(garbage.site)
    made = f" made at {at}" if at is not None else ""
    per_turn = garbage.bytes / max(1, worst.turn)
    why = (
        "the garbage collector is off (gc.disable()), so nothing frees them"
        if off
        else "the collector counts objects, not bytes, and has not run"
    )
    message = (
        f"{plural(garbage.kind)}{made} are garbage that waits: nothing holds them but their own reference "
        f"cycles, and {why}. {size(garbage.bytes)} at turn {worst.turn}, {size(per_turn)} with each turn."
    )
    fix = (
        "Leave the collector on, or call gc.collect() after each batch, or let dp.scope() close what a turn makes."
        if off
        else "Use dp.manage(), which collects by bytes, or dp.scope(), which closes what a turn makes; or cut the cycle."
    )
    return Finding(
        "garbage",
        message,
        bytes=garbage.bytes,
        place=at,
        fix=fix,
        confidence=0.95 if off else 0.7,
        per_turn=round(per_turn),
        count=garbage.count,
        object=garbage.kind,
        holder="(a reference cycle that nothing holds)",
        evidence=[
            f"garbage at the looks: {', '.join(size(look.garbage.bytes if look.garbage else 0) for look in looks)}",
            f"the collector was {'off' if off else 'on'}",
        ],
    )
