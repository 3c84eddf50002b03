"""Anything in, bounded batches out: `scan` recognises what it is given and `Source` reads it.

Recognition asks the object itself (buffer protocol, Arrow PyCapsules, ``keys``), so that no library has to be
imported here: a Polars frame is drawn without pandas, a NumPy array without PyArrow.
"""

from __future__ import annotations

import os
import sys

from . import _arguments, _core
from ._closing import Closing
from ._errors import BadArgument, ClosedError, EmptyData, SchemaMismatch, UnknownFormat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from typing import Any

__all__ = ["Source", "scan"]

#: Rows that come one at a time (tuples, dicts of scalars) are gathered until there are this many.
_GATHERED_ROWS = 65_536

#: A list of more things than this is no table.
_MOST_COLUMNS = 10_000


class Source(Closing):
    """Rows that can be read in bounded batches; made by `scan`.

    Iterating yields `Batch` objects, each valid on its own and convertible to NumPy and Arrow.

    Attributes
    ----------
    name : str
        What messages call it: a path, ``"DataFrame"``, ``"generator"``.
    columns : list of str
        Column names in order.
    schema : dict of str to str
        The type of each column, such as ``"float64"``, ``"timestamp[us, UTC]"`` or ``"text"``.
    rows : int or None
        Number of rows where it is known without reading them.
    one_shot : bool
        Whether it can be read only once (a generator, standard input).
    """

    def __init__(self, core: _core.Source | None, feed: _Feed | None = None) -> None:
        if not isinstance(core or feed, _core.Source | _Feed):
            raise BadArgument("a Source is made by scan()")
        self._core = core
        self._feed = feed

    # A one-shot stream of chunks learns its columns from its first chunk.
    def _head(self) -> _core.Source:
        if self._core is not None:
            return self._core
        self._check_open()
        assert self._feed is not None
        return self._feed.peek()

    @property
    def name(self) -> str:
        return self._feed.name if self._feed is not None else self._head().name

    @property
    def columns(self) -> list[str]:
        return self._head().columns

    @property
    def schema(self) -> dict[str, str]:
        head = self._head()
        return dict(zip(head.columns, head.types, strict=True))

    @property
    def rows(self) -> int | None:
        return None if self._feed is not None else self._head().rows

    @property
    def one_shot(self) -> bool:
        return self._feed is not None or self._head().one_shot

    def extent(self, column: str) -> tuple[float, float] | None:
        """Least and greatest finite value of a column, where it is known without reading the rows.

        Parameters
        ----------
        column : str
            A column of numbers, dates or truth values.

        Returns
        -------
        tuple of (float, float) or None
            From the statistics of Parquet files; None for other sources. Instants are in the column's own unit
            since 1970-01-01 UTC.

        Raises
        ------
        MissingColumn
            If there is no such column.
        """
        column = _arguments.text(column, "column")
        return None if self._feed is not None else self._head().extent(column)

    def batches(self, columns: list[str] | None = None, rows: int = 65_536) -> Iterator[_core.Batch]:
        """Read the rows in batches.

        Parameters
        ----------
        columns : list of str, optional
            Only these, in this order; all that can be read by default.
        rows : int, default 65536
            At most this many rows in a batch.

        Returns
        -------
        iterator of Batch
            Each a copy of its rows: it stays valid, and its memory is counted until it goes.
        """
        rows = _arguments.whole(rows, "rows", 1)
        if columns is not None:
            if not isinstance(columns, list | tuple):
                raise BadArgument(f"columns must be a list of names, not {columns!r}")
            columns = [_arguments.text(name, "columns") for name in columns]
        self._check_open()
        return self._batches(columns, rows)

    def _batches(self, columns: list[str] | None, rows: int) -> Iterator[_core.Batch]:
        for part in self._parts():
            yield from part.batches(columns, rows)

    def __iter__(self) -> Iterator[_core.Batch]:
        return self.batches()

    def _parts(self) -> Iterator[_core.Source]:
        """The source itself, or the chunks of a stream as they come."""
        if self._feed is None:
            yield self._head()
        else:
            yield from self._feed

    def close(self) -> None:
        """Let go of files, buffers and the generator at once. Calling it again does nothing."""
        feed, self._feed, self._core = self._feed, None, None
        if feed is not None:
            feed.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._core is None and self._feed is None

    def __repr__(self) -> str:
        if self.closed:
            return "<Source closed>"
        if self._feed is not None:
            return f"<Source {self.name}, read once>"
        rows = "rows not counted" if self.rows is None else f"{self.rows:,} rows"
        return f"<Source {self.name}: {len(self.columns)} columns, {rows}>"


