"""How results are printed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["print_json", "table"]


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
