"""Growth by concatenation: an array that is made again, a little larger, with each turn."""

from __future__ import annotations

from . import source
from .finding import Finding, size
from .places import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .observer import Line, Observer

__all__ = ["concatenations"]

#: Requests at one line, the part of them that asked for more than the one before, and what was copied in all.
OFTEN, RISING, COPIED = 8, 0.8, 32 << 20


def concatenations(observer: Observer, turns: int) -> list[Finding]:
    """Lines at which an array grows by being copied, most bytes first."""
    found = [_finding(row, turns) for row in observer.array_lines() if _is_growing(row)]
    return sorted((one for one in found if one is not None), key=lambda one: -one.bytes)


def _is_growing(row: Line) -> bool:
    return (
        row.site > 0
        and row.allocations >= OFTEN
        and row.rising >= RISING * row.allocations
        and row.allocated >= COPIED
        and row.arrays <= row.allocations / 4
    )


def _finding(row: Line, turns: int) -> Finding | None:
    at = place(row.site)
    if at is None:
        return None
    text = source.statement(at.file, at.number)
    shown = f" (`{text}`)" if text else ""
    message = (
        f"The array made at {at}{shown} grows by concatenation: it was made {row.allocations:,} times, each "
        f"time a little larger, and {size(row.allocated)} were copied for what holds "
        f"{size(max(row.live, row.allocated // row.allocations))} at the end."
    )
    return Finding(
        "waste",
        message,
        bytes=max(row.live, row.allocated // row.allocations),
        place=at,
        fix="Keep the pieces in a list and join them once at the end (np.concatenate), or make the whole array "
        "first and fill it.",
        confidence=0.85,
        count=row.allocations,
        per_turn=None,
        object="numpy.ndarray",
        evidence=[f"{row.rising} of {row.allocations} requests asked for more than the one before"],
    )
