"""Arrays, files and iterators of arrays into `CompressedArray`, never more than a piece of them at a time."""

from __future__ import annotations

import math
import mmap
import os

import numpy as np

from .. import _arguments, _core
from .._errors import (
    BadArgument,
    CorruptData,
    EmptyData,
    SchemaMismatch,
    SourceNotFound,
    UnknownFormat,
    UnsupportedData,
)
from .chunked import ChunkedArray
from .compressed import CompressedArray, _strided, _threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    _Array = np.ndarray[Any, Any]

__all__ = ["checked_codec", "checked_type", "compress"]

#: Rows that wait until there is a chunk of them take no more than this, if a row does not.
WAITING_BYTES = 4_000_000
#: Rows of a mapped file that are looked at before their pages are given back.
MAPPED_BYTES = 4_000_000
#: Chunks of a foreign array that are taken over, in bytes; others are cut anew.
FOREIGN_BYTES = range(32_768, 8_388_609)
#: As many rows as there will ever be.
MANY = 1 << 40


def compress(
    source: Any,
    codec: str = "auto",
    chunks: str | int | tuple[int, ...] = "auto",
    exact: bool = True,
    max_error: float | None = None,
    threads: int | None = None,
) -> CompressedArray:
    """Hold an array in a fraction of its size.

    Parameters
    ----------
    source : array, path, iterator of arrays
        - an array of any shape and any strides: NumPy's (a mapped file is read piece by piece), anything with
          ``__array__``, ``__dlpack__`` or the buffer protocol, what `numpy.asarray` makes of numbers and lists;
        - the path of an ``.npy`` file or of a Zarr array, which is read piece by piece and never held;
        - an array that is read by chunks: `CompressedArray`, `ZarrArray`, those of zarr-python and h5py;
        - an iterator or generator of arrays, which are put one after the other along their first axis. Nothing of a
          piece is held once the next one is asked for.
    codec : str, default "auto"
        ``"auto"`` chooses by type and contents, and looks again where they change. Or one for all chunks: ``"plain"``,
        ``"pco"``, ``"zstd"``, ``"lz4"``, with a level and filters: ``"pco:8"``, ``"zstd:3+shuffle"``,
        ``"lz4+delta+bitshuffle"``.
    chunks : "auto", int or tuple of int, default "auto"
        Items of a chunk along each axis, -1 for all; an int is for the first axis. ``"auto"`` makes chunks of about half
        a megabyte: rows where a row is short, else boxes.
    exact : bool, default True
        Whether every item comes back bit by bit. False needs ``max_error``.
    max_error : float, optional
        With ``exact=False``: floating items may come back different by this much, and no more. Not a number, infinities
        and whatever is too large to be rounded so stay exact.
    threads : int, optional
        How many threads encode; all cores by default.

    Returns
    -------
    CompressedArray
        Of the same shape and type.

    Raises
    ------
    BadArgument
        For an unknown codec, chunks that do not fit, or ``exact`` and ``max_error`` that contradict each other.
    UnsupportedData
        For objects, structures, masked arrays and long doubles.
    SchemaMismatch
        If pieces do not agree in type or in the shape of their rows.
    EmptyData
        If an iterator yields nothing.
    SourceNotFound, CorruptData, UnknownFormat
        If a file cannot be read.
    BudgetExceeded
        If the chunks fit neither into the budget nor on the disk; see `set_spill`.

    Notes
    -----
    Costs the time of the codec, and meanwhile a chunk for each thread beside the result.

    Examples
    --------
    >>> import drypoint as dp
    >>> import numpy as np
    >>> ticks = dp.compress(np.arange(1_000_000))
    >>> ticks[10:13]
    array([10, 11, 12])
    >>> ticks.ratio > 20
    True
    >>> walk = dp.compress(np.cumsum(part) for part in [np.ones(1000), np.ones(500)])
    >>> walk.shape, float(walk.max())
    ((1500,), 1000.0)
    """
    settings = Settings(codec, chunks, exact, max_error, _threads(threads))
    if type(source).__module__.partition(".")[0] == "zarr":
        from .zarr import taken_over

        ours = taken_over(source)
        source = source if ours is None else ours
    if isinstance(source, ChunkedArray):
        return settings.of_chunked(source._chunked(), source.dtype, source.shape, source.chunks)
    if isinstance(source, str | os.PathLike):
        return _of_path(_arguments.path(source, "source"), settings)
    if isinstance(source, np.memmap):
        return _of_mapped(source, settings)
    if isinstance(source, np.ndarray):
        return _of_array(source, settings)
    if _is_foreign(source):
        return _of_foreign(source, settings)
    if hasattr(source, "__next__"):
        return _of_pieces(source, getattr(source, "__name__", type(source).__name__), settings)
    if _is_array_like(source):
        return _of_array(_as_array(source), settings)
    if hasattr(source, "__iter__") and not isinstance(source, str | dict | set | frozenset):
        return _of_pieces(iter(source), type(source).__name__, settings)
    raise UnknownFormat(
        f"cannot compress a {type(source).__name__}; expected an array, the path of an .npy file or a Zarr array, or "
        f"an iterator of arrays"
    )


