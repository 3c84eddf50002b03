"""Which data an axes shows, and on which pixels.

A raster renderer cuts an axes at whole pixels, wherever it lies. Cells of exactly one pixel are therefore laid
from the left and lower limits on, as many as the axes can ever show; where it is a part of a pixel wide the last
of them reaches beyond it, and is cut off when that is needed. So a tight bounding box, which moves an axes by
parts of a pixel, costs no other fold, and a point is at most half a pixel from where a vector would be. Where axes
are whole pixels wide, the window is their limits to the bit.
"""

from __future__ import annotations

from math import ceil, exp, floor, isfinite, log

from .._canvas import Canvas
from .._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    from ._units import Line
else:
    from typing import NamedTuple

__all__ = ["Box", "Window", "box_of", "check_axes", "scales_of", "window_of"]

_SCALES = ("linear", "log")

#: A part of a pixel that is only what the arithmetic of transforms leaves over.
_NOTHING = 1e-6


class Side(NamedTuple):
    """One side of an axes on a page."""

    #: Where it begins and how long it is, in display units.
    start: float
    length: float
    #: Pixels it shows at this place, at any place at most, and how long it is in them.
    pixels: int
    most: int
    exact: float


class Box(NamedTuple):
    """Where an axes lies on a page."""

    x: Side
    y: Side


class Window(NamedTuple):
    """What a fold needs to know; equal windows give equal aggregates."""

    columns: int
    rows: int
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_scale: str
    y_scale: str
    x_flipped: bool
    y_flipped: bool

    def canvas(self) -> Canvas:
        """The canvas to fold on; an inverted axis is turned around afterwards."""
        return Canvas(
            self.columns,
            self.rows,
            x_range=self.x_range,
            y_range=self.y_range,
            x_scale=self.x_scale,  # type: ignore[arg-type]
            y_scale=self.y_scale,  # type: ignore[arg-type]
        )

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of the aggregate at a place, in the columns' own units; None beyond the window."""
        column = _cell(x, self.x_range, self.x_scale, self.columns)
        row = _cell(y, self.y_range, self.y_scale, self.rows)
        return None if row is None or column is None else (row, column)


def box_of(axes: Any, renderer: Any) -> Box | None:
    """The pixels of an axes on a renderer; at the figure's own dpi without one. None if there are none."""
    x0, y0, x1, y1 = (float(edge) for edge in axes.bbox.extents)
    if not (x1 > x0 and y1 > y0):
        return None
    magnification = 1.0 if renderer is None else float(renderer.get_image_magnification())
    if renderer is not None and renderer.option_scale_image():
        return Box(_stretched(x0, x1, magnification), _stretched(y0, y1, magnification))
    # As Matplotlib's images are rounded: halves to the left and upwards, since rows count from the top.
    left, right = floor(x0 * magnification + 0.5), floor(x1 * magnification + 0.5 + 1e-8)
    bottom, top = ceil(y0 * magnification - 0.5 - 1e-8), ceil(y1 * magnification - 0.5)
    if right <= left or top <= bottom:
        return None
    return Box(_cut(left, right, x1 - x0, magnification), _cut(bottom, top, y1 - y0, magnification))


def _stretched(start: float, end: float, magnification: float) -> Side:
    """A side that pixels are laid along exactly, whatever their size becomes."""
    pixels = max(1, round((end - start) * magnification))
    return Side(start, end - start, pixels, pixels, float(pixels))


def _cut(start: int, end: int, length: float, magnification: float) -> Side:
    """A side that shows whole pixels."""
    exact = round(length * magnification, 6)
    most = round(exact) if abs(exact - round(exact)) <= _NOTHING else floor(exact) + 1
    exact = float(most) if abs(exact - most) <= _NOTHING else exact
    pixels = min(end - start, most)
    return Side(start / magnification, pixels / magnification, pixels, max(most, 1), exact)


def scales_of(axes: Any) -> tuple[str, str]:
    """The scales of both axes.

    Raises
    ------
    BadArgument
        If one is neither linear nor logarithmic.
    """
    scales = (str(axes.get_xscale()), str(axes.get_yscale()))
    for name, scale in zip("xy", scales, strict=True):
        if scale not in _SCALES:
            raise BadArgument(
                f"the {name} axis has the scale {scale!r}; points are folded on 'linear' and 'log'"
            )
    return scales


def check_axes(axes: Any) -> None:
    """An axes on which x and y are apart and straight.

    Raises
    ------
    BadArgument
        If it is something else.
    """
    data = getattr(axes, "transData", None)
    if data is None or not hasattr(axes, "add_image"):
        raise BadArgument(f"ax must be an axes of Matplotlib, not {axes!r}")
    if hasattr(axes, "zaxis") or not data.is_separable:
        raise BadArgument(
            f"an axes of the kind {axes.name!r} bends or turns what is drawn in it; use a plain one"
        )
    scales_of(axes)


def window_of(axes: Any, box: Box, x_line: Line, y_line: Line, resolution: float) -> Window:
    """What the axes shows at this moment, in the columns' own units."""
    x_scale, y_scale = scales_of(axes)
    x_limits, y_limits = axes.get_xlim(), axes.get_ylim()
    return Window(
        max(1, round(box.x.most * resolution)),
        max(1, round(box.y.most * resolution)),
        _range(x_limits, box.x, x_scale, x_line),
        _range(y_limits, box.y, y_scale, y_line),
        x_scale,
        y_scale,
        bool(x_limits[0] > x_limits[1]),
        bool(y_limits[0] > y_limits[1]),
    )


def _range(limits: Any, side: Side, scale: str, line: Line) -> tuple[float, float]:
    first, last = float(limits[0]), float(limits[1])
    if side.most != side.exact:
        share = side.most / side.exact
        last = first * exp(log(last / first) * share) if scale == "log" else first + (last - first) * share
    first, last = sorted((first, last))
    return line.value(first), line.value(last)


def _cell(value: float, ends: tuple[float, float], scale: str, cells: int) -> int | None:
    first, last = ends
    if scale == "log":
        if value <= 0:
            return None
        value, first, last = log(value), log(first), log(last)
    share = (value - first) / (last - first)
    return min(int(share * cells), cells - 1) if isfinite(share) and 0 <= share <= 1 else None
