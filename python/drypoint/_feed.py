"""Iterators of tables and of rows as chunks of one table, read once and never held."""

from __future__ import annotations

import os

from . import _core
from ._column import default_names, is_array
from ._errors import ClosedError, EmptyData, SchemaMismatch, UnknownFormat
from ._table import of_paths, recognise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import Any

__all__ = ["Feed"]

#: Rows that come one at a time (tuples, dicts of scalars) are gathered until there are this many.
_GATHERED_ROWS = 65_536


class Feed:
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
    from ._streams import Source  # which reads by a feed itself

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
        if isinstance(item, Source):
            for part in item._parts():
                yield number, part
                del part
            del item
            continue
        source = of_paths([item]) if isinstance(item, str | os.PathLike) else recognise(item)
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


def _is_row(item: Any) -> bool:
    """Whether an item of a stream is one row (a tuple or a dict of scalars) and not a chunk."""
    if isinstance(item, dict):
        return bool(item) and not any(
            is_array(v) or isinstance(v, list | tuple | range) for v in item.values()
        )
    return (
        isinstance(item, tuple | list)
        and bool(item)
        and not any(is_array(value) or isinstance(value, list | tuple | range | dict) for value in item)
    )


def _is_rows(item: Any) -> bool:
    """Whether an item of a stream is a list of rows."""
    return isinstance(item, list) and all(_is_row(row) for row in item)


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
            names, values = list(getattr(row, "_fields", default_names(len(row)))), list(row)
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
