"""What is taken for a table, as a source of the core: paths, frames, mappings, tuples of columns, arrays.

Recognition asks the object itself (buffer protocol, Arrow PyCapsules, ``keys``), so that no library has to be
imported here: a Polars frame is drawn without pandas, a NumPy array without PyArrow.
"""

from __future__ import annotations

import sys

from . import _arguments, _core
from ._column import as_chunked, column_of, default_names, is_array, is_column
from ._errors import BadArgument, UnknownFormat

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from typing import Any

__all__ = ["of_paths", "recognise"]

#: A list of more things than this is no table.
_MOST_COLUMNS = 10_000


def of_paths(
    paths: Sequence[str | os.PathLike[str]],
    types: Any = None,
    delimiter: str | None = None,
    header: bool | None = None,
) -> _core.Source:
    """Files as a core source, as `scan` describes them and what is said of their text."""
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


def recognise(item: Any) -> _core.Source | None:
    """A table, a mapping of arrays, an array or a tuple of arrays as a core source; None for anything else."""
    name = type(item).__name__
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
        return _core.array_source(name, [(str(column), *column_of(item[column])) for column in item.columns])
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
        return _core.array_source(name, [(str(key), *column_of(item[key])) for key in item])
    if _is_columns(item):
        names = default_names(len(item))
        return _core.array_source(
            name, [(key, *column_of(part)) for key, part in zip(names, item, strict=True)]
        )
    if is_array(item):
        fields = getattr(getattr(item, "dtype", None), "names", None)
        if fields:
            return _core.array_source(name, [(field, *column_of(item[field])) for field in fields])
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
        if _is_one_column(len(array.shape)):
            return [("value", array, None)]
        return [(name, array, place) for place, name in enumerate(default_names(array.shape[1]))]
    if isinstance(item, dict):
        named = [(str(key), part) for key, part in item.items()]
    elif isinstance(item, tuple | list) and len(item) < _MOST_COLUMNS:
        named = list(zip(default_names(len(item)), item, strict=True))
    else:
        return None
    if not any(hasattr(part, "_chunked") for _, part in named):
        return None
    return [(name, as_chunked(name, part), None) for name, part in named]


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
    if not isinstance(item, tuple | list) or not item or not all(map(is_column, item)):
        return False
    return any(map(is_array, item)) or (
        isinstance(item, tuple) and all(isinstance(part, list) for part in item)
    )


def _array_columns(array: Any) -> list[tuple[str, Any, str | None, Any]]:
    if _is_one_column(getattr(array, "ndim", 1)):
        return [("value", *column_of(array))]
    names = default_names(array.shape[1])
    return [(name, *column_of(array[:, place])) for place, name in enumerate(names)]


def _is_one_column(ndim: int) -> bool:
    """Whether an array is a column and not rows of them; of more dimensions it is neither."""
    if ndim not in (1, 2):
        raise UnknownFormat(
            f"an array of {ndim} dimensions is not a table; expected shape (n,) or (n, columns)"
        )
    return ndim == 1
