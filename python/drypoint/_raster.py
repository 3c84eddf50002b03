"""Arrays drawn to a canvas: what an array is, where it lies in data units, and how its items are read."""

from __future__ import annotations

from . import _arguments, _core
from ._errors import BadArgument, UnsupportedData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ._canvas import Canvas

    _Edges = tuple[float, float]

__all__ = ["METHODS", "ORIGINS", "Grid", "begin", "draw", "draw_colors"]

METHODS = ("area", "nearest", "bilinear", "max", "min", "mode")
ORIGINS = ("upper", "lower")
#: Coordinates that are off by more than this part of a step are not evenly spaced.
SLACK = 0.01
#: Bytes of a box of an array that does not say how it is cut.
BOX = 4 << 20


class Grid:
    """An array with the outer edges of its first and last column, and of its first and last row, in data units."""

    def __init__(self, array: Any, shape: tuple[int, ...] | None, extent: Any, origin: str | None) -> None:
        self.name = _name(array)
        self.one_shot = hasattr(array, "__next__")
        x: _Edges | None = None
        y: _Edges | None = None
        lowest_first = origin == "lower"
        if _is_aggregate(array):
            x, y = array.x_range, array.y_range
            lowest_first = origin is None or lowest_first
        elif _is_labelled(array):
            y, x = (_edges(array, place) for place in (0, 1))
            array = array if _lazy(array) else array.values
        if self.one_shot:
            if shape is None:
                raise BadArgument(
                    "an iterator of strips does not say how many rows will come: give shape=(rows, columns)"
                )
            self.shape = _shape(shape)
        else:
            array = _array(array)
            if shape is not None:
                raise BadArgument(
                    f"shape is for an iterator of strips; this {self.name} has the shape {array.shape}"
                )
            self.shape = tuple(int(length) for length in array.shape)
        self.array = array
        if len(self.shape) < 2:
            raise UnsupportedData(
                f"{self.name} has {len(self.shape)} dimensions; rows and columns are needed"
            )
        rows, columns = self.shape[:2]
        if extent is not None:
            left, right, bottom, top = _extent(extent)
            x, y = (left, right), ((bottom, top) if lowest_first else (top, bottom))
        self.x = (0.0, float(columns)) if x is None else x
        self.y = ((0.0, float(rows)) if lowest_first else (float(rows), 0.0)) if y is None else y


def begin(
    canvas: Canvas,
    grid: Grid,
    method: str,
    threads: int | None,
    memory: str | None,
    progress: Callable[[int, int | None], object] | None,
) -> _core.Raster:
    """A picture of a grid that is described but not drawn."""
    return _core.Raster(
        canvas.width,
        canvas.height,
        _range(canvas.x_range, "x_range", grid.x),
        _range(canvas.y_range, "y_range", grid.y),
        canvas.x_scale,
        canvas.y_scale,
        (grid.x, grid.y),
        method,
        threads,
        memory,
        progress,
    )


def draw(begun: _core.Raster, grid: Grid) -> _core.Aggregate:
    """Read an array of any kind and draw it."""
    array = grid.array
    if grid.one_shot:
        return _draw_strips(begun, grid)
    if hasattr(array, "_chunked"):
        return begun.chunked(array._chunked())
    if _in_memory(array):
        array = _lendable(array, grid.name)
        return begun.array(array, grid.name, array.dtype.str, _mapped(array))
    dtype = "<f8" if _masked(array) else _dtype(array, grid.name)
    begun.begin(grid.name, dtype, list(grid.shape), _chunk(array, dtype), False)
    while (box := begun.next_box()) is not None:
        top, bottom, left, right = box
        tile = _dense(array[top:bottom, left:right], dtype)
        begun.give(tile, grid.name, dtype)
        del tile  # or it would be held while the next one is made
    return begun.finish()


