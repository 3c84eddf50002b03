"""Which data an axes shows, and on which pixels.

The window of a fold is the limits of the axes, to the bit; its pixels are those that the renderer gives the axes. A raster
renderer cuts at whole pixels, so the edges are rounded as Matplotlib's own images round them: a point is then at most
half a pixel from where a vector would be, and a tight bounding box, which moves an axes by parts of a pixel, costs no other fold.
"""

from __future__ import annotations

from math import ceil, floor

from .._canvas import Canvas
from .._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    from ._units import Line
else:
    from typing import NamedTuple

__all__ = ["Box", "Window", "box_of", "scales_of", "window_of"]

_SCALES = ("linear", "log")


class Box(NamedTuple):
    """Where an axes lies on a page, in display units, and how many pixels that is."""

    left: float
    bottom: float
    width: float
    height: float
    columns: int
    rows: int


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


def box_of(axes: Any, renderer: Any) -> Box | None:
    """The pixels of an axes on a renderer; at the figure's own dpi without one. None if there are none."""
    x0, y0, x1, y1 = (float(edge) for edge in axes.bbox.extents)
    magnification = 1.0 if renderer is None else float(renderer.get_image_magnification())
    if not (x1 > x0 and y1 > y0):
        return None
    if renderer is not None and renderer.option_scale_image():
        columns, rows = round((x1 - x0) * magnification), round((y1 - y0) * magnification)
        return Box(x0, y0, x1 - x0, y1 - y0, max(columns, 1), max(rows, 1))
    left, right = floor(x0 * magnification + 0.5), floor(x1 * magnification + 0.5 + 1e-8)
    bottom, top = ceil(y0 * magnification - 0.5 - 1e-8), ceil(y1 * magnification - 0.5)
    columns, rows = right - left, top - bottom
    if columns < 1 or rows < 1:
        return None
    return Box(
        left / magnification,
        bottom / magnification,
        columns / magnification,
        rows / magnification,
        columns,
        rows,
    )


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


def window_of(axes: Any, box: Box, x_line: Line, y_line: Line, resolution: float) -> Window:
    """What the axes shows at this moment, in the columns' own units."""
    x_scale, y_scale = scales_of(axes)
    x_limits, y_limits = axes.get_xlim(), axes.get_ylim()
    return Window(
        max(1, round(box.columns * resolution)),
        max(1, round(box.rows * resolution)),
        _range(x_limits, x_line),
        _range(y_limits, y_line),
        x_scale,
        y_scale,
        bool(x_limits[0] > x_limits[1]),
        bool(y_limits[0] > y_limits[1]),
    )


def _range(limits: Any, line: Line) -> tuple[float, float]:
    first, last = sorted((float(limits[0]), float(limits[1])))
    return line.value(first), line.value(last)
