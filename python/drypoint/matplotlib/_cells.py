"""Cells of an aggregate: which are filled, and their laying over one another."""

from __future__ import annotations

import numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["filled", "spread_cells"]


def filled(cells: Any) -> Any:
    """Which cells something fell in."""
    if cells.dtype.kind == "i":  # numbers of rows
        return cells >= 0
    return ~numpy.isnan(cells) if cells.dtype.kind == "f" else cells != 0


def spread_cells(cells: Any, reach: int) -> Any:
    """Every filled cell laid over those within ``reach + 0.5`` of it, the greatest wins, as `Aggregate.shade` has it.

    Parameters
    ----------
    cells : ndarray, shape (height, width)
        Not changed.
    reach : int
        Cells on all sides; 0 gives the cells back.

    Returns
    -------
    ndarray
        Of the same shape and dtype. Costs one pass for each cell of the disc.
    """
    if reach == 0:
        return cells
    out = cells.copy()
    height, width = cells.shape
    greatest = numpy.fmax if cells.dtype.kind == "f" else numpy.maximum
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            outside = dx * dx + dy * dy > (reach + 0.5) ** 2 or abs(dy) >= height or abs(dx) >= width
            if outside or (dx, dy) == (0, 0):
                continue
            to = out[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)]
            greatest(to, cells[max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)], out=to)
    return out
