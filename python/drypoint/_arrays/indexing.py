"""NumPy's indexing over an array of chunks: what an index means, and which boxes have to be read or written for it.

Integers and slices become one selection. Arrays of integers and masks become points, sorted by the chunk that they lie
in, so that each chunk is read once however the points are scattered.
"""

from __future__ import annotations

import itertools
import operator

from .._late import Late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    import numpy as np

    _Array = np.ndarray[Any, Any]
    #: Reads every step-th item from a start on: (start, step, count) along each axis.
    _Read = Callable[[list[int], list[int], list[int]], _Array]
    #: Writes an array where `Read` would read it.
    _Write = Callable[[list[int], list[int], list[int], _Array], None]
else:
    np = Late("numpy")

__all__ = ["Basic", "Mask", "Points", "parsed", "row_bands"]

#: Boxes that points are taken from, and bands that a mask is applied to, are kept below this many bytes.
BOX_BYTES = 8_000_000

_PLAIN = (int, slice)

_ALLOWED = (
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid "
    "indices"
)


def parsed(index: Any, shape: tuple[int, ...]) -> Basic | Points | Mask:
    """What an index of an array of this shape asks for.

    Raises
    ------
    IndexError
        For what NumPy refuses, in its words.
    """
    given = index if isinstance(index, tuple) else (index,)
    if len(given) <= len(shape) and all(type(part) in _PLAIN for part in given):
        # The usual case, which need not be looked at part by part.
        plain = [
            (axis, part if type(part) is slice else _inside(part, axis, shape[axis]))
            for axis, part in enumerate(given + (slice(None),) * (len(shape) - len(given)))
        ]
        return Basic(plain, shape, False)
    entries = [_entry(part) for part in given]
    if (
        len(entries) == 1
        and isinstance(entries[0], np.ndarray)
        and entries[0].dtype == bool
        and entries[0].ndim
    ):
        mask = entries[0]
        _fit_mask(mask, 0, shape, 1)
        return Mask(mask, shape)
    has_ellipsis = sum(part is Ellipsis for part in entries)
    if has_ellipsis > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    used = sum(_axes_of(part) for part in entries)
    if used > len(shape):
        raise IndexError(
            f"too many indices for array: array is {len(shape)}-dimensional, but {used} were indexed"
        )
    rest = len(shape) - used
    if not has_ellipsis:
        entries.append(Ellipsis)
    place = next(number for number, part in enumerate(entries) if part is Ellipsis)
    # An ellipsis stands between arrays even where it stands for no axis.
    filled: list[Any] = [*entries[:place], Gap(), *([slice(None)] * rest), *entries[place + 1 :]]
    expanded: list[tuple[int | None, Any]] = []
    axis = 0
    for part in filled:
        if isinstance(part, Gap):
            expanded.append((None, part))
        elif part is None:
            expanded.append((None, None))
        elif isinstance(part, np.ndarray) and part.dtype == bool:
            if part.ndim == 0:
                expanded.append((None, np.zeros(int(part), np.intp)))
            else:
                _fit_mask(part, axis, shape, used)
                for found in part.nonzero():
                    expanded.append((axis, found))
                    axis += 1
        else:
            if isinstance(part, slice):
                expanded.append((axis, part))
            elif isinstance(part, np.ndarray):
                expanded.append((axis, _wrapped(part, axis, shape[axis])))
            else:
                expanded.append((axis, _inside(part, axis, shape[axis])))
            axis += 1
    if any(isinstance(part, np.ndarray) for _, part in expanded):
        return Points(expanded, shape)
    return Basic(expanded, shape, bool(has_ellipsis))


class Gap:
    """Where an ellipsis was."""


