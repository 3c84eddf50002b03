"""Anything in, bounded batches out: `scan` recognises what it is given and `Source` reads it."""

from __future__ import annotations

import os

from . import _arguments, _core
from ._closing import Closing
from ._errors import BadArgument, UnknownFormat
from ._feed import Feed
from ._table import of_paths, recognise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

__all__ = ["Source", "scan"]


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

    def __init__(self, core: _core.Source | None, feed: Feed | None = None) -> None:
        if not isinstance(core or feed, _core.Source | Feed):
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
        return Source(of_paths(paths, types, delimiter, header))
    if types is not None or delimiter is not None or header is not None:
        raise BadArgument("types, delimiter and header are for text files; this source tells its own")
    if isinstance(source, Source):
        return source
    core = recognise(source)
    if core is not None:
        return Source(core)
    if hasattr(source, "__next__"):
        return Source(None, Feed(source, getattr(source, "__name__", type(source).__name__)))
    # Bytes and arrays without dimensions are iterable, but of nothing that is a row.
    if hasattr(source, "__iter__") and not isinstance(source, bytes) and getattr(source, "ndim", 1) > 0:
        return Source(None, Feed(iter(source), type(source).__name__))
    if hasattr(source, "collect_schema"):
        raise UnknownFormat(
            f"a {type(source).__name__} is a query that has not run; give its .collect(), or its .collect_batches() "
            f"where the result is large"
        )
    raise UnknownFormat(
        f"cannot read rows from a {type(source).__name__}; expected a path, an array, a mapping of arrays, a table "
        f"with __arrow_c_stream__, or an iterator of these"
    )
