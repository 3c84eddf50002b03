"""Counts for people: three digits and a decimal prefix, the same on the command line and on pages."""

from __future__ import annotations

__all__ = ["Readable"]


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