class Settings:
    """How to encode, checked as far as it can be without the array."""

    def __init__(self, codec: Any, chunks: Any, exact: Any, max_error: Any, threads: int | None) -> None:
        self.threads = threads
        self._codec = _arguments.text(codec, "codec")
        self._chunks = chunks
        exact = _arguments.flag(exact, "exact")
        if max_error is None:
            if not exact:
                raise BadArgument("exact=False needs max_error: by how much may an item differ?")
            self.max_error = None
            return
        self.max_error = _arguments.number(max_error, "max_error")
        if exact:
            raise BadArgument(
                f"max_error={max_error!r} needs exact=False: items are either exact or differ by so much"
            )
        if not 0 < self.max_error < float("inf"):
            raise BadArgument(f"max_error must be a finite number above 0, not {max_error!r}")

    def codec(self, dtype: np.dtype[Any]) -> str | None:
        """The codec for a type, None for the core's choice."""
        if self.max_error is not None and dtype.kind not in "fc":
            raise BadArgument(f"max_error is for floating items; {dtype} is kept exactly: leave exact=True")
        return checked_codec(self._codec, dtype)

    def shape(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], usual: tuple[int, ...] | None = None
    ) -> list[int]:
        """The shape of chunks for an array, `usual` where nothing else was asked for."""
        asked = self._chunks
        if isinstance(asked, str):
            _arguments.choice(asked, "chunks", ["auto"])
            return list(usual) if usual is not None else _core.chunk_shape(list(shape), dtype.itemsize)
        if hasattr(asked, "__index__"):
            if not shape:
                raise BadArgument(f"chunks={asked!r} of an array without axes; expected ()")
            asked = (asked, *([-1] * (len(shape) - 1)))
        try:
            asked = tuple(asked)
        except TypeError:
            raise BadArgument(
                f"chunks must be 'auto', a whole number or a tuple of them, not {asked!r}"
            ) from None
        if len(asked) != len(shape):
            raise BadArgument(f"chunks={asked!r} has {len(asked)} axes, the array has {len(shape)}")
        found = []
        for length, items in zip(asked, shape, strict=True):
            length = _arguments.whole(length, "chunks", -1)
            if length == 0:
                raise BadArgument(
                    f"chunks must be at least 1 along each axis, or -1 for all of it, not {asked!r}"
                )
            found.append(max(1, items) if length == -1 else length)
        return found

    def of_chunked(
        self,
        source: _core.Chunked,
        dtype: np.dtype[Any],
        shape: tuple[int, ...],
        usual: tuple[int, ...] | None = None,
    ) -> CompressedArray:
        """What the core reads by itself."""
        chunks = self.shape(shape, dtype, usual)
        return CompressedArray(
            _core.compress_chunked(source, chunks, self.codec(dtype), self.max_error, self.threads)
        )


def checked_codec(codec: str, dtype: np.dtype[Any]) -> str | None:
    """A codec's name, None for ``"auto"``."""
    return None if codec == "auto" else codec


def checked_type(dtype: np.dtype[Any], what: str) -> None:
    """Refuse items that are no numbers, times, truth values or strings of a fixed length."""
    if dtype.names is not None:
        first = dtype.names[0] if dtype.names else "x"
        raise UnsupportedData(
            f"{what} holds structures ({dtype}); compress each field alone, such as array[{first!r}]"
        )
    if dtype.hasobject or dtype.kind == "T":
        raise UnsupportedData(
            f"{what} holds Python objects ({dtype}); give it a type of fixed size first, such as .astype(float) or "
            f".astype('U16')"
        )
    if dtype.kind not in "biufcmMSU" or dtype.itemsize == 0 or dtype.char in "gG":
        raise UnsupportedData(
            f"{what} holds items of {dtype}; expected truth values, numbers of up to 64 bits, complex ones of up to 128, "
            f"times, or strings of a fixed length"
        )