class _Feed:
    """The chunks of an iterator, each as a core source with the same columns as the first."""

    def __init__(self, iterator: Iterator[Any], name: str) -> None:
        self.name = name
        # A function and not a method: a generator that knew this object would keep both alive in a cycle.
        self._chunks = _sources(iterator, name)
        self._iterator = iterator
        self._first: _core.Source | None = None
        self._began = False

    def peek(self) -> _core.Source:
        """The first chunk, which stays to be read."""
        if self._first is None:
            if self._began:
                raise ClosedError(f"{self.name} was read already; it can be read only once")
            self._first = next(self._chunks, None)
            if self._first is None:
                raise EmptyData(f"{self.name} yielded nothing")
        return self._first

    def __iter__(self) -> Iterator[_core.Source]:
        first = self.peek()
        self._began = True
        self._first = None
        yield first
        del first  # the chunk's arrays belong to nobody while the next one is made
        yield from self._chunks

    def close(self) -> None:
        self._chunks.close()
        close = getattr(self._iterator, "close", None)
        if close is not None:
            close()


def _sources(iterator: Iterator[Any], name: str) -> Generator[_core.Source]:
    """The items of an iterator as core sources; rows are gathered, what has no rows and no columns is passed over."""
    fields: _core.Fields | None = None
    for number, source in _numbered(iterator, name):
        if fields is None:
            fields = source.fields
        elif (mismatch := fields.mismatch(source)) is not None:
            raise SchemaMismatch(f"{name}: item {number} {mismatch}")
        yield source
        del source


def _numbered(iterator: Iterator[Any], name: str) -> Iterator[tuple[int, _core.Source]]:
    gathered = _Rows(name)
    number = -1
    for item in iterator:  # `enumerate` would hold the last item while the next one is made
        number += 1
        if isinstance(item, list | tuple | dict) and not item:
            continue
        rows = [item] if _is_row(item) else item if _is_rows(item) else None
        if rows is not None:
            for row in rows:
                if gathered.add(row):
                    yield number, gathered.take()
            continue
        if gathered:
            yield number, gathered.take()
        source = _of_paths([item]) if isinstance(item, str | os.PathLike) else _recognise(item)
        if source is None:
            raise UnknownFormat(
                f"{name}: item {number} is a {type(item).__name__}; expected arrays, a mapping of arrays, "
                f"a table, or rows as tuples or dicts"
            )
        del item
        yield number, source
        del source
    if gathered:
        yield number, gathered.take()


