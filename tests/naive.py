"""The slow, obvious twin: the binning rule and the folds, written one point after the other."""

from __future__ import annotations

import math

import numpy as np


def pixel(value: float, start: float, end: float, pixels: int, log: bool = False) -> int | None:
    """The pixel of one value, or None outside the range."""
    if not (start <= value <= end) or math.isinf(value):
        return None
    if value == end:
        return pixels - 1
    at = math.log10 if log else float
    scale = pixels / (at(end) - at(start))
    translate = -at(start) * scale
    return min(max(math.floor(at(value) * scale + translate), 0), pixels - 1)


def cells(x, y, width, height, x_range, y_range, x_log=False, y_log=False):
    """For each point its (row, column), or None."""
    for a, b in zip(x, y, strict=True):
        column = pixel(float(a), *x_range, width, x_log)
        row = pixel(float(b), *y_range, height, y_log)
        yield None if column is None or row is None else (row, column)


def count(x, y, width, height, x_range, y_range, **logs) -> np.ndarray:
    out = np.zeros((height, width), "uint32")
    for cell in cells(x, y, width, height, x_range, y_range, **logs):
        if cell is not None:
            out[cell] += 1
    return out


def fold(name, values, x, y, width, height, x_range, y_range) -> np.ndarray:
    """Any fold of a value column by gathering each pixel's values first."""
    lists: dict[tuple[int, int], list[float]] = {}
    for cell, value in zip(cells(x, y, width, height, x_range, y_range), values, strict=True):
        if cell is not None and not math.isnan(value):
            lists.setdefault(cell, []).append(float(value))
    folds = {
        "sum": math.fsum,
        "mean": lambda v: math.fsum(v) / len(v),
        "min": min,
        "max": max,
        "var": lambda v: math.fsum((a - math.fsum(v) / len(v)) ** 2 for a in v) / len(v),
        "std": lambda v: math.sqrt(math.fsum((a - math.fsum(v) / len(v)) ** 2 for a in v) / len(v)),
        "first": lambda v: v[0],
        "last": lambda v: v[-1],
    }
    out = np.full((height, width), np.nan)
    for cell, gathered in lists.items():
        out[cell] = folds[name](gathered)
    return out
