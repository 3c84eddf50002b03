"""Counts as a Zarr group of levels (OME-NGFF 0.5): one pass over what was touched, a box of each level in memory.

Boxes are taken in the order of a Z-curve, so that the four that become one of the next level follow each other, and no
level is ever made as a whole. A box is a file (shard) of 4 x 4 chunks: a dense canvas of 65,536 pixels a side makes
4,096 files of its finest level and not 65,536, an empty box none.
"""

from __future__ import annotations

import json
import math
import os

import numpy as np

from . import _core
from ._arrays.compressed import _strided
from ._arrays.write_zarr import _Settings
from ._errors import BadArgument, OutputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ._core import TiledAggregate

    _Array = np.ndarray[Any, Any]
    #: Row and column of a box among those of its level.
    _Place = tuple[int, int]

__all__ = ["write_multiscale"]

#: Pixels of a chunk along each side; the coarsest level has one chunk.
_CHUNK = 256
#: Levels from a pixel to a box, and the pixels of a box along each side.
_BOX_LEVEL = 10
_BOX = 1 << _BOX_LEVEL
#: Blocks of so many levels are a single pixel on any canvas.
_ALL_LEVELS = 62


def write_multiscale(core: TiledAggregate, path: str, levels: int | None) -> int:
    """Write all levels of `core`, or the `levels` finest. Returns the chunks in which something fell."""
    if os.path.lexists(path):
        raise OutputError(f"{path} exists already; a pyramid is written to a folder that does not exist")
    shapes = _shapes(core.shape, levels)
    # No sum of some counts is greater than the sum of all, so that one type does for all levels.
    dtype = np.dtype(core.level(_ALL_LEVELS).dtype)
    about = _about(core, shapes, os.path.splitext(os.path.basename(path.rstrip(os.sep)))[0])
    group = _core.ZarrGroupWriter(path, json.dumps(about, allow_nan=False), False)
    try:
        written = _Levels(group, shapes, dtype)
        for row, column in _along_the_curve(_touched(core)):
            low, left = row * _BOX, column * _BOX
            high, right = min(low + _BOX, core.shape[0]), min(left + _BOX, core.shape[1])
            cells = np.asarray(core.crop(left, right, low, high)).astype(dtype, copy=False)
            written.put(0, (row, column), cells)
        written.commit()
        group.commit()
        return written.chunks
    finally:
        group.close()


