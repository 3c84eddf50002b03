"""All that a watched program showed, as one document: the findings, most bytes first, and the tables under them."""

from __future__ import annotations

from .. import _core
from .garbage import waiting
from .growing import concatenations
from .kept import judge
from .loop import loop_line
from .opened import MANY_HANDLES, opened, segments
from .process import allocator, fresh, native, peak, swell
from .series import Series, gather
from .shape import VERSION
from .tables import by_kind, by_line
from .verdicts import VERDICTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .finding import Finding
    from .observer import Observer

__all__ = ["document"]


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
    at = None if told else loop_line()
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
        "by_kind": by_kind(observer),
        "by_line": by_line(observer, turns),
    }


def _findings(observer: Observer, turns: int) -> list[Finding]:
    if not observer.looks:
        return []  # the budget had no room for a look at the heap
    stopped = observer.stopped()
    handles = opened(observer.looks)
    found = list(handles)
    found.extend(segments(observer.looks))
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
    garbage = waiting(observer.looks)
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