class _Rows:
    """Rows given one at a time, gathered into columns."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._columns: dict[str, list[Any]] = {}
        self._count = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, row: Any) -> bool:
        """Take one row; True when it is time to `take` them."""
        if hasattr(row, "keys"):
            names, values = [str(name) for name in row], list(row.values())
        else:
            names, values = list(getattr(row, "_fields", _default_names(len(row)))), list(row)
        if not self._count:
            self._columns = {name: [] for name in names}
        elif list(self._columns) != names:
            raise SchemaMismatch(
                f"{self._name}: a row has the columns {names}, the rows before had {list(self._columns)}"
            )
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)
        self._count += 1
        return self._count >= _GATHERED_ROWS

    def take(self) -> _core.Source:
        """The rows so far as a source; begins anew."""
        columns, self._columns, self._count = self._columns, {}, 0
        return _core.row_source(list(columns.items()))


def scan(
    source: Any,
    *,
    types: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
) -> Source:
    """Recognise a source of rows and make it readable in bounded batches.

    Parameters
    ----------
    source : path, glob, list of paths, array, mapping, table, iterator
        - a path or glob (str or `pathlib.Path`), a folder, or a list of them: Parquet, CSV and TSV (also gzip and
          zstd), Arrow IPC and Feather, NPY, NPZ; a Zarr group of arrays of one length, or a Zarr array of rows;
        - a NumPy array of shape (n, 2) or (n, k), or with named fields; a `CompressedArray` of such a shape, which is
          decoded chunk by chunk; a mapping of names to arrays; a tuple or list
          of arrays of one dimension, which are columns;
        - anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``: pandas, Polars, PyArrow, DuckDB; a dataset
          of PyArrow;
        - a sparse array: `CooArray`, `CsrArray`, of scipy.sparse or of the package sparse. Its rows are the entries
          that are stored, with the columns ``row``, ``col`` and ``value``, or ``axis0``, ``axis1``, ... and
          ``value``;
        - an iterator or generator of any of these, of tuples of numbers, of dicts or of lists of those. It is read
          once, chunk by chunk, and never held.
    types : mapping of str to str, optional
        For text files: types of columns that should not be inferred, such as ``{"zip": "text"}``. One of
        ``"int64"``, ``"float64"``, ``"bool"``, ``"date"``, ``"timestamp"``, ``"text"``.
    delimiter : str, optional
        For text files: one character. Recognised by default.
    header : bool, optional
        For text files: whether the first line names the columns. Recognised by default.

    Returns
    -------
    Source
        Nothing is read yet but what tells the columns. Arrays are not copied.

    Raises
    ------
    SourceNotFound, UnknownFormat, CorruptData, SchemaMismatch
        If it cannot be recognised or read.

    Examples
    --------
    >>> import drypoint as dp
    >>> source = dp.scan({"x": memoryview(b"abc"), "y": memoryview(b"def")})
    >>> source.columns, source.rows
    (['x', 'y'], 3)
    """
    paths = source if isinstance(source, list | tuple) else [source]
    if paths and all(isinstance(path, str | os.PathLike) for path in paths):
        return Source(_of_paths(paths, types, delimiter, header))
    if types is not None or delimiter is not None or header is not None:
        raise BadArgument("types, delimiter and header are for text files; this source tells its own")
    if isinstance(source, Source):
        return source
    core = _recognise(source)
    if core is not None:
        return Source(core)
    if hasattr(source, "__next__"):
        return Source(None, _Feed(source, getattr(source, "__name__", type(source).__name__)))
    # Bytes and arrays without dimensions are iterable, but of nothing that is a row.
    if hasattr(source, "__iter__") and not isinstance(source, bytes) and getattr(source, "ndim", 1) > 0:
        return Source(None, _Feed(iter(source), type(source).__name__))
    if hasattr(source, "collect_schema"):
        raise UnknownFormat(
            f"a {type(source).__name__} is a query that has not run; give its .collect(), or its .collect_batches() "
            f"where the result is large"
        )
    raise UnknownFormat(
        f"cannot read rows from a {type(source).__name__}; expected a path, an array, a mapping of arrays, a table "
        f"with __arrow_c_stream__, or an iterator of these"
    )


def _of_paths(
    paths: Sequence[str | os.PathLike[str]],
    types: Any = None,
    delimiter: str | None = None,
    header: bool | None = None,
) -> _core.Source:
    return _core.scan_paths(
        [_arguments.path(path, "source") for path in paths],
        _types(types),
        _arguments.optional(_arguments.text, delimiter, "delimiter"),
        _arguments.optional(_arguments.flag, header, "header"),
    )


def _types(types: Any) -> dict[str, str]:
    if types is None:
        return {}
    if not hasattr(types, "items"):
        raise BadArgument(
            f"types must be a mapping of columns to types, such as {{'zip': 'text'}}, not {types!r}"
        )
    return {_arguments.text(name, "types"): _arguments.text(kind, "types") for name, kind in types.items()}


def _recognise(item: Any) -> _core.Source | None:
    """A table, a mapping of arrays, an array or a tuple of arrays as a core source; None for anything else."""
    name = type(item).__name__
    if isinstance(item, Source):
        return item._head()
    item = _of_others(item)
    # Not the column of that name that another library's table may have.
    if type(item).__module__.startswith("drypoint.") and hasattr(item, "_source"):
        table: _core.Source = item._source()
        return table
    if (chunked := _chunked_columns(item)) is not None:
        return _core.chunked_source(name, chunked)
    if (sparse := _entries(item)) is not None:
        return sparse
    if hasattr(item, "scanner"):
        return _core.arrow_source(_Dataset(item), name, True, None)
    if _is_plain_frame(item):
        return _core.array_source(name, [(str(column), *_column(item[column])) for column in item.columns])
    if hasattr(item, "__arrow_c_stream__") and not hasattr(item, "dtype"):
        again = not hasattr(item, "__next__")
        # The length of a relation is another query.
        rows = len(item) if again and hasattr(item, "__len__") and not hasattr(item, "execute") else None
        try:
            return _core.arrow_source(item, name, again, rows)
        except ImportError:  # pandas without PyArrow
            if not hasattr(item, "keys"):
                raise
    if hasattr(item, "__arrow_c_array__") and not hasattr(item, "dtype"):
        return _core.arrow_source(item, name, True, None)
    if hasattr(item, "keys") and hasattr(item, "__getitem__"):
        return _core.array_source(name, [(str(key), *_column(item[key])) for key in item])
    if _is_columns(item):
        names = _default_names(len(item))
        return _core.array_source(
            name, [(key, *_column(part)) for key, part in zip(names, item, strict=True)]
        )
    if _is_array(item):
        fields = getattr(getattr(item, "dtype", None), "names", None)
        if fields:
            return _core.array_source(name, [(field, *_column(item[field])) for field in fields])
        return _core.array_source(name, _array_columns(item))
    return None


def _of_others(item: Any) -> Any:
    """Arrays of zarr-python and h5py as what the core reads box by box, also in a mapping; all else as it is."""
    if "zarr" not in sys.modules and "h5py" not in sys.modules:
        return item
    from ._arrays.called import Called, is_read_by_boxes
    from ._arrays.zarr import taken_over

    if isinstance(item, dict):
        return {name: _of_others(part) for name, part in item.items()}
    if isinstance(item, tuple) and len(item) < _MOST_COLUMNS and not hasattr(item, "_fields"):
        return tuple(map(_of_others, item))
    ours = taken_over(item)
    if ours is not None:
        return ours
    return Called(item) if is_read_by_boxes(item) else item


def _chunked_columns(item: Any) -> list[tuple[str, _core.Chunked, int | None]] | None:
    """The columns of an array that is decoded chunk by chunk, or of a mapping or tuple with at least one of those."""
    if hasattr(item, "_chunked"):
        array = item._chunked()
        if len(array.shape) == 1:
            return [("value", array, None)]
        if len(array.shape) != 2:
            raise UnknownFormat(
                f"an array of {len(array.shape)} dimensions is not a table; expected shape (n,) or (n, columns)"
            )
        return [(name, array, place) for place, name in enumerate(_default_names(array.shape[1]))]
    if isinstance(item, dict):
        named = [(str(key), part) for key, part in item.items()]
    elif isinstance(item, tuple | list) and len(item) < _MOST_COLUMNS:
        named = list(zip(_default_names(len(item)), item, strict=True))
    else:
        return None
    if not any(hasattr(part, "_chunked") for _, part in named):
        return None
    return [(name, _as_chunked(name, part), None) for name, part in named]


def _as_chunked(name: str, column: Any) -> _core.Chunked:
    """A column among those that are decoded, as one of them."""
    if hasattr(column, "_chunked"):
        found: _core.Chunked = column._chunked()
        return found
    held, kind, missing = _column(column)
    dtype: Any = getattr(column, "dtype", None)
    if kind in ("rows", "arrow") or missing is not None or not hasattr(dtype, "newbyteorder"):
        raise UnknownFormat(
            f"column {name!r} is a {type(column).__name__}; beside a column that is decoded chunk by chunk expected "
            f"another one, or a NumPy array without missing values"
        )
    code = dtype.str
    if kind is not None:  # integers that count a unit
        what, _, unit = kind.partition(":")
        code = f"{held.dtype.str[0]}{'M' if what == 'time' else 'm'}8[{unit}]"
    return _core.strided_array(name, code, held, 1)


def _entries(item: Any) -> _core.Source | None:
    """The entries of another library's sparse array as rows of coordinates and values."""
    if not hasattr(item, "nnz") or not hasattr(item, "shape"):
        return None
    from ._arrays.sparse_parts import is_foreign

    if not is_foreign(item):
        return None
    from ._arrays.coo import CooArray
    from ._arrays.csr import CsrArray

    by_rows = getattr(item, "format", None) in ("csr", "csc") and item.ndim == 2
    return (CsrArray(item) if by_rows else CooArray(item))._source()


