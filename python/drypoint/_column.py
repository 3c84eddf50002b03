"""What holds the values of one column: arrays are lent in place, lists are copied."""

from __future__ import annotations

from . import _core
from ._errors import UnknownFormat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["as_chunked", "column_of", "default_names", "fine_instants", "is_array", "is_column"]

#: What NumPy's calendar units become, which Arrow does not have.
_COARSE_UNITS = {"Y": "D", "M": "D", "W": "D", "h": "s", "m": "s"}


def column_of(values: Any) -> tuple[Any, str | None, Any]:
    """What holds a column's values, what kind of values that is, and what tells which are missing (see `_core`)."""
    if isinstance(values, list | tuple | range):
        return list(values), "rows", None
    dtype: Any = getattr(values, "dtype", None)
    if not hasattr(dtype, "newbyteorder"):  # not NumPy's
        if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
            return values, "arrow", None
        if hasattr(values, "__array__") and not _core.has_buffer(values):
            return column_of(values.__array__())
        return values, None, None
    if dtype.kind in "OT":  # Python objects and NumPy's text of any length
        arrow = dtype.kind == "O" and hasattr(values, "__arrow_c_stream__")
        return (values, "arrow", None) if arrow else (values.tolist(), "rows", None)
    if not hasattr(values, "__array_interface__"):
        return column_of(values.__array__())
    mask = getattr(values, "mask", None)
    if mask is not None:  # numpy.ma; without a missing value its mask is a scalar
        held, kind, _ = column_of(values.data)
        return held, kind, mask.tobytes() if getattr(mask, "ndim", 0) else None
    return (*_instants(values), None) if dtype.kind in "Mm" else (values, None, None)


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


def as_chunked(name: str, column: Any) -> _core.Chunked:
    """A column among those that are decoded, as one of them."""
    if hasattr(column, "_chunked"):
        found: _core.Chunked = column._chunked()
        return found
    held, kind, missing = column_of(column)
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


def default_names(count: int) -> list[str]:
    """Names of columns that came without: x, y, z, then their numbers."""
    if count <= 3:
        return ["x", "y", "z"][:count]
    return ["x", "y", *(str(place) for place in range(2, count))]


def is_array(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return False
    if hasattr(value, "__arrow_c_array__") or hasattr(value, "__arrow_c_stream__"):
        return True
    if hasattr(value, "__array_interface__") or hasattr(value, "__array__"):
        return getattr(value, "ndim", 1) > 0
    return isinstance(value, memoryview | bytearray) or _core.has_buffer(value)


def is_column(value: Any) -> bool:
    """Whether it is a sequence of values, and not a table, of one dimension or none."""
    if isinstance(value, list | range):
        return True
    fields = getattr(getattr(value, "dtype", None), "names", None)
    table = fields is not None or hasattr(value, "columns") or hasattr(value, "__next__")
    return is_array(value) and not table and getattr(value, "ndim", 1) == 1
