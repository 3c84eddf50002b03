"""Images drawn pixel by pixel and item by item, as the docstring of `Canvas.raster` says."""

from fractions import Fraction
from math import floor

import numpy as np


def overlaps(start, end, edges, items):
    """Items with the length that each has between two data values, in items."""
    first, last = edges
    a, b = ((Fraction(at) - first) / (Fraction(last) - first) * items for at in (start, end))
    a, b = min(a, b), max(a, b)
    found = []
    for item in range(items):
        length = min(b, item + 1) - max(a, item)
        if length > 0:
            found.append((item, length))
    return found


def centre(start, end, edges, items):
    """The place of a pixel's centre in items, None outside of the array."""
    first, last = edges
    at = ((Fraction(start) + Fraction(end)) / 2 - first) / (Fraction(last) - first) * items
    return at if 0 <= at <= items else None


def axis(pixels, bounds):
    start, end = (Fraction(bound) for bound in bounds)
    return [
        (start + (end - start) * k / pixels, start + (end - start) * (k + 1) / pixels) for k in range(pixels)
    ]


def raster(array, width, height, x_range, y_range, edges, method):
    """float64, row 0 the lowest y."""
    rows, columns = array.shape
    x_edges, y_edges = (tuple(Fraction(edge) for edge in pair) for pair in edges)
    out = np.full((height, width), np.nan)
    for y, (bottom, top) in enumerate(axis(height, y_range)):
        for x, (left, right) in enumerate(axis(width, x_range)):
            if method in ("nearest", "bilinear"):
                row, column = centre(bottom, top, y_edges, rows), centre(left, right, x_edges, columns)
                if row is not None and column is not None:
                    out[y, x] = at_centre(array, row, column, method)
                continue
            items = [
                (array[row, column], down * across)
                for row, down in overlaps(bottom, top, y_edges, rows)
                for column, across in overlaps(left, right, x_edges, columns)
                if not np.isnan(array[row, column])
            ]
            if items:
                out[y, x] = of_items(items, method)
    return out


def at_centre(array, row, column, method):
    rows, columns = array.shape
    if method == "nearest":
        return float(array[min(floor(row), rows - 1), min(floor(column), columns - 1)])
    parts = []
    for at, count in ((row, rows), (column, columns)):
        place = min(max(at - Fraction(1, 2), Fraction(0)), Fraction(count - 1))
        low = floor(place)
        parts.append([(low, 1 - (place - low)), (min(low + 1, count - 1), place - low)])
    items = [
        (float(array[r, c]), float(down * across))
        for r, down in parts[0]
        for c, across in parts[1]
        if down * across > 0 and not np.isnan(array[r, c])
    ]
    weight = sum(weight for _, weight in items)
    return sum(value * weight for value, weight in items) / weight if items else np.nan


def of_items(items, method):
    if method == "max":
        return float(max(value for value, _ in items))
    if method == "min":
        return float(min(value for value, _ in items))
    if method == "mode":
        area = {}
        for value, weight in items:
            area[float(value)] = area.get(float(value), 0) + weight
        most = max(area.values())
        return min(value for value, weight in area.items() if weight == most)
    whole = sum(weight for _, weight in items)
    return float(sum(float(value) * float(weight / whole) for value, weight in items))