class _Dataset:
    """A dataset of PyArrow, which gives a stream only by a scanner of its own."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def __arrow_c_stream__(self) -> Any:
        return self._dataset.scanner().to_reader().__arrow_c_stream__()


def _array_columns(array: Any) -> list[tuple[str, Any, str | None, Any]]:
    ndim = getattr(array, "ndim", 1)
    if ndim == 1:
        return [("value", *_column(array))]
    if ndim != 2:
        raise UnknownFormat(
            f"an array of {ndim} dimensions is not a table; expected shape (n,) or (n, columns)"
        )
    names = _default_names(array.shape[1])
    return [(name, *_column(array[:, place])) for place, name in enumerate(names)]


def _default_names(count: int) -> list[str]:
    """Names of columns that came without: x, y, z, then their numbers."""
    if count <= 3:
        return ["x", "y", "z"][:count]
    return ["x", "y", *(str(place) for place in range(2, count))]


def _is_array(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return False
    if hasattr(value, "__arrow_c_array__") or hasattr(value, "__arrow_c_stream__"):
        return True
    if hasattr(value, "__array_interface__") or hasattr(value, "__array__"):
        return getattr(value, "ndim", 1) > 0
    return isinstance(value, memoryview | bytearray) or _core.has_buffer(value)


def _is_column(value: Any) -> bool:
    """Whether it is a sequence of values, and not a table, of one dimension or none."""
    if isinstance(value, list | range):
        return True
    fields = getattr(getattr(value, "dtype", None), "names", None)
    table = fields is not None or hasattr(value, "columns") or hasattr(value, "__next__")
    return _is_array(value) and not table and getattr(value, "ndim", 1) == 1


def _is_row(item: Any) -> bool:
    """Whether an item of a stream is one row (a tuple or a dict of scalars) and not a chunk."""
    if isinstance(item, dict):
        return bool(item) and not any(
            _is_array(v) or isinstance(v, list | tuple | range) for v in item.values()
        )
    return (
        isinstance(item, tuple | list)
        and bool(item)
        and not any(_is_array(value) or isinstance(value, list | tuple | range | dict) for value in item)
    )


def _is_plain_frame(item: Any) -> bool:
    """Whether it is a pandas frame of NumPy's numbers and of categories: lent column by column, nothing is copied."""
    if not (hasattr(item, "iloc") and hasattr(item, "dtypes") and hasattr(item, "columns")):
        return False
    plain = all(
        getattr(dtype, "name", "") == "category"
        or (hasattr(dtype, "newbyteorder") and dtype.kind in "biufMm")
        for dtype in item.dtypes
    )
    return plain and bool(item.columns.is_unique)


