"""Arrays to Zarr on disk, never more than the items of a file at a time. What is written appears whole or not at all."""

from __future__ import annotations

import json
import os

import numpy as np

from .. import _arguments, _core
from .._errors import BadArgument, EmptyData, OutputError, SchemaMismatch, UnsupportedData
from .chunked import ChunkedArray
from .compressed import _strided, _threads
from .zarr import taken_over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    _Array = np.ndarray[Any, Any]
    #: How an array is stored, as the core reads it.
    _Layout = dict[str, Any]

__all__ = ["write_zarr"]

#: Levels of the codecs, and the one that is meant where none is given.
_LEVELS = {"plain": (0, 0, 0), "zstd": (-131072, 22, 0), "gzip": (0, 9, 5)}
#: As many rows as there will ever be, and as many bytes.
_MANY, _MOST_BYTES = 1 << 40, 1 << 60


def write_zarr(
    path: str | os.PathLike[str],
    source: Any,
    *,
    chunks: str | int | tuple[int, ...] = "auto",
    shards: tuple[int, ...] | None = None,
    codec: str = "zstd",
    fill_value: Any = None,
    dimension_names: Sequence[str | None] | None = None,
    attributes: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    threads: int | None = None,
) -> None:
    """Write an array, or a group of arrays, as Zarr version 3, which zarr-python opens as any other.

    Parameters
    ----------
    path : str or path
        The folder that it will be. It appears when all of it is written, and not at all if that fails.
    source : array, iterator of arrays, mapping
        - an array: NumPy's, a `CompressedArray`, a `ZarrArray`, anything with ``__array__``. Those that are read by
          chunks are never held;
        - an iterator or generator of arrays, which are put one after the other along their first axis; nothing of a piece
          is held once its chunks are full;
        - a mapping of names to any of these, which becomes a group: ``"a/b"`` is member ``b`` of group ``a``. All
          members are stored as the other arguments say.
    chunks : "auto", int or tuple of int, default "auto"
        Items of a chunk along each axis, -1 for all; an int is for the first axis. ``"auto"`` makes chunks of about half
        a megabyte, or takes those of the source.
    shards : tuple of int, optional
        Items of a file along each axis, multiples of those of a chunk: fewer files. A file is then held while it is made.
    codec : str, default "zstd"
        ``"zstd"``, ``"gzip"``, with a level as in ``"zstd:7"``, or ``"plain"``.
    fill_value : scalar, optional
        An item whose chunks need not be stored; zero by default.
    dimension_names : sequence of (str or None), optional
        What the axes are called.
    attributes : mapping, optional
        Whatever JSON can say, to be found in ``attrs``.
    overwrite : bool, default False
        Whether what is at ``path`` gives way, once the new is whole.
    threads : int, optional
        How many threads encode; all cores by default.

    Returns
    -------
    None
        The array or group is whole at ``path`` then.

    Raises
    ------
    OutputError
        If something is at ``path`` already and ``overwrite`` is not set, or the disk is full.
    BadArgument
        For chunks, shards or codecs that cannot be.
    UnsupportedData
        For objects, structures, masked arrays and long doubles.
    SchemaMismatch
        If pieces do not agree in type or in the shape of their rows.
    EmptyData
        If an iterator yields nothing, or a mapping is empty.

    Examples
    --------
    >>> import drypoint as dp, numpy as np, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> walks = {"t": np.arange(1000), "v": (np.ones(250) for _ in range(4))}
    >>> dp.write_zarr(f"{folder.name}/walks.zarr", walks, attributes={"source": "a dice"})
    >>> with dp.open_zarr(f"{folder.name}/walks.zarr") as group:
    ...     print(group.keys(), group["v"].shape, group.attrs)
    ['t', 'v'] (1000,) {'source': 'a dice'}
    >>> dp.scan(f"{folder.name}/walks.zarr").rows
    1000
    >>> folder.cleanup()
    """
    path = _arguments.path(path)
    overwrite = _arguments.flag(overwrite, "overwrite")
    if os.path.lexists(path) and not overwrite:
        raise OutputError(f"{path} exists already; overwrite=True replaces it")
    told = _json(attributes)
    settings = _Settings(chunks, shards, codec, fill_value, dimension_names, _threads(threads))
    if not (hasattr(source, "keys") and hasattr(source, "__getitem__")):
        _write(
            source, settings, lambda layout: _core.ZarrWriter(path, {**layout, "attributes": told}, overwrite)
        )
        return
    names = [_arguments.text(name, "a member's name") for name in source]
    if not names:
        raise EmptyData("there is nothing in the mapping to write")
    group = _core.ZarrGroupWriter(path, told, overwrite)
    try:
        for name in names:
            _write(
                source[name],
                settings,
                lambda layout, name=name: group.array(name, {**layout, "attributes": "{}"}),
            )
        group.commit()
    finally:
        group.close()