def _entry(part: Any) -> Any:
    """One part of an index as an int, a slice, None, Ellipsis, or an array of integers or truth values."""
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if isinstance(part, bool | np.bool_):
        return np.array(bool(part))
    if isinstance(part, np.ndarray) or not hasattr(part, "__index__"):
        if isinstance(part, str | bytes):
            raise IndexError(_ALLOWED)
        array = np.asarray(part)
        if array.size == 0 and not isinstance(part, np.ndarray):
            array = array.astype(np.intp)
        if array.dtype == bool:
            return array
        if array.dtype.kind not in "iu":
            raise IndexError(
                _ALLOWED if array.ndim == 0 else "arrays used as indices must be of integer (or boolean) type"
            )
        return int(array) if array.ndim == 0 else array.astype(np.intp, copy=False)
    return operator.index(part)


def _axes_of(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == bool else 1


def _fit_mask(mask: _Array, first: int, shape: tuple[int, ...], used: int) -> None:
    if first + mask.ndim > len(shape):
        used = max(used, first + mask.ndim)
        raise IndexError(
            f"too many indices for array: array is {len(shape)}-dimensional, but {used} were indexed"
        )
    for place, length in enumerate(mask.shape):
        axis = first + place
        if length and length != shape[axis]:  # NumPy lets empty ones pass
            raise IndexError(
                f"boolean index did not match indexed array along axis {axis}; size of axis is {shape[axis]} but size "
                f"of corresponding boolean axis is {length}"
            )


def _inside(index: int, axis: int, size: int) -> int:
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for axis {axis} with size {size}")
    return index + size if index < 0 else index


def _wrapped(indices: _Array, axis: int, size: int) -> _Array:
    if indices.size:
        for extreme in (indices.min(), indices.max()):
            _inside(int(extreme), axis, size)
    return np.where(indices < 0, indices + size, indices)


class _Slice:
    """A slice as items counted upwards, and whether it goes down."""

    __slots__ = ("count", "down", "start", "step")

    def __init__(self, part: slice, size: int) -> None:
        start, stop, step = part.indices(size)
        self.count = len(range(start, stop, step))
        self.down = step < 0
        if self.down and self.count:
            start += (self.count - 1) * step
        self.start = start if self.count else 0
        self.step = abs(step) if self.count > 1 else 1


class Basic:
    """Integers, slices and new axes: one selection.

    Attributes
    ----------
    shape : tuple of int
        Of the result.
    start, step, count : list of int
        Along each axis of the array.
    """

    def __init__(
        self, expanded: Sequence[tuple[int | None, Any]], shape: tuple[int, ...], keeps_array: bool
    ) -> None:
        self.start: list[int] = []
        self.step: list[int] = []
        self.count: list[int] = []
        #: Turns what was selected into the result, and a value into what is assigned.
        self._after: list[Any] = []
        self._before: list[Any] = []
        result: list[int] = []
        for axis, part in expanded:
            if isinstance(part, Gap):
                continue
            if part is None:
                self._after.append(None)
                self._before.append(0)
                result.append(1)
                continue
            assert axis is not None
            if isinstance(part, slice):
                found = _Slice(part, shape[axis])
                turn = slice(None, None, -1) if found.down else slice(None)
                self._after.append(turn)
                self._before.append(turn)
                result.append(found.count)
                self.start.append(found.start)
                self.step.append(found.step)
                self.count.append(found.count)
            else:
                self._after.append(0)
                self._before.append(None)
                self.start.append(part)
                self.step.append(1)
                self.count.append(1)
        if keeps_array:
            self._after.append(Ellipsis)
        self.shape = tuple(result)

    @property
    def is_plain(self) -> bool:
        """Whether the selection is the result as it is."""
        return all(
            (isinstance(part, slice) and part.step is None) or part is Ellipsis for part in self._after
        )

    def read(self, read: _Read) -> Any:
        """The result: an array, or one item where all are integers."""
        return read(self.start, self.step, self.count)[tuple(self._after)]

    def write(self, _read: _Read, write: _Write, value: _Array) -> None:
        """Assign an array that has the result's shape."""
        write(self.start, self.step, self.count, value[(*self._before, ...)])


class Points:
    """Arrays of integers, with integers, slices and new axes among them."""

    def __init__(self, expanded: list[tuple[int | None, Any]], shape: tuple[int, ...]) -> None:
        chosen = [part for _, part in expanded if isinstance(part, np.ndarray | int)]
        try:
            self._points = np.broadcast_shapes(*(np.shape(part) for part in chosen))
        except ValueError:
            shapes = " ".join(str(np.shape(part)) for part in chosen)
            raise IndexError(
                f"shape mismatch: indexing arrays could not be broadcast together with shapes {shapes}"
            ) from None
        self._axes: list[int] = []
        self._indices: list[_Array] = []
        self._slices: dict[int, _Slice] = {}
        others: list[int] = []
        runs = 0
        within = False
        first = 0
        for axis, part in expanded:
            if isinstance(part, np.ndarray | int):
                if not within:
                    runs += 1
                    first = len(others) if runs == 1 else 0
                within = True
                if axis is not None:
                    self._axes.append(axis)
                    self._indices.append(np.broadcast_to(part, self._points).reshape(-1))
                continue
            within = False
            if isinstance(part, slice):
                assert axis is not None
                self._slices[axis] = _Slice(part, shape[axis])
                others.append(self._slices[axis].count)
            elif part is None:
                others.append(1)
        #: Where the axes of the points come in the result.
        self._place = first
        self._others = tuple(others)
        self._plain = tuple(found.count for found in self._slices.values())
        self.shape = (*others[:first], *self._points, *others[first:])

    def _groups(
        self, chunks: tuple[int, ...]
    ) -> Iterator[tuple[_Array, list[int], list[int], tuple[Any, ...]]]:
        """The points of each chunk: their numbers, the box around them, and their places in it."""
        count = int(np.prod(self._points, dtype=np.int64))
        if count == 0:
            return
        if not self._axes:  # only truth values: all points are the whole
            yield np.arange(count), [], [], ()
            return
        code = np.zeros(count, np.int64)
        for axis, indices in zip(self._axes, self._indices, strict=True):
            own = indices // chunks[axis]
            # Numbers of chunks that have points, so that the code stays small whatever the shape.
            _, own = np.unique(own, return_inverse=True)
            code = code * (int(own.max()) + 1) + own.reshape(-1)
        order = np.argsort(code, kind="stable")
        ends = np.flatnonzero(np.diff(code[order])) + 1
        for numbers in np.split(order, ends):
            here = [indices[numbers] for indices in self._indices]
            low = [int(places.min()) for places in here]
            high = [int(places.max()) for places in here]
            inside = tuple(places - least for places, least in zip(here, low, strict=True))
            yield numbers, low, [most - least + 1 for least, most in zip(low, high, strict=True)], inside

    def _pieces(
        self, points: int, item_bytes: int, chunks: tuple[int, ...]
    ) -> Iterator[list[tuple[int, int]]]:
        """Parts of the slices, (first, count) for each, such that a box over one is not too large."""
        room = max(1, BOX_BYTES // max(1, points * item_bytes))
        parts: list[list[tuple[int, int]]] = []
        for axis, found in reversed(self._slices.items()):
            whole = max(1, chunks[axis] // found.step)
            each = found.count if found.count <= room else max(whole, room // whole * whole)
            parts.append([(at, min(each, found.count - at)) for at in range(0, found.count, max(1, each))])
            room = max(1, room // max(1, min(each, found.count)))
        for piece in itertools.product(*reversed(parts)):
            yield list(piece)

    def _boxes(
        self, chunks: tuple[int, ...], item_bytes: int
    ) -> Iterator[tuple[list[int], list[int], list[int], tuple[Any, ...], tuple[Any, ...]]]:
        """Selections that together have all points: start, step, count, the places in it, those in the result."""
        dimensions = len(self._axes) + len(self._slices)
        if 0 in self._plain:
            return
        for numbers, low, extent, inside in self._groups(chunks):
            for piece in self._pieces(int(np.prod(extent, dtype=np.int64)), item_bytes, chunks):
                start, step, count = [0] * dimensions, [1] * dimensions, [0] * dimensions
                for axis, least, length in zip(self._axes, low, extent, strict=True):
                    start[axis], count[axis] = least, length
                for (axis, found), (at, length) in zip(self._slices.items(), piece, strict=True):
                    start[axis] = found.start + at * found.step
                    step[axis], count[axis] = found.step, length
                outside = (numbers, *(slice(at, at + length) for at, length in piece))
                yield start, step, count, inside, outside

    def _turned(self, box: _Array) -> _Array:
        """A box with the points' axes first, as a view."""
        return box.transpose([*self._axes, *self._slices])

    def _downwards(self) -> tuple[slice, ...]:
        return tuple(slice(None, None, -1 if found.down else 1) for found in self._slices.values())

    def read(self, read: _Read, make: Callable[[tuple[int, ...]], _Array], chunks: tuple[int, ...]) -> _Array:
        """The result, in an array that `make` makes."""
        count = int(np.prod(self._points, dtype=np.int64))
        result = make((count, *self._plain))
        for start, step, extent, inside, outside in self._boxes(chunks, result.dtype.itemsize):
            result[outside] = self._turned(read(start, step, extent))[inside]
        result = result[(slice(None), *self._downwards())].reshape(self._points + self._others)
        ends = len(self._points)
        return np.moveaxis(result, range(ends), range(self._place, self._place + ends))

    def write(self, read: _Read, write: _Write, value: _Array, chunks: tuple[int, ...]) -> None:
        """Assign an array that has the result's shape; of equal points the last one counts."""
        ends = len(self._points)
        value = np.moveaxis(value, range(self._place, self._place + ends), range(ends))
        count = int(np.prod(self._points, dtype=np.int64))
        value = value.reshape((count, *self._plain))[(slice(None), *self._downwards())]
        for start, step, extent, inside, outside in self._boxes(chunks, value.dtype.itemsize):
            box = read(start, step, extent)
            if self._axes:
                self._turned(box)[inside] = value[outside]
            else:
                self._turned(box)[...] = value[outside][-1]
            write(start, step, extent, box)


class Mask:
    """Truth values for the first axes, and nothing else: gone through in bands, so that no list of points is made."""

    def __init__(self, mask: _Array, shape: tuple[int, ...]) -> None:
        self._mask = mask
        self._whole = shape
        self.shape = (int(np.count_nonzero(mask)), *shape[mask.ndim :])

    def _bands(
        self, chunks: tuple[int, ...], item_bytes: int
    ) -> Iterator[tuple[list[int], list[int], _Array, slice]]:
        done = 0
        for first, rows in row_bands(self._whole, chunks, item_bytes):
            mask = self._mask[first : first + rows]
            found = int(np.count_nonzero(mask))
            if found:
                start = [first, *(0 for _ in self._whole[1:])]
                yield start, [rows, *self._whole[1:]], mask, slice(done, done + found)
            done += found

    def read(self, read: _Read, make: Callable[[tuple[int, ...]], _Array], chunks: tuple[int, ...]) -> _Array:
        """The result, in an array that `make` makes."""
        result = make(self.shape)
        if result.size:
            for start, count, mask, where in self._bands(chunks, result.dtype.itemsize):
                result[where] = read(start, [1] * len(start), count)[mask]
        return result

    def write(self, read: _Read, write: _Write, value: _Array, chunks: tuple[int, ...]) -> None:
        """Assign an array that has the result's shape."""
        if value.size:
            for start, count, mask, where in self._bands(chunks, value.dtype.itemsize):
                band = read(start, [1] * len(start), count)
                band[mask] = value[where]
                write(start, [1] * len(start), count, band)


def row_bands(shape: tuple[int, ...], chunks: tuple[int, ...], item_bytes: int) -> Iterator[tuple[int, int]]:
    """Rows in bands, (first, count): a row of chunks each, or fewer rows where that is a lot."""
    row = item_bytes * int(np.prod(shape[1:], dtype=np.int64))
    most = max(1, BOX_BYTES // max(1, row))
    whole = chunks[0] if chunks[0] > most else most // chunks[0] * chunks[0]
    for first in range(0, shape[0], whole):
        for at in range(first, min(first + whole, shape[0]), most):
            yield at, min(most, first + whole - at, shape[0] - at)
