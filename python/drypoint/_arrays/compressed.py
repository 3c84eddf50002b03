"""Arrays in memory that take a fraction of their size."""

from __future__ import annotations

import threading

import numpy as np

from .. import _arguments, _core
from .._card import Facts
from .._errors import BadArgument, CorruptData
from .._memory import _readable
from .chunked import ChunkedArray
from .indexing import Basic, parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import Any

    from numpy.typing import DTypeLike

    _Array = np.ndarray[Any, Any]

__all__ = ["CompressedArray"]

#: The layout of a pickled array, described in ``docs/formats/pickled-arrays.md``.
PICKLED = 1


class CompressedArray(ChunkedArray):
    """An array of any number of axes in encoded chunks; made by `compress`.

    It is indexed, assigned to, iterated and reduced like a NumPy array; what comes out are NumPy arrays, new ones, in
    memory from the pool. Arithmetic is NumPy's: take what is needed, ``array[...]`` for all, or let ``np.add`` and its
    like do so. Readers and writers may be in many threads; an assignment is whole for each chunk.

    Attributes
    ----------
    shape : tuple of int
        Items along each axis.
    dtype : numpy.dtype
        Type of the items.
    ndim, size, nbytes : int
        Number of axes, of items, and of the bytes that the items would take in a NumPy array.
    nbytes_stored : int
        Bytes of the encoded chunks, in memory or spilled.
    ratio : float
        ``nbytes / nbytes_stored``.
    chunks : tuple of int
        Items of a chunk along each axis.
    codec : str
        How most chunks are encoded; ``"constant"`` where each is one item throughout.
    max_error : float or None
        By how much floating items may differ from what was given; None where they are exact.
    closed : bool
        Whether `close` was called.
    """

    def __init__(self, core: _core.CompressedArray) -> None:
        if not isinstance(core, _core.CompressedArray):
            raise BadArgument("a CompressedArray is made by compress()")
        self._core: _core.CompressedArray | None = core
        self._dtype = np.dtype(core.dtype)
        # Only for assignments that read before they write; the core orders all others.
        self._writing = threading.RLock()

    def _open(self) -> _core.CompressedArray:
        core = self._core
        if core is None:
            self._check_open()
            raise AssertionError
        return core

    @property
    def shape(self) -> tuple[int, ...]:
        """Items along each axis."""
        return tuple(self._open().shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the items."""
        return self._dtype

    @property
    def chunks(self) -> tuple[int, ...]:
        """Items of a chunk along each axis."""
        return tuple(self._open().chunks)

    @property
    def nbytes_stored(self) -> int:
        """Bytes of the encoded chunks, in memory or spilled."""
        return self._open().nbytes_stored

    @property
    def ratio(self) -> float:
        """Bytes of the items over bytes of the encoded chunks; 1 where there are no items."""
        stored = self.nbytes_stored
        return self.nbytes / stored if stored else 1.0

    @property
    def codec(self) -> str:
        """How most chunks are encoded."""
        return self._open().codec or "constant"

    @property
    def max_error(self) -> float | None:
        """By how much floating items may differ from what was given."""
        return self._open().max_error

    def _chunked(self) -> _core.Chunked:
        return self._open().chunked()

    def _select(
        self, start: list[int], step: list[int], count: list[int], out: _Array, threads: int | None
    ) -> None:
        self._open().select(start, step, count, out, threads)

    def _write(self, start: list[int], step: list[int], count: list[int], value: _Array) -> None:
        if value.size:
            self._open().assign(start, step, count, _strided(value, self.dtype), None)

    def __setitem__(self, index: Any, value: Any) -> None:
        core = self._open()
        asked = parsed(index, self.shape)
        if isinstance(asked, Basic) and asked.is_plain and self._same(value, asked.shape):
            if value.size:
                core.assign(asked.start, asked.step, asked.count, value._chunked(), None)
            return
        given = np.asarray(value)
        if given.dtype != self.dtype:
            # As NumPy assigns: numbers are cast, text is cut.
            cast = np.empty(given.shape, self.dtype)
            cast[...] = given
            given = cast
        given = _broadcast(given, asked.shape)
        if isinstance(asked, Basic):
            asked.write(self._read, self._write, given)
            return
        with self._writing:
            asked.write(self._read, self._write, given, self.chunks)

    def _same(self, value: Any, shape: tuple[int, ...]) -> bool:
        """Whether a value is an array of chunks that can be taken as it is."""
        return isinstance(value, ChunkedArray) and value.shape == shape and value.dtype == self.dtype

    def astype(self, dtype: DTypeLike, codec: str = "auto") -> CompressedArray:
        """The same items as another type, converted chunk by chunk.

        Parameters
        ----------
        dtype : data-type
            The new type.
        codec : str
            As for `compress`.

        Returns
        -------
        CompressedArray
            A new array with the same chunks.

        Raises
        ------
        UnsupportedData
            For objects and structures.
        BudgetExceeded
            If it does not fit into the budget.
        """
        from .compress import checked_codec, checked_type

        core = self._open()
        new = np.dtype(dtype)
        if new.itemsize == 0:  # text of a length that depends on the items
            new = np.empty(0, self.dtype).astype(new).dtype
        checked_type(new, "the new type")
        made = _core.filled_array(
            new.str, core.shape, core.chunks, checked_codec(codec, new), None, bytes(new.itemsize)
        )
        for index, items in self.iter_chunks():
            start = [part.start for part in index]
            made.assign(start, [1] * len(start), list(items.shape), _strided(items.astype(new), new), None)
        return CompressedArray(made)

    def to_zarr(self, path: str | PathLike[str], **options: Any) -> None:
        """Write it as Zarr version 3, chunk by chunk.

        Parameters
        ----------
        path : str or path
            The folder that it will be; it appears when all of it is written.
        **options
            As for `write_zarr`: ``chunks``, ``shards``, ``codec``, ``attributes``, ``overwrite`` and others.

        Returns
        -------
        None

        Raises
        ------
        OutputError
            If something is there already, or the disk is full.
        ClosedError
            After `close`.

        Examples
        --------
        >>> import drypoint as dp
        >>> import os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "numbers.zarr")
        ...     dp.compress(range(1000)).to_zarr(path)
        ...     print(dp.open_zarr(path)[::250])
        [  0 250 500 750]
        """
        from .write_zarr import write_zarr

        self._check_open()
        write_zarr(path, self, **options)

    def copy(self) -> CompressedArray:
        """An array of the same items that can be assigned to on its own.

        Returns
        -------
        CompressedArray
            Chunks are shared until one of the two assigns to them, so this costs next to nothing.
        """
        return CompressedArray(self._open().share())

    __copy__ = copy

    def __deepcopy__(self, _memo: Any) -> CompressedArray:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        core = self._open()
        chunks: list[tuple[str | None, bytes]] = []
        while (stored := core.export(len(chunks))) is not None:
            chunks.append(stored)
        told = {
            "dtype": core.dtype,
            "shape": tuple(core.shape),
            "chunks": tuple(core.chunks),
            "codec": core.codec_asked,
            "max_error": core.max_error,
        }
        return restored, (PICKLED, told, chunks)

    def close(self) -> None:
        """Free the chunks at once. Calling it again does nothing."""
        self._core = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._core is None

    def __repr__(self) -> str:
        if self.closed:
            return "<CompressedArray closed>"
        error = "" if self.max_error is None else f", max_error={self.max_error:g}"
        return (
            f"<CompressedArray shape={self.shape} dtype={self.dtype} codec={self.codec!r}{error} chunks={self.chunks} "
            f"{_readable(self.nbytes).strip()} in {_readable(self.nbytes_stored).strip()} (ratio {self.ratio:.4g})>"
        )

    def _facts(self) -> Facts:
        facts = {
            "shape": self.shape,
            "dtype": self.dtype,
            "codec": self.codec,
            "chunks": self.chunks,
            "items": _readable(self.nbytes).strip(),
            "stored": f"{_readable(self.nbytes_stored).strip()} (ratio {self.ratio:.4g})",
            "max_error": None if self.max_error is None else f"{self.max_error:g}",
        }
        return Facts("CompressedArray", facts)


def restored(version: int, told: dict[str, Any], chunks: list[tuple[str | None, bytes]]) -> CompressedArray:
    """A pickled array.

    Raises
    ------
    CorruptData
        If it was written by a later version, or is not what was written.
    """
    if version != PICKLED:
        raise CorruptData(
            f"a pickled CompressedArray of version {version!r}; this Drypoint reads version {PICKLED}"
        )
    try:
        core = _core.import_chunks(
            told["dtype"], told["shape"], told["chunks"], told["codec"], told["max_error"], chunks
        )
    except (KeyError, TypeError, OverflowError, BadArgument) as error:
        raise CorruptData(f"a pickled CompressedArray that is damaged: {error}") from None
    return CompressedArray(core)


def _broadcast(value: _Array, shape: tuple[int, ...]) -> _Array:
    """A value as an array of a shape, not copied. Axes of length 1 in front may be too many, as NumPy has it."""
    given = value
    while value.ndim > len(shape) and value.shape[0] == 1:
        value = value[0]
    try:
        return np.broadcast_to(value, shape)
    except ValueError:
        raise ValueError(
            f"could not broadcast input array from shape {given.shape} into shape {shape}"
        ) from None


def _strided(array: _Array, dtype: np.dtype[Any], name: str = "array") -> _core.Chunked:
    """NumPy's memory for the core. Instants refuse the buffer protocol, their integers do not."""
    lent = array.view(f"{dtype.str[0]}i8") if dtype.kind in "mM" else array
    return _core.strided_array(name, dtype.str, lent if lent.ndim else lent.reshape(1), lent.ndim)


def _threads(threads: Any) -> int | None:
    return _arguments.optional(_arguments.whole, threads, "threads", 1)
