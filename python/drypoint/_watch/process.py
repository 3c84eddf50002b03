"""What the numbers of the process say: bytes that nothing in Python accounts for, that are free and still resident,
or that were there for a moment only.
"""

from __future__ import annotations

from statistics import median

from .. import _core
from . import source
from .finding import Finding, size
from .places import Place, place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .look import Look
    from .observer import Observer

__all__ = ["allocator", "fresh", "native", "peak", "swell"]

#: Growth that nothing explains, in all and with each turn.
LEAST_NATIVE, NATIVE_A_TURN = 8 << 20, 64 << 10
#: The part of the growth of the process that has to be unexplained.
UNEXPLAINED = 0.4
#: Stretches in each of which it has to grow, and by which part of what would be even.
QUARTERS, STEADY = 4, 0.3
#: Free bytes of the C library, and the part of the process that they have to be.
LEAST_FREE, FREE_PART = 32 << 20, 0.2
#: A peak, in bytes and in times of what is kept; the part of the time that counts as a moment.
LEAST_PEAK, TIMES, MOMENT = 48 << 20, 4, 0.25
#: A process that swells, in bytes and as a part of what it is otherwise.
LEAST_SWELL, SWELL_PART = 64 << 20, 0.5
#: Arrays that are made anew: how often, bytes of one and of all.
OFTEN, LARGE, LEAST_FRESH = 20, 4 << 20, 2 << 30


def _unexplained(look: Look) -> int:
    """Resident bytes beyond objects, blocks that wait for reuse, and what the C library keeps free."""
    return look.resident - look.bytes - look.idle - look.heap[1]


def native(observer: Observer) -> Finding | None:
    """The process grows with the turns, and nothing in Python accounts for it."""
    looks = observer.looks
    turning = [look for look in looks if look.turn]
    looks = turning if len(turning) > 2 else looks
    if len(looks) < 3:
        return None
    first, last = looks[0], looks[-1]
    turns = last.turn - first.turn
    of = last.resident - first.resident
    grown = min(_unexplained(last) - _unexplained(first), of)
    garbage = [look.garbage.bytes if look.garbage else 0 for look in looks]
    if grown < max(LEAST_NATIVE, NATIVE_A_TURN * turns) or grown < UNEXPLAINED * of or max(garbage) > grown:
        return None

    def when(look: Look) -> float:
        return look.turn if turns else look.seconds

    pace = grown / (when(last) - when(first))
    if not _is_steady(observer):
        return None  # it came at once
    lines = sorted(_core.grown_lines(), key=lambda row: -row[1])
    known = [
        (where, bytes) for site, bytes in lines if (where := place(site)) is not None and not _imports(where)
    ]
    at = known[0][0] if known else None
    during = f" at {at}" if at is not None else ""
    message = (
        f"The process grows by {size(pace)} {'with each turn' if turns else 'a second'}, {size(grown)} so "
        "far, that no Python object accounts for: memory of compiled code, grown while the program "
        f"was{during}."
    )
    evidence = [f"{size(bytes)} of growth at {line}" for line, bytes in known[:4]]
    evidence.append(f"resident grew by {size(of)}, objects by {size(last.bytes - first.bytes)}")
    fix = (
        "Look there for a library's object that wants a close, release or free, or for a call whose result "
        "is never freed."
    )
    return Finding(
        "native",
        message,
        bytes=grown,
        place=at,
        fix=fix,
        confidence=0.7,
        per_turn=round(pace) if turns else None,
        evidence=evidence,
    )


def _imports(at: Place) -> bool:
    text = source.statement(at.file, at.number) or ""
    return text.startswith(("import ", "from "))


def _is_steady(observer: Observer) -> bool:
    """Whether the process grew in each quarter of its turns; where there are none, of its time."""
    seconds, resident, _, _, _, turns = observer.samples
    along: list[float] = list(turns) if turns[-1] >= QUARTERS else list(seconds)
    begin = next((at for at, value in enumerate(along) if value > 0), 0)
    span, whole = along[-1] - along[begin], resident[-1] - resident[begin]
    bounds = [along[begin] + span * quarter / QUARTERS for quarter in range(1, QUARTERS + 1)]
    before = resident[begin]
    for bound in bounds:
        reached = max(at for at, value in enumerate(along) if value <= bound or at == begin)
        if resident[reached] - before < whole / QUARTERS * STEADY:
            return False
        before = resident[reached]
    return True