def _json(attributes: Any) -> str:
    if attributes is None:
        return "{}"
    if not hasattr(attributes, "items"):
        raise BadArgument(f"attributes must be a mapping, not {attributes!r}")
    try:
        return json.dumps(dict(attributes), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadArgument(f"attributes must be what JSON can say: {error}") from None


class _Settings:
    """How arrays are stored, checked as far as it can be without the array."""

    def __init__(
        self, chunks: Any, shards: Any, codec: Any, fill_value: Any, dimension_names: Any, threads: int | None
    ) -> None:
        self.threads = threads
        self._chunks = chunks
        self._shards = shards
        self._fill_value = fill_value
        self._codec, self._level = _codec(codec)
        self._names = None
        if dimension_names is not None:
            if isinstance(dimension_names, str) or not hasattr(dimension_names, "__iter__"):
                raise BadArgument(f"dimension_names must be a list of names, not {dimension_names!r}")
            self._names = [
                _arguments.optional(_arguments.text, name, "dimension_names") for name in dimension_names
            ]

    def layout(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], usual: tuple[int, ...] | None = None
    ) -> _Layout:
        """Of an array of this shape and type; `usual` are its own chunks, where it has some."""
        from .compress import Settings, checked_type

        checked_type(dtype, "the array")
        if dtype.itemsize == 0:
            raise UnsupportedData(f"items of type {dtype} have no bytes that could be stored")
        chunks = Settings("auto", self._chunks, True, None, None).shape(shape, dtype, usual)
        if self._names is not None and len(self._names) != len(shape):
            raise BadArgument(
                f"dimension_names has {len(self._names)} names, the array has {len(shape)} axes"
            )
        return {
            "dtype": dtype.str,
            "shape": list(shape),
            "chunks": chunks,
            "shards": self._files(chunks),
            "codec": self._codec,
            "level": self._level,
            "fill": self._fill(dtype),
            "dimension_names": self._names,
        }

    def _files(self, chunks: list[int]) -> list[int] | None:
        if self._shards is None:
            return None
        try:
            files = [_arguments.whole(length, "shards", 1) for length in self._shards]
        except TypeError:
            raise BadArgument(f"shards must be a tuple of whole numbers, not {self._shards!r}") from None
        fits = len(files) == len(chunks) and all(
            length % chunk == 0 for length, chunk in zip(files, chunks, strict=True)
        )
        if not fits:
            raise BadArgument(f"shards must be multiples of the chunks {tuple(chunks)}, not {tuple(files)}")
        return files

    def _fill(self, dtype: np.dtype[Any]) -> bytes | None:
        if self._fill_value is None:
            return None
        try:
            value = np.asarray(self._fill_value)
            item = value.astype(dtype.newbyteorder("="))
            fits = value.ndim == 0 and (dtype.kind in "fc" or bool(item == value) or bool(item != item))
        except (TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            raise BadArgument(f"fill_value must be one item of type {dtype}, not {self._fill_value!r}")
        return item.tobytes()


def _codec(codec: Any) -> tuple[str, int]:
    name, _, digits = _arguments.text(codec, "codec").partition(":")
    name = _arguments.choice(name, "codec", ["plain", "zstd", "gzip"])
    least, most, usual = _LEVELS[name]
    if not digits:
        return name, usual
    try:
        level = int(digits)
    except ValueError:
        raise BadArgument(f"codec {codec!r}: the level must be a whole number") from None
    if name == "plain" or not least <= level <= most:
        expected = "plain has no level" if name == "plain" else f"the level must be from {least} to {most}"
        raise BadArgument(f"codec {codec!r}: {expected}")
    return name, level


def _write(source: Any, settings: _Settings, begin: Any) -> None:
    """Write one array, of whatever kind."""
    from . import compress

    ours = taken_over(source)
    source = source if ours is None else ours
    if isinstance(source, ChunkedArray):
        layout = settings.layout(source.shape, source.dtype, source.chunks)
        _write_whole(source._chunked(), begin(layout), settings)
    elif isinstance(source, np.ndarray):
        _write_array(source, settings, begin)
    elif compress._is_foreign(source):
        _write_foreign(source, settings, begin)
    elif hasattr(source, "__next__"):
        _write_pieces(source, settings, begin)
    elif compress._is_array_like(source):
        _write_array(compress._as_array(source), settings, begin)
    elif hasattr(source, "__iter__") and not isinstance(source, str | bytes | set | frozenset):
        _write_pieces(iter(source), settings, begin)
    else:
        raise UnsupportedData(
            f"cannot write a {type(source).__name__}; expected an array or an iterator of arrays"
        )


def _write_array(source: _Array, settings: _Settings, begin: Any) -> None:
    layout = settings.layout(source.shape, source.dtype)
    _write_whole(_strided(source, source.dtype), begin(layout), settings)


def _write_whole(source: _core.Chunked, writer: _core.ZarrWriter, settings: _Settings) -> None:
    try:
        writer.write([0] * len(source.shape), source, settings.threads)
        writer.commit()
    finally:
        writer.close()


def _write_foreign(source: Any, settings: _Settings, begin: Any) -> None:
    """An array of another library, by its own indexing: a file's items at a time."""
    import itertools

    shape = tuple(int(length) for length in source.shape)
    dtype = np.dtype(source.dtype)
    usual = tuple(source.chunks) if source.chunks and len(source.chunks) == len(shape) else None
    layout = settings.layout(shape, dtype, usual)
    files = layout["shards"] or layout["chunks"]
    writer = begin(layout)
    try:
        for start in itertools.product(
            *(range(0, length, step) for length, step in zip(shape, files, strict=True))
        ):
            index = tuple(slice(at, at + step) for at, step in zip(start, files, strict=True))
            items = np.asarray(source[index]).astype(dtype, copy=False)
            writer.write(list(start), _strided(items, dtype), settings.threads)
        writer.commit()
    finally:
        writer.close()


def _write_pieces(pieces: Iterable[Any], settings: _Settings, begin: Any) -> None:
    """Pieces along the first axis: written as soon as a row of files is full."""
    writer: _core.ZarrWriter | None = None
    dtype, inner, band = np.dtype("f8"), (0,), 1
    waiting: list[_Array] = []
    held = written = 0
    try:
        for piece in pieces:
            items = np.asarray(piece)
            if items.ndim == 0:
                raise SchemaMismatch(
                    "a piece has no axis along which the pieces could be put one after the other"
                )
            if writer is None:
                dtype, inner = items.dtype, items.shape[1:]
                row_bytes = max(1, items.nbytes // max(1, len(items)))
                layout = settings.layout((min(_MANY, _MOST_BYTES // row_bytes), *inner), dtype)
                band = (layout["shards"] or layout["chunks"])[0]
                writer = begin(layout)
            if items.shape[1:] != inner or items.dtype != dtype:
                raise SchemaMismatch(
                    f"a piece has {items.dtype} in rows of shape {items.shape[1:]}, the first had {dtype} of {inner}"
                )
            first = 0
            while first < len(items):
                rows = min(band - held, len(items) - first)
                if held == 0 and len(items) - first >= band:
                    rows = (len(items) - first) // band * band
                    writer.write(
                        [written, *[0] * len(inner)],
                        _strided(items[first : first + rows], dtype),
                        settings.threads,
                    )
                    written += rows
                else:
                    # A copy: the piece may be changed, or be a view of something large.
                    waiting.append(items[first : first + rows].copy())
                    held += rows
                    if held == band:
                        written += _flush(writer, waiting, written, settings)
                        held = 0
                first += rows
            del piece, items  # or it would be held while the next one is made
        if writer is None:
            raise EmptyData("the iterator yielded no array to write")
        if held:
            # The end of the array, which only now is known.
            writer.end_at(written + held)
            written += _flush(writer, waiting, written, settings)
        writer.end_at(written)
        writer.commit()
    finally:
        if writer is not None:
            writer.close()


def _flush(writer: _core.ZarrWriter, waiting: list[_Array], at: int, settings: _Settings) -> int:
    items = waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
    waiting.clear()
    writer.write([at, *[0] * (items.ndim - 1)], _strided(items, items.dtype), settings.threads)
    return len(items)
