"""Arrays of which chunks are reduced one after the other, and where what a chunk gives belongs."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .._late import Late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import numpy as np
    from numpy.typing import DTypeLike

    _Array = np.ndarray[Any, Any]
    _Axis = int | tuple[int, ...] | None
else:
    np = Late("numpy")

__all__ = ["Reduced", "Reducible"]


class Reducible(ABC):
    """What a reduction needs of an array, and the fold of sums and products."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Items along each axis."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """Type of the items."""

    @abstractmethod
    def iter_chunks(self) -> Iterator[tuple[tuple[slice, ...], _Array]]:
        """Each chunk's place and items."""

    def _folded(
        self,
        name: str,
        fold: np.ufunc,
        first: int,
        axis: _Axis,
        dtype: DTypeLike | None,
        out: _Array | None,
        keepdims: bool,
    ) -> Any:
        reduce = getattr(np, name)
        kind = reduce(np.empty(0, self.dtype), dtype=dtype).dtype
        # Half and single precision would lose digits from chunk to chunk.
        wide = (
            np.dtype(np.float64)
            if kind.kind == "f"
            else np.dtype(np.complex128)
            if kind.kind == "c"
            else kind
        )
        adds_in = None if kind.kind in "mM" else wide
        whole = Reduced(self.shape, axis)
        found = np.zeros(whole.kept, wide)
        if first:
            found[...] = first
        for place, items in self.iter_chunks():
            where = whole.where(place)
            with np.errstate(over="ignore", invalid="ignore"):
                found[where] = fold(
                    found[where], reduce(items, axis=whole.axes, dtype=adds_in, keepdims=True)
                )
        with np.errstate(over="ignore"):
            return whole.result(found.astype(kind, copy=False), out, keepdims)

    @property
    def _is_empty(self) -> bool:
        return 0 in self.shape

    def _of_nothing(self, name: str, **options: Any) -> Any:
        """What NumPy says of an array of this shape without items, or how it refuses."""
        return getattr(np, name)(np.empty(self.shape, self.dtype), **options)


class Reduced:
    """Which axes of a shape go, and where the results of a chunk belong."""

    def __init__(self, shape: tuple[int, ...], axis: _Axis) -> None:
        dimensions = len(shape)
        if axis is None:
            self.axes = tuple(range(dimensions))
        else:
            given = axis if isinstance(axis, tuple) else (axis,)
            self.axes = np.lib.array_utils.normalize_axis_tuple(given, dimensions)
        self.kept = tuple(1 if axis in self.axes else length for axis, length in enumerate(shape))
        #: Axes that stay.
        self.kept_items = tuple(length for axis, length in enumerate(shape) if axis not in self.axes)
        #: Items of which each result is made.
        self.each = int(np.prod([shape[axis] for axis in self.axes], dtype=np.int64))

    def where(self, place: tuple[slice, ...]) -> tuple[slice, ...]:
        """Where the results of the chunk at a place belong."""
        return tuple(slice(0, 1) if axis in self.axes else part for axis, part in enumerate(place))

    def is_first(self, place: tuple[slice, ...]) -> bool:
        """Whether no chunk with results for the same place came before, chunks coming in C order."""
        return all(place[axis].start == 0 for axis in self.axes)

    def result(self, found: _Array, out: _Array | None, keepdims: bool) -> Any:
        """What the caller sees of results that have kept all axes."""
        if not keepdims:
            found = found.reshape(self.kept_items)
        if out is not None:
            out[...] = found
            return out
        return found if found.ndim else found[()]