def draw_colors(begun: _core.Raster, grid: Grid) -> _core.Pixmap:
    """Draw an array of colours."""
    if hasattr(grid.array, "_chunked"):
        return begun.chunked_colors(grid.array._chunked())
    if grid.one_shot or not _in_memory(grid.array):
        raise UnsupportedData(
            f"{grid.name}: colours are drawn from a CompressedArray, a ZarrArray, or arrays in memory (NumPy, memmap, "
            f"Pillow)"
        )
    array = _lendable(grid.array, grid.name)
    return begun.colors(array, grid.name, array.dtype.str, _mapped(array))


def _draw_strips(begun: _core.Raster, grid: Grid) -> _core.Aggregate:
    import numpy

    first = next(grid.array, None)
    if first is None:
        raise UnsupportedData(f"{grid.name} ended before its first strip")
    strip = numpy.asarray(first)
    dtype = strip.dtype
    rows, columns = grid.shape
    begun.begin(grid.name, _dtype(strip, grid.name), [rows, columns], (rows, columns), True)
    while True:
        strip = strip.reshape(1, -1) if strip.ndim == 1 else strip
        if strip.dtype != dtype:
            raise UnsupportedData(f"{grid.name} gave a strip of {strip.dtype} after those of {dtype}")
        begun.give(_lendable(strip, grid.name), grid.name, strip.dtype.str)
        del strip, first
        first = next(grid.array, None)
        if first is None:
            return begun.finish()
        strip = numpy.asarray(first)


# What an array is


def _is_aggregate(array: Any) -> bool:
    from ._aggregate import Aggregate

    return isinstance(array, Aggregate)


def _is_labelled(array: Any) -> bool:
    """Whether it is an array of xarray, or like one."""
    return hasattr(array, "dims") and hasattr(array, "coords") and hasattr(array, "variable")


def _lazy(array: Any) -> bool:
    """Whether the values of xarray's array are still on disk, or have yet to be computed."""
    return not getattr(array.variable, "_in_memory", True)


def _name(array: Any) -> str:
    name = getattr(array, "name", None)
    return name if isinstance(name, str) and name else type(array).__name__


def _array(array: Any) -> Any:
    if isinstance(array, str | bytes) or hasattr(array, "__fspath__"):
        raise BadArgument(
            f"raster draws arrays; open {array!r} first, for example with numpy.load(path, mmap_mode='r')"
        )
    if hasattr(array, "_chunked"):
        return array  # the core knows its type
    if hasattr(array, "tocsr") and getattr(array, "format", None) != "csr" and not _filled(array):
        array = array.tocsr()  # whose rows are found without looking at all entries
    if hasattr(array, "shape") and hasattr(array, "dtype") and hasattr(array, "__getitem__"):
        return array if not _is_aggregate(array) else array.__array__()
    if not (
        hasattr(array, "__array__")
        or hasattr(array, "__array_interface__")
        or isinstance(array, list | tuple)
        or _core.has_buffer(array)
    ):
        raise UnsupportedData(
            f"cannot draw a {type(array).__name__}; expected an array, something with shape, dtype and slices, or an "
            f"iterator of strips"
        )
    import numpy

    return numpy.asarray(array)


def _filled(array: Any) -> bool:
    """Whether the items of a sparse array that are not stored are something else than 0."""
    return bool(getattr(array, "fill_value", 0) != 0)


def _in_memory(array: Any) -> bool:
    return not _masked(array) and hasattr(array, "__array_interface__")


def _masked(array: Any) -> bool:
    """Whether it is an array of numpy.ma; one without a mask is read like it."""
    return hasattr(array, "mask") and hasattr(array, "filled")


def _dtype(array: Any, name: str) -> str:
    import numpy

    try:
        dtype = numpy.dtype(array.dtype)
    except TypeError:
        raise UnsupportedData(
            f"{name} holds items of type {array.dtype}; an image has real numbers"
        ) from None
    if dtype.kind not in "biuf":
        raise UnsupportedData(f"{name} holds items of type {dtype}; an image has real numbers")
    return str(dtype.str)


def _lendable(array: Any, name: str) -> Any:
    """A NumPy array of numbers that lends its memory."""
    _dtype(array, name)
    if type(array).__module__.partition(".")[0] == "numpy":
        return array
    import numpy

    return numpy.asarray(array)


