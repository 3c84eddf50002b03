"""Where the values of a column stand on an axis of Matplotlib.

Instants are days on a date axis, since an epoch that can be set, and whatever else a program's own converter says.
So the converter itself is asked for two instants ten days apart: every converter of time is a straight line.
"""

from __future__ import annotations

import re

import numpy

from .._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["PLAIN", "Line", "line_of"]

#: What one day is in the unit of a column.
_PER_DAY = {"s": 86_400.0, "ms": 86_400e3, "us": 86_400e6, "ns": 86_400e9}

_DAYS = 10
_INSTANTS = numpy.array([0, _DAYS], "M8[D]").astype("M8[us]")


class Line:
    """A straight line between a column's values and places on an axis.

    Parameters
    ----------
    origin : float
        The place of the value 0.
    slope : float
        What one unit of the column is on the axis.
    """

    def __init__(self, origin: float = 0.0, slope: float = 1.0) -> None:
        self.origin = origin
        self.slope = slope

    def __repr__(self) -> str:
        return f"Line({self.origin}, {self.slope})"

    def place(self, value: float) -> float:
        """The place on the axis of a value of the column."""
        return value if self.is_plain else self.origin + self.slope * value

    def value(self, place: float) -> float:
        """The column's value at a place on the axis."""
        return place if self.is_plain else (place - self.origin) / self.slope

    @property
    def is_plain(self) -> bool:
        """Whether places are values."""
        return self.origin == 0.0 and self.slope == 1.0


PLAIN = Line()


def line_of(axis: Any, kind: str, column: str) -> Line:
    """How the values of a column are placed on an axis; an axis without units becomes a date axis for instants.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        Asked for its converter.
    kind : str
        The column's type, as `Source.schema` has it.
    column : str
        Its name, for messages.

    Returns
    -------
    Line

    Raises
    ------
    BadArgument
        If the axis has a converter that cannot place instants.
    """
    per_day = _per_day(kind)
    if per_day is None:
        return PLAIN
    if not axis.have_units():
        axis.update_units(_INSTANTS)
    try:
        first, last = (float(place) for place in axis.convert_units(_INSTANTS))
    except (TypeError, ValueError, AttributeError):
        first = last = numpy.nan
    slope = (last - first) / _DAYS / per_day
    if not (numpy.isfinite(first) and slope > 0):
        raise BadArgument(
            f"column {column!r} holds instants ({kind}), and the {axis.axis_name} axis places something else on it; "
            f"use an axis without units, or a date axis"
        )
    return Line(first, slope)


def _per_day(kind: str) -> float | None:
    """Units of the column in a day, None for what is no instant."""
    if kind == "date":
        return 1.0
    unit = re.match(r"timestamp\[(s|ms|us|ns)\b", kind)
    return None if unit is None else _PER_DAY[unit[1]]
