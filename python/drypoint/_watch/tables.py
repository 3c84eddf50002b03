"""The tables under the findings: bytes by kind of object, and large arrays by the line that made them."""

from __future__ import annotations

from .places import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .observer import Observer

__all__ = ["by_kind", "by_line"]

#: Rows of a table.
ROWS = 100


def by_kind(observer: Observer) -> list[dict[str, Any]]:
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


def by_line(observer: Observer, turns: int) -> list[dict[str, Any]]:
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