def _mapped(array: Any) -> bool:
    """Whether its memory is that of a file which others see too: its pages can be let go of and read again."""
    import numpy

    mapping = getattr(array, "_mmap", None)
    if mapping is None or not isinstance(array, numpy.memmap) or array.mode == "c":
        return False
    whole = numpy.frombuffer(mapping, "uint8")
    start = whole.__array_interface__["data"][0]
    return bool(start <= array.__array_interface__["data"][0] < start + whole.size)


def _chunk(array: Any, dtype: str) -> tuple[int, int]:
    """Rows and columns of a chunk, or of a box of some megabytes where the array does not say."""
    rows, columns = (max(1, int(length)) for length in array.shape[:2])
    chunks = getattr(array, "chunks", None)
    if not chunks:
        chunks = (getattr(array, "encoding", None) or {}).get("chunksizes")
    try:
        if chunks and len(chunks) >= 2:  # one size for each axis, or all sizes of each axis
            high, wide = (int(chunk if isinstance(chunk, int) else max(chunk)) for chunk in chunks[:2])
            return max(1, high), max(1, wide)
    except TypeError:
        pass
    import numpy

    row_bytes = columns * numpy.dtype(dtype).itemsize
    return max(1, min(rows, BOX // row_bytes)), columns


def _dense(box: Any, dtype: str) -> Any:
    """A box of any array as one of NumPy's."""
    import numpy

    if _masked(box):
        return box.astype(dtype).filled(numpy.nan)
    for name in ("todense", "toarray"):  # of sparse arrays
        if not hasattr(box, "__array_interface__") and hasattr(box, name):
            box = getattr(box, name)()
    return numpy.asarray(box).astype(dtype, copy=False)


# Where it lies


def _shape(value: Any) -> tuple[int, ...]:
    try:
        rows, columns = value
    except (TypeError, ValueError):
        raise BadArgument(f"shape must be (rows, columns), not {value!r}") from None
    return _arguments.whole(rows, "shape", 1), _arguments.whole(columns, "shape", 1)


def _extent(value: Any) -> Iterator[float]:
    try:
        left, right, bottom, top = value
    except (TypeError, ValueError):
        raise BadArgument(f"extent must be (left, right, bottom, top), not {value!r}") from None
    found = [_arguments.number(edge, "extent") for edge in (left, right, bottom, top)]
    if found[0] == found[1] or found[2] == found[3] or not all(abs(edge) < float("inf") for edge in found):
        raise BadArgument(
            f"extent must be four finite numbers, left and right, bottom and top apart, not {value!r}"
        )
    return iter(found)


def _edges(array: Any, place: int) -> _Edges | None:
    """The outer edges of an axis of xarray, from the coordinates of its items; None if it has none."""
    dim = array.dims[place] if place < len(array.dims) else None
    if dim not in array.coords:
        return None
    import numpy

    centres = numpy.asarray(array.coords[dim].values)
    if centres.dtype.kind not in "iuf":
        raise UnsupportedData(
            f"the coordinates {dim!r} are {centres.dtype}; numbers are needed: give extent=(left, right, bottom, top)"
        )
    centres = centres.astype(float)
    if centres.size == 1:
        return float(centres[0]) - 0.5, float(centres[0]) + 0.5
    step = (centres[-1] - centres[0]) / (centres.size - 1)
    even = numpy.linspace(centres[0], centres[-1], centres.size)
    if not abs(step) > 0 or not bool(numpy.all(numpy.abs(centres - even) <= SLACK * abs(step))):
        raise UnsupportedData(
            f"the coordinates {dim!r} are not evenly spaced; give extent=(left, right, bottom, top) to draw them as if"
        )
    return float(centres[0] - step / 2), float(centres[-1] + step / 2)


def _range(value: Any, name: str, edges: _Edges) -> _Edges:
    if value is None:
        return min(edges), max(edges)
    try:
        start, end = value
    except (TypeError, ValueError):
        raise BadArgument(f"{name} must be (start, end), not {value!r}") from None
    return _arguments.number(start, name), _arguments.number(end, name)
