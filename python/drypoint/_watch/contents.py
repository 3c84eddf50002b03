"""What is inside an element that a holder gained: how much of it is large data, and what of it is waste."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .walked import Walked

__all__ = ["look_into"]

#: From here on an array is data, and not a part of something else.
DATA = 64 << 10
#: Objects below an element that are looked at, and of each the parts that take most.
LOOKED_AT, PARTS = 200, 8


def look_into(walked: Walked, node: int | None, holder: int) -> tuple[int, Any, int, int]:
    """Bytes of large data in an element, and the waste in it that takes most, with its line and its bytes."""
    from . import waste

    if node is None:
        found = waste.find(walked.thing(holder))
        return 0, found, 0, 0 if found is None else found.bytes - found.needed
    data, best, best_site, wasted = 0, None, 0, 0
    kinds: dict[str, int] = {}
    waiting, seen = [node], 0
    while waiting and seen < LOOKED_AT:
        at = waiting.pop()
        seen += 1
        thing = walked.thing(at)
        _, own, retained, _, _ = walked.heap.node(at)
        if own >= DATA and type(thing).__name__ not in ("RendererAgg", "_ImageBase"):
            data += own
        found = waste.find(thing)
        if found is not None:
            more = found.bytes - found.needed
            kinds[found.kind] = kinds.get(found.kind, 0) + more
            if best is None or more > best.bytes - best.needed:
                best, best_site = found, walked.site_of(at)
            if found.kind in ("view", "line"):
                continue  # what is inside is counted
        if retained >= DATA:
            waiting.extend(kept for kept, bytes in walked.heap.held(at, PARTS) if bytes >= DATA // 2)
    if best is not None:
        wasted = kinds[best.kind]
    return data, best, best_site, wasted