class _Levels:
    """The arrays of all levels, and the box of each that is being summed up."""

    def __init__(
        self, group: _core.ZarrGroupWriter, shapes: list[tuple[int, int]], dtype: np.dtype[Any]
    ) -> None:
        self.chunks = 0
        self._shapes = shapes
        self._dtype = dtype
        self._open: dict[int, tuple[_Place, _Array]] = {}
        self._writers = []
        for level, shape in enumerate(shapes):
            shard = tuple(min(_BOX, -(-length // _CHUNK) * _CHUNK) for length in shape)
            settings = _Settings((_CHUNK, _CHUNK), shard, "zstd", None, ["y", "x"], None)
            layout = {**settings.layout(shape, dtype), "attributes": "{}"}
            self._writers.append(group.array(str(level), layout))

    def put(self, level: int, place: _Place, cells: _Array) -> None:
        """Write a box that is whole, and add it to the one of the next level in which it lies."""
        row, column = place
        cells = np.ascontiguousarray(cells)
        self._writers[level].write([row * _BOX, column * _BOX], _strided(cells, self._dtype), None)
        self.chunks += _touched_chunks(cells)
        if level + 1 == len(self._shapes):
            return
        parent = (row // 2, column // 2)
        if level + 1 in self._open and self._open[level + 1][0] != parent:
            self._finish(level + 1)
        if level + 1 not in self._open:
            height, width = (
                min(_BOX, length - at * _BOX)
                for length, at in zip(self._shapes[level + 1], parent, strict=True)
            )
            self._open[level + 1] = parent, np.zeros((height, width), self._dtype)
        halved = _halved(cells)
        low, left = row % 2 * (_BOX // 2), column % 2 * (_BOX // 2)
        self._open[level + 1][1][low : low + halved.shape[0], left : left + halved.shape[1]] = halved

    def _finish(self, level: int) -> None:
        place, cells = self._open.pop(level)
        self.put(level, place, cells)

    def commit(self) -> None:
        for level in range(1, len(self._shapes)):
            if level in self._open:
                self._finish(level)
        for writer in self._writers:
            writer.commit()


def _shapes(shape: tuple[int, int], levels: int | None) -> list[tuple[int, int]]:
    """The shape of each level, the finest first; without `levels`, down to the first that is one chunk."""
    height, width = shape
    most = (max(shape) - 1).bit_length() + 1
    if levels is not None and levels > most:
        raise BadArgument(
            f"levels must be at most {most} for {height} x {width} pixels, which are one pixel then, not {levels}"
        )
    shapes = [(height, width)]
    while len(shapes) < levels if levels is not None else max(shapes[-1]) > _CHUNK:
        height, width = -(-height // 2), -(-width // 2)
        shapes.append((height, width))
    return shapes


def _touched(core: TiledAggregate) -> _Array:
    """Row and column of each box in which something fell, shape (boxes, 2)."""
    coarse = core.level(_BOX_LEVEL)
    if isinstance(coarse, _core.Aggregate):
        return np.argwhere(np.asarray(coarse))
    height, width = coarse.shape
    found = [np.empty((0, 2), np.intp)]
    for row, column in _touched(coarse).tolist():
        low, left = row * _BOX, column * _BOX
        part = coarse.crop(left, min(left + _BOX, width), low, min(low + _BOX, height))
        found.append(np.argwhere(np.asarray(part)) + np.array([low, left]))
    return np.concatenate(found)


def _along_the_curve(places: _Array) -> Iterator[_Place]:
    """Places in the order of a Z-curve: by the bits of row and column in turn."""
    keys = np.zeros(len(places), np.uint64)
    rows, columns = places.astype(np.uint64).T
    for bit in map(np.uint64, range(32)):
        one = np.uint64(1)
        keys |= (rows >> bit & one) << (bit + bit + one) | (columns >> bit & one) << (bit + bit)
    for place in np.argsort(keys):
        yield int(places[place, 0]), int(places[place, 1])


def _halved(cells: _Array) -> _Array:
    """2 x 2 cells as one, their sum; of booleans whether any is set, which is what NumPy's sum of two is."""
    height, width = cells.shape
    even = np.pad(cells, ((0, height % 2), (0, width % 2))) if height % 2 or width % 2 else cells
    rows = even[::2] + even[1::2]
    halved: _Array = rows[:, ::2] + rows[:, 1::2]
    return halved


def _touched_chunks(cells: _Array) -> int:
    touched = cells != 0
    for axis, length in enumerate(cells.shape):
        touched = np.logical_or.reduceat(touched, np.arange(0, length, _CHUNK), axis=axis)
    return int(touched.sum())


def _about(core: TiledAggregate, shapes: list[tuple[int, int]], name: str) -> dict[str, Any]:
    """The attributes: which pixels lie where, as OME-NGFF has it, and what they count."""
    height, width = core.shape
    row, column = height // 2, width // 2
    middle = core.crop(column, column + 1, row, row + 1)
    y_scale, y_first, y_step = _axis(core.y_range, height, row, middle.y_range[0])
    x_scale, x_first, x_step = _axis(core.x_range, width, column, middle.x_range[0])
    datasets = []
    for level in range(len(shapes)):
        y, x = y_step * 2**level, x_step * 2**level
        # A pixel is where its middle is.
        transformations = [
            {"type": "scale", "scale": [y, x]},
            {"type": "translation", "translation": [y_first + y / 2, x_first + x / 2]},
        ]
        datasets.append({"path": str(level), "coordinateTransformations": transformations})
    multiscale = {
        "name": name,
        "type": "any" if core.reduction.startswith("any") else "sum",
        "axes": [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}],
        "datasets": datasets,
    }
    return {
        "ome": {"version": "0.5", "multiscales": [multiscale]},
        "x_range": list(core.x_range),
        "y_range": list(core.y_range),
        "x_scale": x_scale,
        "y_scale": y_scale,
        "reduction": core.reduction,
    }


def _axis(ends: tuple[float, float], pixels: int, at: int, begins: float) -> tuple[str, float, float]:
    """Its scale, where it begins and how long a pixel is, logarithms to base 10 on a logarithmic one.

    The scale follows from where the pixel `at`, in the middle, begins: where that is as on a linear axis to a hundredth
    of a pixel, a linear transformation is right whatever was asked for.
    """
    low, high = ends
    step = (high - low) / pixels
    off = abs(low + step * at - begins)
    if off <= max(abs(step) / 100, 4 * math.ulp(max(abs(low), abs(high)))):
        return "linear", low, step
    first, last = math.log10(low), math.log10(high)
    return "log", first, (last - first) / pixels
