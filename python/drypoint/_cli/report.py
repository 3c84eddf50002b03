"""How results are printed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Readable", "print_json", "table"]


class Readable:
    """A count with three digits and a decimal prefix: ``Readable(63_900_000)`` prints as 63.9 MB."""

    def __init__(self, count: float | None, unit: str = "B") -> None:
        self.count = count
        self.unit = unit

    def __str__(self) -> str:
        if self.count is None:
            return "?"
        value = float(self.count)
        for prefix in ("", "k", "M", "G", "T"):
            if value < 999.5 or prefix == "T":
                break
            value /= 1000
        digits = 0 if value >= 99.95 or not prefix else 1
        separator = " " if self.unit or prefix else ""
        return f"{value:.{digits}f}{separator}{prefix}{self.unit}"


def print_json(result: dict[str, Any]) -> None:
    """Print one object on one line."""
    import json

    print(json.dumps(result))


def table(rows: list[tuple[str, ...]]) -> str:
    """Columns aligned on the left, the first row being the heading."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
