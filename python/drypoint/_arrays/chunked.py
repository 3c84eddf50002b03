"""What all arrays that are read chunk by chunk have in common: NumPy's attributes, indexing, iteration, reductions."""

from __future__ import annotations

import math
from abc import abstractmethod

from .._card import Card
from .._closing import Closing
from .._late import Late
from .._lifetime.reuse import empty
from .indexing import Basic, parsed, row_bands
from .reductions import Reductions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import numpy as np
    from numpy.typing import DTypeLike

    from .. import _core

    _Array = np.ndarray[Any, Any]
else:
    np = Late("numpy")

__all__ = ["ChunkedArray"]


class ChunkedArray(Reductions, Card, Closing):
    """An array that gives any selection of itself. Its kinds say where its chunks are."""

    # NumPy's operators leave the choice to this class, which has none: ``array[...]`` says that all of it is wanted.
    __hash__ = object.__hash__

    @property
    @abstractmethod
    def chunks(self) -> tuple[int, ...]:
        """Items of a chunk along each axis."""

    @abstractmethod
    def _chunked(self) -> _core.Chunked:
        """The array for the core."""

    @abstractmethod
    def _select(
        self, start: list[int], step: list[int], count: list[int], out: _Array, threads: int | None
    ) -> None:
        """Fill contiguous bytes with every ``step``-th item from ``start`` on, ``count`` along each axis."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of items."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that the items would take in a NumPy array."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __bool__(self) -> bool:
        if self.size == 1:
            return bool(self[(0,) * self.ndim])
        raise ValueError(
            f"the truth value of an array of {self.size} items is not defined; use any() or all(), or compare its size"
        )

    def _read(
        self, start: list[int], step: list[int], count: list[int], threads: int | None = None
    ) -> _Array:
        out = empty(tuple(count), self.dtype)
        if out.size:
            self._select(start, step, count, out.reshape(-1).view(np.uint8), threads)
        return out

    def _make(self, shape: tuple[int, ...]) -> _Array:
        return empty(shape, self.dtype)

    def __getitem__(self, index: Any) -> Any:
        self._check_open()
        asked = parsed(index, self.shape)
        if isinstance(asked, Basic):
            return asked.read(self._read)
        return asked.read(self._read, self._make, self.chunks)

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        self._check_open()
        return self._rows()

    def _rows(self) -> Iterator[Any]:
        shape = self.shape
        for first, rows in row_bands(shape, self.chunks, self.dtype.itemsize):
            start = [first, *(0 for _ in shape[1:])]
            band = self._read(start, [1] * len(shape), [rows, *shape[1:]])
            for row in band:
                # A copy: whoever keeps one row should not keep the band.
                yield row.copy() if len(shape) > 1 else row

    def iter_chunks(self) -> Iterator[tuple[tuple[slice, ...], _Array]]:
        """Each chunk once, in C order.

        Yields
        ------
        index : tuple of slice
            Where the chunk is: ``array[index]`` gives the same items.
        items : numpy.ndarray
            The chunk, which is the caller's own; the chunks at the far edges may be smaller.

        Raises
        ------
        ClosedError
            After `close`.
        """
        self._check_open()
        return self._pieces()

    def _pieces(self) -> Iterator[tuple[tuple[slice, ...], _Array]]:
        shape, chunks = self.shape, self.chunks
        places = [range(0, length, chunk) for length, chunk in zip(shape, chunks, strict=True)]
        for start in _product(places):
            count = [min(chunk, length - at) for at, chunk, length in zip(start, chunks, shape, strict=True)]
            index = tuple(slice(at, at + length) for at, length in zip(start, count, strict=True))
            yield index, self._read(start, [1] * len(start), count)

    def read(self, out: _Array | None = None, threads: int | None = None) -> _Array:
        """All items.

        Parameters
        ----------
        out : numpy.ndarray, optional
            Where to put them: contiguous, of this shape and type. By default an array from the pool.
        threads : int, optional
            How many threads decode; all cores by default.

        Returns
        -------
        numpy.ndarray
            ``out``, or the new array.

        Raises
        ------
        BadArgument
            If ``out`` is not such an array.
        BudgetExceeded
            If a chunk on its way does not fit into the budget.
        ClosedError
            After `close`.
        """
        from .. import _arguments
        from .._errors import BadArgument

        self._check_open()
        threads = _arguments.optional(_arguments.whole, threads, "threads", 1)
        start, step, count = [0] * self.ndim, [1] * self.ndim, list(self.shape)
        if out is None:
            return self._read(start, step, count, threads)
        if not isinstance(out, np.ndarray) or out.shape != self.shape or out.dtype != self.dtype:
            given = f"{out.dtype} of shape {out.shape}" if isinstance(out, np.ndarray) else repr(out)
            raise BadArgument(f"out must be an array of {self.dtype} of shape {self.shape}, not {given}")
        if not (out.flags.c_contiguous and out.flags.writeable):
            raise BadArgument("out must be contiguous (in C order) and writeable")
        if out.size:
            self._select(start, step, count, out.reshape(-1).view(np.uint8), threads)
        return out

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> _Array:
        if copy is False:
            raise ValueError(
                f"a {type(self).__name__} has no array to show without a copy: its items are decoded into a new one"
            )
        items: _Array = self.read()
        return items if dtype is None or items.dtype == dtype else items.astype(dtype)


def _product(places: list[range]) -> Iterator[list[int]]:
    import itertools

    for start in itertools.product(*places):
        yield list(start)