def allocator(observer: Observer) -> Finding | None:
    """Memory that was freed, and that the C library keeps."""
    last = observer.looks[-1]
    free = last.heap[1]
    if free < max(LEAST_FREE, FREE_PART * last.resident):
        return None
    message = (
        f"{size(free)} of the {size(last.resident)} that are resident at the end were freed by the program "
        "and are kept by the C library for its next requests: no leak."
    )
    fix = "If it matters, dp.release() gives them back, or start with MALLOC_TRIM_THRESHOLD_=65536."
    return Finding("allocator", message, bytes=free, fix=fix, confidence=0.9)


def peak(observer: Observer) -> Finding | None:
    """Arrays that were there for a moment, many times what is kept."""
    top = _core.array_peak()
    kept, told = _kept(observer, top)
    if top < LEAST_PEAK or kept is None or top < TIMES * max(kept, 1):
        return None
    lines = sorted(observer.array_lines(), key=lambda row: -row.at_peak)[:4]
    known = [(place(row.site), row.at_peak) for row in lines if row.site and row.at_peak * 8 >= top]
    at = next((where for where, _ in known if where is not None), None)
    where = f" at {at}" if at is not None else ""
    message = (
        f"Arrays take {size(top)} at the peak, most of it{where}, and {size(kept)} {told}: a transient of "
        f"{top / max(kept, 1 << 20):.0f} times what is kept."
    )
    evidence = [f"{size(bytes)} of the peak made at {line}" for line, bytes in known if line is not None]
    fix = (
        "Work through it in blocks, write results into an array that is there already (out=, dst=), or use "
        "a smaller type: the peak is what the process needs."
    )
    return Finding(
        "peak",
        message,
        bytes=top - kept,
        place=at,
        fix=fix,
        confidence=0.7,
        object="numpy.ndarray",
        evidence=evidence,
    )


def swell(observer: Observer) -> Finding | None:
    """The process grows and shrinks again, by memory that is no array's."""
    resident = observer.samples[1]
    later = sorted(resident[len(resident) // 4 :])
    if len(later) < 8:
        return None
    low, high = later[len(later) // 10], max(later)
    rise = high - low
    if rise < LEAST_SWELL or rise < SWELL_PART * low:
        return None
    falls, up = 0, False
    for bytes in resident:
        if bytes > low + rise * 3 / 4:
            up = True
        elif up and bytes < low + rise / 4:
            falls, up = falls + 1, False
    over = sum(1 for bytes in later if bytes > low + rise / 2) / len(later)
    if falls == 0 or (falls < 2 and over > MOMENT):
        return None
    lines = [(place(site), bytes) for site, bytes in sorted(_core.grown_lines(), key=lambda row: -row[1])[:4]]
    known = [(where, bytes) for where, bytes in lines if where is not None]
    at = known[0][0] if known else None
    where = f", grown at {at}" if at is not None else ""
    message = (
        f"The process swells to {size(high)} and falls back to {size(low)}, {falls} "
        f"time{'s' if falls > 1 else ''}{where}: a transient of {size(rise)} that nothing keeps."
    )
    fix = "Work through it in parts, in place of all at once, or make less of it: the peak is what the process needs."
    evidence = [f"{size(bytes)} of growth at {line}" for line, bytes in known]
    return Finding("peak", message, bytes=rise, place=at, fix=fix, confidence=0.7, evidence=evidence)


def _kept(observer: Observer, top: int) -> tuple[int | None, str]:
    """Bytes of arrays between the moments of the peak, and when that is; None if the peak was no moment."""
    at_turns = _core.kept_at_turns()
    if at_turns is not None:
        return at_turns, "when a turn begins"
    live = observer.samples[2]
    if len(live) < 8 or live[-1] > top / 2:
        return None, ""
    high = sum(1 for bytes in live if bytes > top / 2) / len(live)
    return (int(median(live)), "most of the time") if high <= MOMENT else (None, "")


def fresh(observer: Observer, turns: int) -> list[Finding]:
    """Lines that ask for large memory again and again where the same could be written to."""
    found = []
    for row in observer.array_lines():
        each = row.allocated / max(1, row.allocations)
        if (
            row.allocations < OFTEN
            or each < LARGE
            or row.allocated < LEAST_FRESH
            or row.arrays > row.allocations / 4
        ):
            continue
        at: Place | None = place(row.site)
        if at is None:
            continue
        message = (
            f"{at} makes an array of {size(each)} anew {row.allocations:,} times, {size(row.allocated)} in "
            "all, and none is kept: each takes fresh pages from the system."
        )
        fix = "Write into one array (out=, dst=), or add dp.manage(): then a freed array is the next one."
        found.append(
            Finding(
                "waste",
                message,
                bytes=int(each),
                place=at,
                fix=fix,
                confidence=0.6,
                object="numpy.ndarray",
                count=row.allocations,
                evidence=[f"{row.allocations:,} requests, {row.arrays} of these arrays alive at the end"],
            )
        )
    return found