def _is_columns(item: Any) -> bool:
    """Whether it is a tuple or list of columns: arrays, and lists beside them or in a tuple."""
    if not isinstance(item, tuple | list) or not item or not all(map(_is_column, item)):
        return False
    return any(map(_is_array, item)) or (
        isinstance(item, tuple) and all(isinstance(part, list) for part in item)
    )


def _is_rows(item: Any) -> bool:
    """Whether an item of a stream is a list of rows."""
    return isinstance(item, list) and all(_is_row(row) for row in item)


def _column(values: Any) -> tuple[Any, str | None, Any]:
    """What holds a column's values, what kind of values that is, and what tells which are missing (see `_core`)."""
    if isinstance(values, list | tuple | range):
        return list(values), "rows", None
    dtype: Any = getattr(values, "dtype", None)
    if not hasattr(dtype, "newbyteorder"):  # not NumPy's
        if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
            return values, "arrow", None
        if hasattr(values, "__array__") and not _core.has_buffer(values):
            return _column(values.__array__())
        return values, None, None
    if dtype.kind in "OT":  # Python objects and NumPy's text of any length
        arrow = dtype.kind == "O" and hasattr(values, "__arrow_c_stream__")
        return (values, "arrow", None) if arrow else (values.tolist(), "rows", None)
    if not hasattr(values, "__array_interface__"):
        return _column(values.__array__())
    mask = getattr(values, "mask", None)
    if mask is not None:  # numpy.ma; without a missing value its mask is a scalar
        held, kind, _ = _column(values.data)
        return held, kind, mask.tobytes() if getattr(mask, "ndim", 0) else None
    return (*_instants(values), None) if dtype.kind in "Mm" else (values, None, None)


#: What NumPy's calendar units become, which Arrow does not have.
_COARSE_UNITS = {"Y": "D", "M": "D", "W": "D", "h": "s", "m": "s"}


def fine_instants(values: Any) -> Any:
    """NumPy's instants and spans in a unit that Arrow has too: a copy where it is another."""
    code = values.dtype.kind
    unit = values.dtype.str.partition("[")[2][:-1]
    letters = unit.lstrip("0123456789")
    fine = _COARSE_UNITS.get(letters, letters)
    if fine != unit and letters and (code == "M" or letters not in "YM"):
        return values.astype(f"{code}8[{fine}]")
    return values


def _instants(values: Any) -> tuple[Any, str]:
    """The integers of datetime64 and timedelta64, which refuse the buffer protocol, in place where their unit allows."""
    values = fine_instants(values)
    code, unit = values.dtype.kind, values.dtype.str.partition("[")[2][:-1]
    return values.view(values.dtype.str[0] + "i8"), f"{'time' if code == 'M' else 'duration'}:{unit}"
