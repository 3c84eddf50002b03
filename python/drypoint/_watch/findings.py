"""All that a watched program showed, as one document: the findings, most bytes first, and the tables under them."""

from __future__ import annotations

import dis

from .. import _core
from .advice import plural
from .finding import Finding, size
from .growing import concatenations
from .kept import judge
from .places import Place, place
from .process import allocator, fresh, native, peak, swell
from .series import Series, gather
from .shape import VERSION
from .verdicts import VERDICTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    from .handles import Handles
    from .look import Look
    from .observer import Observer

__all__ = ["document"]

#: Handles that are more than a program needs by accident.
MANY_HANDLES = 5
#: Garbage that is worth a word although the collector is on, in bytes and as a part of the process.
MUCH_GARBAGE, GARBAGE_PART = 64 << 20, 0.25
#: Rows of a table.
ROWS = 100


def document(observer: Observer) -> dict[str, Any]:
    """What an observer saw, when it has stopped.

    Parameters
    ----------
    observer : Observer
        With its looks and samples.

    Returns
    -------
    dict
        Plain data, as the page on the format has it.
    """
    turns, told = _core.turns()
    at = None if told else _loop()
    seconds, resident, live, figures, collections, counted = observer.samples
    return {
        "version": VERSION,
        "drypoint": _core.__version__,
        "seconds": round(observer.seconds, 3),
        "turns": {
            "count": turns,
            "how": "told" if told else "found" if turns else "none",
            "line": None if at is None else at.line,
            "function": None if at is None else at.function,
        },
        "resident": {"start": observer.resident, "peak": max(resident), "end": resident[-1]},
        "live": {"peak": max(_core.array_peak(), *live), "end": live[-1]},
        "findings": [finding.plain() for finding in _findings(observer, turns)],
        "unseen": _unseen(observer),
        "timeline": {
            "seconds": [round(value, 4) for value in seconds],
            "resident": resident,
            "live": live,
            "figures": figures,
            "collections": collections,
            "turns": counted,
        },
        "by_kind": _by_kind(observer),
        "by_line": _by_line(observer, turns),
    }


def _findings(observer: Observer, turns: int) -> list[Finding]:
    if not observer.looks:
        return []  # the budget had no room for a look at the heap
    stopped = observer.stopped()
    handles = _handles(observer.looks)
    found = list(handles)
    found.extend(_segments(observer.looks))
    seen: set[tuple[str | None, str | None]] = {(one.holder, one.object) for one in handles}
    grown = [
        finding
        for series in gather(observer.looks)
        if (finding := judge(series, turns, _made(observer, series), stopped)) is not None
    ]
    growing = concatenations(observer, turns)
    for finding in grown:
        if growing and finding.place is None and finding.object == "numpy.ndarray":
            continue  # the array that grows by being made again
        if (finding.holder, finding.object) not in seen and not _told(finding, found):
            found.append(finding)
    found.extend(one for one in growing if not _told(one, found))
    garbage = _garbage(observer.looks)
    if garbage is not None:
        found.append(garbage)
    found.extend(one for one in observer.looks[-1].wasted if not _told(one, found))
    for finding_of in (native, peak, swell, allocator):
        one = finding_of(observer)
        peaks = any(other.verdict == "peak" for other in found)
        if one is None or (one.verdict == "peak" and (peaks or _told(one, found))):
            continue
        if not (one.verdict == "native" and any(_explains(other, one) for other in found)):
            found.append(one)
    found.extend(one for one in fresh(observer, turns) if not _told(one, found))
    return sorted(found, key=lambda one: (not VERDICTS[one.verdict].fault, -one.bytes))


def _unseen(observer: Observer) -> list[str]:
    """What could not be seen, and why, as sentences."""
    told = []
    if observer.blind is not None:
        told.append(f"Which lines made large arrays is not known: {observer.blind.rstrip('.')}.")
    if observer.refused is not None:
        what = (
            "Not all looks at the heap could be taken"
            if observer.looks
            else "The heap could not be looked at, so that most findings are not told"
        )
        told.append(f"{what}: {observer.refused.rstrip('.')}.")
    return told


