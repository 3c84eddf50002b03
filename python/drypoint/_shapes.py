"""Marks of shapes that stand in one row each: what a source's columns hold, and which mark that makes."""

from __future__ import annotations

from . import _arguments, _core
from ._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._streams import Source

__all__ = ["RULES", "lines", "points", "polygons", "spikes"]

RULES = ("even-odd", "nonzero")


def polygons(geometry: str, fill: str) -> _core.Mark:
    """The polygons of a column."""
    rule = _arguments.choice(fill, "fill", RULES)
    return _core.Mark.polygons(_arguments.text(geometry, "geometry"), rule)


def points(x: Any, y: Any, geometry: str | None, make: Callable[[str, str], _core.Mark]) -> _core.Mark:
    """A point for each row, or the points of a column of shapes; `make` describes them by their columns."""
    if geometry is None:
        return make(_given(x, "x"), _given(y, "y"))
    _alone(x, y)
    return _core.Mark.of_geometry(_arguments.text(geometry, "geometry"), False, make(*_core.VERTEX_COLUMNS))


def lines(
    rows: Source, x: Any, y: Any, geometry: str | None, make: Callable[[str, str], _core.Mark]
) -> _core.Mark:
    """Rows that are joined, or a line for each row: of a column of shapes, of two columns of lists, or of several
    columns; `make` describes a line by its columns."""
    if geometry is not None:
        _alone(x, y)
        return _core.Mark.of_geometry(
            _arguments.text(geometry, "geometry"), True, make(*_core.VERTEX_COLUMNS)
        )
    if _is_several(x) or _is_several(y):
        xs, ys = _coordinates(x, "x"), _coordinates(y, "y")
        if len(xs) != len(ys):
            raise BadArgument(
                f"x has {len(xs)} coordinates and y {len(ys)}; give one of each for each vertex"
            )
        if not any(isinstance(coordinate, str) for coordinate in (*xs, *ys)):
            raise BadArgument("x and y are the same in all rows; give columns for one of them at least")
        return _core.Mark.of_columns(xs, ys, make(*_core.VERTEX_COLUMNS))
    x, y = _given(x, "x"), _given(y, "y")
    schema = rows.schema
    are_lists = [schema.get(name, "").startswith("list<") for name in (x, y)]
    if any(are_lists):
        return _core.Mark.of_lists(x, y, make(*_core.VERTEX_COLUMNS))
    return make(x, y)


def spikes(x: str, y: str, base: float, make: Callable[[str, str], _core.Mark]) -> _core.Mark:
    """A line from `base` to y at each x."""
    x, y = _arguments.text(x, "x"), _arguments.text(y, "y")
    foot = _arguments.number(base, "base")
    return _core.Mark.of_columns([x, x], [foot, y], make(*_core.VERTEX_COLUMNS))


def _given(name: Any, of: str) -> str:
    if name is None:
        raise BadArgument(
            f"{of} is missing; give the names of the columns x and y, or that of shapes as geometry"
        )
    return _arguments.text(name, of)


def _alone(x: Any, y: Any) -> None:
    if x is not None or y is not None:
        raise BadArgument("x and y are for rows of numbers, geometry is for shapes; give only one of these")


def _is_several(value: Any) -> bool:
    return not isinstance(value, str) and hasattr(value, "__len__")


def _coordinates(value: Any, of: str) -> list[str | float]:
    """Names of columns, or places that are the same in all rows."""
    if not _is_several(value):
        raise BadArgument(
            f"{of} must be a list of columns (str) or of numbers, one for each vertex, as the other one is; not {value!r}"
        )
    if not len(value):
        raise BadArgument(f"{of} is empty; give one coordinate for each vertex")
    return [
        name if isinstance(name, str) else _arguments.number(name, f"{of}[{place}]")
        for place, name in enumerate(value)
    ]