def _of_array(array: _Array, settings: Settings, name: str = "the array") -> CompressedArray:
    if isinstance(array, np.ma.MaskedArray):
        raise UnsupportedData(f"{name} is masked; fill what is missing first, such as array.filled(0)")
    array = np.asarray(array)
    checked_type(array.dtype, name)
    return settings.of_chunked(_strided(array, array.dtype), array.dtype, array.shape)


def _of_mapped(array: Any, settings: Settings) -> CompressedArray:
    """A mapped file, its pages given back as soon as they were read: they would all stay in memory otherwise."""
    mapping = getattr(array, "_mmap", None)
    # A private mapping may hold changes that are nowhere else.
    if (
        not isinstance(mapping, mmap.mmap)
        or array.mode == "c"
        or array.ndim == 0
        or array.nbytes < MAPPED_BYTES
    ):
        return _of_array(np.asarray(array), settings)
    checked_type(array.dtype, "the mapped array")
    plain = array.view(np.ndarray)
    first = np.frombuffer(mapping, np.uint8, 1).__array_interface__["data"][0]
    row = max(1, plain.nbytes // plain.shape[0])
    growing = Growing(settings, "the mapped array")
    rows = max(1, MAPPED_BYTES // row)
    if (chunk := growing.begin(plain.dtype, plain.shape[1:])) < rows:
        rows = rows // chunk * chunk
    for start in range(0, plain.shape[0], rows):
        band = plain[start : start + rows]
        growing.append(band)
        low, high = np.lib.array_utils.byte_bounds(band)
        at = (low - first) // mmap.PAGESIZE * mmap.PAGESIZE
        if hasattr(mapping, "madvise"):
            mapping.madvise(mmap.MADV_DONTNEED, at, min(high - first, len(mapping)) - at)
    return growing.finish()


def _of_path(path: str, settings: Settings) -> CompressedArray:
    if not path.endswith(".npy") and (os.path.isdir(path) or ".zarr" in path):
        from .zarr import ZarrArray, open_zarr

        with open_zarr(path) as found:
            if not isinstance(found, ZarrArray):
                name = next(iter(found), "name")
                raise UnsupportedData(f"{path} is a group of arrays; expected one, such as group[{name!r}]")
            return settings.of_chunked(found._chunked(), found.dtype, found.shape, found.chunks)
    if not path.endswith(".npy"):
        raise UnknownFormat(f"{path}: unknown format; expected an .npy file or a Zarr array")
    try:
        with open(path, "rb") as file:
            shape, fortran, dtype = _header(file)
            first = file.tell()
    except FileNotFoundError:
        raise SourceNotFound(f"{path} does not exist") from None
    except OSError as error:
        raise SourceNotFound(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise CorruptData(f"{path} is damaged: {error}") from None
    checked_type(dtype, path)
    if min(shape, default=0) < 0:
        raise CorruptData(f"{path} is damaged: its header says shape {shape}")
    expected, there = first + dtype.itemsize * math.prod(shape), os.path.getsize(path)
    if there < expected:
        raise CorruptData(f"{path} is damaged: its header promises {expected} B, there are {there} B")
    strides = []
    step = dtype.itemsize
    for length in shape if fortran else reversed(shape):
        strides.append(step)
        step *= length
    if not fortran:
        strides.reverse()
    return settings.of_chunked(_core.file_array(path, dtype.str, list(shape), strides, first), dtype, shape)


def _header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order and type of an array in a file, which is left where its items begin."""
    from numpy.lib import format as npy

    version = npy.read_magic(file)
    if version == (1, 0):
        return npy.read_array_header_1_0(file)
    if version == (2, 0):
        return npy.read_array_header_2_0(file)
    return npy._read_array_header(file, version)  # type: ignore[attr-defined, no-any-return]


def _is_foreign(source: Any) -> bool:
    """Whether it is an array that is read by chunks: of zarr-python, of h5py."""
    return (
        all(hasattr(source, name) for name in ("shape", "dtype", "chunks", "__getitem__"))
        and isinstance(getattr(source, "shape", None), tuple)
        and (source.chunks is None or isinstance(source.chunks, tuple))
        and all(isinstance(length, int) for length in source.chunks or ())
    )


def _of_foreign(source: Any, settings: Settings) -> CompressedArray:
    shape = tuple(int(length) for length in source.shape)
    dtype = np.dtype(source.dtype)
    checked_type(dtype, f"the {type(source).__name__}")
    usual = None
    if source.chunks and len(source.chunks) == len(shape):
        bytes_each = int(np.prod(source.chunks, dtype=np.int64)) * dtype.itemsize
        usual = tuple(source.chunks) if bytes_each in FOREIGN_BYTES else None
    chunks = settings.shape(shape, dtype, usual)
    core = _core.filled_array(
        dtype.str, list(shape), chunks, settings.codec(dtype), settings.max_error, bytes(dtype.itemsize)
    )
    made = CompressedArray(core)
    for start in _starts(shape, tuple(made.chunks)):
        count = [min(chunk, length - at) for at, chunk, length in zip(start, made.chunks, shape, strict=True)]
        index = tuple(slice(at, at + length) for at, length in zip(start, count, strict=True))
        items = np.asarray(source[index])
        if items.shape != tuple(count):
            raise SchemaMismatch(
                f"{type(source).__name__}[{index}] has shape {items.shape}, expected {tuple(count)}"
            )
        core.assign(
            start, [1] * len(start), count, _strided(items.astype(dtype, copy=False), dtype), settings.threads
        )
        del items
    return made


def _starts(shape: tuple[int, ...], chunks: tuple[int, ...]) -> Iterator[list[int]]:
    import itertools

    for start in itertools.product(
        *(range(0, length, chunk) for length, chunk in zip(shape, chunks, strict=True))
    ):
        yield list(start)


def _is_array_like(source: Any) -> bool:
    if isinstance(source, bool | int | float | complex | list | tuple | range | np.generic):
        return True
    named = ("__array__", "__array_interface__", "__dlpack__")
    return any(hasattr(source, name) for name in named) or (
        not isinstance(source, bytes) and _core.has_buffer(source)
    )


def _as_array(source: Any) -> _Array:
    if (
        hasattr(source, "__array__")
        or hasattr(source, "__array_interface__")
        or not hasattr(source, "__dlpack__")
    ):
        try:
            return np.asarray(source)
        except ValueError as error:  # lists of different lengths
            raise UnsupportedData(f"no array can be made of this {type(source).__name__}: {error}") from None
    found: _Array = np.from_dlpack(source)
    return found


class Growing:
    """Pieces of an array, put one after the other along the first axis."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings, self._name = settings, name
        self._core: _core.GrowingArray | None = None
        self._dtype: np.dtype[Any] = np.dtype(float)
        self._row: tuple[int, ...] = ()

    def begin(self, dtype: np.dtype[Any], row: tuple[int, ...]) -> int:
        """Begin with rows of a shape. Returns the rows of a chunk."""
        checked_type(dtype, self._name)
        row_bytes = dtype.itemsize * int(np.prod(row, dtype=np.int64))
        rows = MANY if row_bytes * 16 <= WAITING_BYTES else max(1, WAITING_BYTES // row_bytes)
        chunks = self._settings.shape(
            (MANY, *row), dtype, tuple(_core.chunk_shape([rows, *row], dtype.itemsize))
        )
        self._core = _core.GrowingArray(
            dtype.str, list(row), chunks, self._settings.codec(dtype), self._settings.max_error
        )
        self._dtype, self._row = dtype, row
        return chunks[0]

    def append(self, piece: _Array, number: int = 0) -> None:
        """Take a piece; the first tells type and shape."""
        if self._core is None:
            self.begin(piece.dtype, piece.shape[1:])
        assert self._core is not None
        if piece.dtype != self._dtype or piece.shape[1:] != self._row:
            raise SchemaMismatch(
                f"{self._name}: item {number} is {piece.dtype} with rows of shape {piece.shape[1:]}, the first item was "
                f"{self._dtype} with rows of shape {self._row}"
            )
        self._core.append(_strided(piece, self._dtype), self._settings.threads)

    def finish(self) -> CompressedArray:
        """The array of all pieces."""
        if self._core is None:
            raise EmptyData(f"{self._name} yielded nothing; an array needs a type and a shape")
        return CompressedArray(self._core.finish(self._settings.threads))


def _of_pieces(iterator: Iterator[Any], name: str, settings: Settings) -> CompressedArray:
    growing = Growing(settings, name)
    number = -1
    for item in iterator:  # `enumerate` would hold the last item while the next one is made
        number += 1
        if isinstance(item, ChunkedArray):
            item = item[...]
        if not isinstance(item, np.ndarray):
            if not _is_array_like(item) or isinstance(item, str):
                raise UnknownFormat(f"{name}: item {number} is a {type(item).__name__}; expected an array")
            item = _as_array(item)
        if isinstance(item, np.ma.MaskedArray):
            raise UnsupportedData(f"{name}: item {number} is masked; fill what is missing first")
        if item.ndim == 0:
            raise UnsupportedData(
                f"{name}: item {number} is a single value; expected arrays of one axis or more. For values one at a time "
                f"give numpy.fromiter(...)"
            )
        growing.append(np.asarray(item), number)
        del item
    return growing.finish()