def _told(finding: Finding, others: list[Finding]) -> bool:
    """Whether another finding says the same of the same line: one leak is often seen at several holders."""
    if any(other.start and (finding.chain or "").startswith(other.start) for other in others):
        return True
    if finding.place is None:
        return any(other.holder == finding.holder and finding.holder for other in others)
    return any(
        other.place is not None and other.place.line == finding.place.line and other.verdict not in ("cache",)
        for other in others
    )


def _explains(other: Finding, one: Finding) -> bool:
    """Whether handles or garbage account for native growth: a decoder's memory is its capture's."""
    return other.verdict in ("handle", "garbage") and (
        other.bytes * 2 >= one.bytes or (other.place is not None and (other.count or 0) > MANY_HANDLES)
    )


def _made(observer: Observer, series: Series) -> tuple[int, int] | None:
    """How many things of its kind the line made, and how many are alive."""
    growth = series.last
    for row in observer.array_lines():
        if row.site == growth.site and growth.subject.endswith("ndarray"):
            return row.allocations, row.arrays
    name = growth.subject.split(" (")[0].rsplit(".", 1)[-1]
    made = observer.makings.counts.get((growth.site, name), 0)
    return (made, observer.makings.alive(growth.site, name)) if made else None


# Handles


def _handles(looks: list[Look]) -> list[Finding]:
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


def _segments(looks: list[Look]) -> list[Finding]:
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


# Garbage


def _garbage(looks: list[Look]) -> Finding | None:
    worst = max(looks, key=lambda look: 0 if look.garbage is None else look.garbage.bytes)
    garbage = worst.garbage
    if garbage is None:
        return None
    off = not garbage.collects
    if not off and garbage.bytes < max(MUCH_GARBAGE, GARBAGE_PART * worst.resident):
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


# Tables


def _by_kind(observer: Observer) -> list[dict[str, Any]]:
    if not observer.looks:
        return []
    peak_look = max(observer.looks, key=lambda look: look.bytes)
    rows: list[dict[str, Any]] = []
    for kind in {*observer.looks[-1].kinds, *peak_look.kinds}:
        count, live = observer.looks[-1].kinds.get(kind, (0, 0))
        top = max(live, peak_look.kinds.get(kind, (0, 0))[1])
        rows.append({"kind": kind, "count": count, "live": live, "peak": top})
    rows.sort(key=lambda row: (-row["peak"], row["kind"]))
    return rows[:ROWS]


def _by_line(observer: Observer, turns: int) -> list[dict[str, Any]]:
    rows = []
    for row in observer.array_lines():
        at = place(row.site)
        rows.append(
            {
                "line": None if at is None else at.line,
                "function": None if at is None else at.function,
                "kind": "ndarray",
                "allocations": row.allocations,
                "allocated": row.allocated,
                "live": row.live,
                "peak": max(row.live, row.at_peak),
                "per_turn": round(row.allocated / turns) if turns else None,
            }
        )
    rows.sort(key=lambda row: (-int(row["peak"] or 0), -int(row["allocated"] or 0)))
    return rows[:ROWS]


# Turns


def _loop() -> Place | None:
    """The line of the loop whose turns were counted."""
    clock = _core.turns_clock()
    if clock is None:
        return None
    code, start, end, caller = clock
    line = _loop_inside(code, start, end)
    if line is not None:
        return Place(code.co_filename, line, code.co_name)
    if caller is None:
        return None
    around, offset = caller
    return Place(around.co_filename, _line(around, offset), around.co_name)


def _loop_inside(code: CodeType, start: int, end: int) -> int | None:
    """The line of a loop in a code that goes from one instruction back to another."""
    found = None
    for step in dis.get_instructions(code):
        if "JUMP_BACKWARD" in step.opname and isinstance(step.argval, int):
            around = step.argval <= end and step.offset >= start
            if around:
                found = _line(code, step.argval)
                break
    return found


def _line(code: CodeType, offset: int) -> int:
    last = code.co_firstlineno
    for begin, end, line in code.co_lines():
        if line is not None and begin <= offset < end:
            return line
        if line is not None and begin <= offset:
            last = line
    return last
