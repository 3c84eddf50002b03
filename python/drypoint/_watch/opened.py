"""Open things and names of shared memory that became more with the turns: a finding for each kind and line."""

from __future__ import annotations

from .advice import plural
from .finding import Finding, size
from .places import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .handles import Handles
    from .look import Look

__all__ = ["MANY_HANDLES", "opened", "segments"]

#: Handles that are more than a program needs by accident.
MANY_HANDLES = 5


def opened(looks: list[Look]) -> list[Finding]:
    """Open things that became more with the turns."""
    series: dict[tuple[str, int], list[tuple[Look, Handles | None]]] = {}
    keys = {(one.kind, one.site) for look in looks for one in look.handles}
    for key in keys:
        series[key] = [
            (look, next((one for one in look.handles if (one.kind, one.site) == key), None)) for look in looks
        ]
    found = []
    for steps in series.values():
        counts = [0 if one is None else one.count for _, one in steps]
        most = max(counts)
        top = counts.index(most)
        last = steps[top][1]
        if last is None or most < MANY_HANDLES:
            continue
        before = steps[top - 1] if top else None
        start = 0 if before is None or before[1] is None else before[1].count
        span = steps[top][0].turn - (0 if before is None else before[0].turn)
        if before is not None and most - start < max(1, span // 8):
            continue  # it was there before, and stays
        if counts[-1] == most and top < len(counts) - 1:
            continue  # it came once, and no more came
        found.append(_handle(last, most, (most - start) / max(1, span), steps[-1][0].turn, counts))
    return found


def _handle(last: Handles, count: int, rate: float, turns: int, counts: list[int]) -> Finding:
    at = place(last.site)
    made = f" made at {at}" if at is not None else ""
    holder = f" and are held by {last.holder}" if last.holder else ""
    closed = counts[-1] < count / 2
    count = max(count, round(rate * turns)) if turns and not closed else count
    more = f", {rate:.2g} more with each turn" if turns else ""
    message = (
        f"{count} {plural(last.kind)}{made} were {last.left}{holder}: each keeps {last.what}{more} "
        f"({last.chain})."
    )
    each = max(1, last.bytes // max(1, last.count))
    return Finding(
        "handle",
        message,
        bytes=each * count,
        place=at,
        fix=last.fix,
        confidence=0.9 if len(counts) > 1 else 0.7,
        per_turn=round(each * rate) if turns else None,
        count=count,
        object=last.kind,
        holder=last.holder,
        chain=last.chain,
        evidence=[f"open at the looks: {', '.join(map(str, counts))}"],
    )


def segments(looks: list[Look]) -> list[Finding]:
    """Shared memory whose names pile up in the system."""
    found = []
    for site in {site for look in looks for site in look.segments}:
        counts = [look.segments.get(site, (0, 0)) for look in looks]
        most, bytes = max(counts)
        if most < MANY_HANDLES:
            continue
        turns = looks[counts.index((most, bytes))].turn
        at = place(site)
        made = f" made at {at}" if at is not None else ""
        more = f"; {most / turns:.2g} more with each turn" if turns else ""
        message = (
            f"{most} shared memory segments (SharedMemory){made} were not unlinked: they stay in /dev/shm, "
            f"{size(bytes // most)} each, also after close() and after the process has ended{more}."
        )
        found.append(
            Finding(
                "handle",
                message,
                bytes=bytes,
                place=at,
                fix="Call segment.unlink() once the readers are done: who creates a segment owns its name.",
                confidence=0.9,
                per_turn=round(bytes / turns) if turns else None,
                count=most,
                object="multiprocessing.SharedMemory",
                holder="/dev/shm",
                chain="the system → /dev/shm",
                evidence=[f"names at the looks: {', '.join(str(count) for count, _ in counts)}"],
            )
        )
    return found
