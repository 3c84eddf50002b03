"""The grid that all pictures of a view are cut from.

Its unit is the home pixel: so many cover the whole data at first. A view shows pixels of ``m * 2**e`` home pixels, m from
4 to 7, laid from home's lower left corner on. So panning moves by whole pixels and shows the same cells again; every
pixel is a whole number of the cells of any tiles that are fine enough, and counts stay exact sums.
"""

from __future__ import annotations

from math import ceil, floor, frexp, inf, isfinite, ldexp, log10, nextafter

from .._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    _Span = tuple[float, float]
else:
    from typing import NamedTuple

__all__ = ["LARGEST_PIXEL", "Axis", "Grid", "Window", "snapped"]

#: A pixel is at most so many home pixels: the empty margin of home is wider, see `Axis`.
LARGEST_PIXEL = 8.0
#: Home goes this far beyond the data, of its length.
_MARGIN = 0.02
#: And so many home pixels at least; no whole number, for then the ends of the data would be edges of pixels.
_AROUND = LARGEST_PIXEL + 0.37
#: Data of less length than this, of their size, are one value.
_FLAT = 2**-40
#: Pixels that float64 can tell apart: so many of its steps each.
_STEPS = 16


def snapped(size: float, up: bool = False) -> float:
    """The pixel size of the grid nearest to another, or the least that is no smaller."""
    mantissa, exponent = frexp(size)  # from 1/2 up to 1
    eighths = ceil(mantissa * 8 - 1e-9) if up else round(mantissa * 8)
    return ldexp(eighths, exponent - 3)


class Window(NamedTuple):
    """Pixels of one size: column and row of the lower left one, how many, and their sides in home pixels."""

    column: int
    row: int
    columns: int
    rows: int
    width: float
    height: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top in home pixels."""
        return (
            self.column * self.width,
            self.row * self.height,
            (self.column + self.columns) * self.width,
            (self.row + self.rows) * self.height,
        )

    def holds(self, other: Window) -> bool:
        """Whether the other one is a part of it, of the same pixels."""
        return (
            (self.width, self.height) == (other.width, other.height)
            and self.column <= other.column
            and self.row <= other.row
            and self.column + self.columns >= other.column + other.columns
            and self.row + self.rows >= other.row + other.rows
        )

    def grown(self, most: int, by: float = 0.25) -> Window:
        """The same with a margin of `by` times its size for what is looked at next, of up to `most` pixels in all."""
        share = min(by, ((most / (self.columns * self.rows)) ** 0.5 - 1) / 2)
        if share <= 0:
            return self
        across, along = int(self.columns * share), int(self.rows * share)
        return self._replace(
            column=self.column - across,
            row=self.row - along,
            columns=self.columns + 2 * across,
            rows=self.rows + 2 * along,
        )


class Axis:
    """One axis of home: so many pixels over the range of the data and a margin.

    The margin is wider than the largest pixel, so that no value lies on home's edge, and what is cut off there is empty.
    """

    def __init__(
        self, name: str, label: str, kind: str, start: float, end: float, scale: str, pixels: int
    ) -> None:
        if not (isfinite(start) and isfinite(end)):
            raise BadArgument(f"{name}_range must be finite, not ({start}, {end})")
        self.name, self.label, self.kind, self.scale, self.pixels = name, label, kind, scale, pixels
        low, high = self._place(start), self._place(end)
        if high - low <= max(abs(low), abs(high)) * _FLAT:
            around = 0.5 if scale == "log" else max(0.5, abs(low) * 2**-20)
            low, high = low - around, high + around
        margin = max(_MARGIN, _AROUND / (pixels - 2 * _AROUND)) * (high - low)
        self._first, self._step = low - margin, (high - low + 2 * margin) / pixels
        self._last = high + margin

    def _place(self, value: float) -> float:
        return log10(value) if self.scale == "log" else value

    def value(self, home: float) -> float:
        """The data value at a place given in home pixels."""
        share = home / self.pixels
        place = self._first * (1 - share) + self._last * share
        if self.scale != "log":
            return place
        return float(10**place) if place < 308 else 1.7e308

    def home(self, value: float) -> float:
        """The place of a data value, in home pixels."""
        if self.scale == "log" and value <= 0:
            raise BadArgument(f"{self.name}_range must be above 0 on a logarithmic axis, not {value}")
        return (self._place(value) - self._first) / self._step

    @property
    def least(self) -> float:
        """The least pixel that float64 can place, in home pixels."""
        greatest = max(abs(self._first), abs(self._last))
        return min(1.0, snapped((nextafter(greatest, inf) - greatest) * _STEPS / self._step, up=True))

    def told(self) -> dict[str, Any]:
        """What the page needs for its ticks; places on a logarithmic axis are logarithms."""
        return {
            "label": self.label,
            "kind": self.kind,
            "scale": self.scale,
            "first": self._first,
            "last": self._last,
            "pixels": self.pixels,
            "least": self.least,
            "most": LARGEST_PIXEL,
        }


class Grid(NamedTuple):
    """Both axes."""

    x: Axis
    y: Axis

    @property
    def home(self) -> Window:
        """All of it, in pixels of one."""
        return Window(0, 0, self.x.pixels, self.y.pixels, 1.0, 1.0)

    def ranges(self, window: Window) -> tuple[tuple[float, float], tuple[float, float]]:
        """The data that a window shows along x and along y."""
        left, bottom, right, top = window.box
        return (self.x.value(left), self.x.value(right)), (self.y.value(bottom), self.y.value(top))

    def showing(self, window: Window, x_range: _Span | None, y_range: _Span | None) -> Window:
        """A window as large as another that shows ranges in its middle, to half a pixel; what is None stays."""
        if x_range is not None:
            column, width = _fitted(self.x, x_range, window.columns)
            window = window._replace(column=column, width=width)
        if y_range is not None:
            row, height = _fitted(self.y, y_range, window.rows)
            window = window._replace(row=row, height=height)
        return window

    def checked(self, window: Window) -> Window:
        """A window with pixels of this grid.

        Raises
        ------
        BadArgument
            If its pixels are none of the grid's, or too small for float64.
        """
        for axis, size in ((self.x, window.width), (self.y, window.height)):
            if not axis.least <= size <= LARGEST_PIXEL or snapped(size) != size:
                raise BadArgument(f"a pixel along {axis.name} cannot be {size!r} home pixels")
        return window


def _fitted(axis: Axis, ends: _Span, pixels: int) -> tuple[int, float]:
    low, high = axis.home(ends[0]), axis.home(ends[1])
    size = min(max(snapped((high - low) / pixels, up=True), axis.least), LARGEST_PIXEL)
    return floor((low + high) / (2 * size) - pixels / 2 + 0.5), size
