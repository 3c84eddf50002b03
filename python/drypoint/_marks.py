"""What can be drawn on a `Figure` and on each of its `Axes`: the same methods, each of which adds one layer."""

from __future__ import annotations

from . import _arguments, _job, _shapes
from ._layers import ImageLayer
from ._mesh_marks import MeshMarks
from ._reductions import as_shaded
from ._shading import shading
from ._shape_marks import ShapeMarks
from ._streams import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, Self, TypeAlias

    from ._canvas import _MethodName, _StepName
    from ._reductions import Reduction

    _How: TypeAlias = Literal["eq_hist", "linear", "log", "cbrt"]

__all__ = ["Marks"]


#: Of antialiased lines in one colour, by theme.
_INKS = {"light": "#190436", "dark": "#e6f5f2"}


class Marks(ShapeMarks, MeshMarks):
    """Methods that add layers; the first one added lies lowest."""

    def points(
        self,
        source: Any,
        x: str | None = None,
        y: str | None = None,
        color: Reduction | str | None = None,
        *,
        geometry: str | None = None,
        cmap: Any = None,
        how: _How | None = None,
        span: tuple[float, float] | None = None,
        spread: int | None = None,
        alpha: int = 255,
        min_alpha: int | None = None,
        label: str | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        exact: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Add the points of a source, one pixel for each pixel of the plot area.

        Parameters
        ----------
        source, x, y, geometry, threads, memory, exact, progress
            As in `Canvas.points`. The source is read when the figure is first needed: saved, shown, or asked for its
            aggregate; a stream that can be read only once is kept on disk meanwhile, compressed, if there are several
            layers.
        color : Reduction, optional
            What is folded in each pixel and shown by its colour; `count` by default.
        cmap, how, span, alpha
            As in `Aggregate.shade`. A single colour gives all that is drawn this colour.
        spread : int, optional
            As in `Aggregate.shade`; sparse data is spread until it can be seen, by default.
        min_alpha : int, optional
            As in `Aggregate.shade`; 150 by default.
        label : str, optional
            What stands above the layer's colour bar or legend, or beside its colour if it has only one; made from `color`
            by default. ``""`` leaves the key out.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument, MissingColumn, NotNumeric
            At once, where the source is known before it is read; other errors of `Canvas.points` when it is drawn.
        """
        told = shading(cmap, how, span, spread=spread, alpha=alpha, min_alpha=min_alpha)
        mark = _shapes.points(x, y, geometry, _job.points)
        return self._rows(mark, source, color, label, told, threads, memory, progress, exact=exact)

    def line(
        self,
        source: Any,
        x: str | Sequence[str | float] | None = None,
        y: str | Sequence[str | float] | None = None,
        color: Reduction | str | None = None,
        *,
        geometry: str | None = None,
        group: str | None = None,
        line_width: float = 0,
        step: _StepName | None = None,
        self_intersect: bool = True,
        cmap: Any = None,
        how: _How | None = None,
        span: tuple[float, float] | None = None,
        spread: int | None = None,
        alpha: int = 255,
        min_alpha: int | None = None,
        label: str | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Add lines that join the rows of a source, one pixel for each pixel of the plot area.

        Parameters
        ----------
        source, x, y, geometry, group, step, self_intersect, threads, memory, progress
            As in `Canvas.line`; read as by `points`.
        line_width : float, default 0
            As in `Canvas.line`, in units of the page: at ``scale=2`` a line of width 1 is two pixels wide.
        color : Reduction, optional
            What is folded in each pixel and shown by its colour; `count` by default.
        cmap, how, span, spread, alpha, min_alpha, label
            As in `points`; sparse lines are spread until they can be seen, by default, antialiased ones are not, and
            those folded by `any` fade at their edges.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument, MissingColumn, NotNumeric
            As of `points`.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> corner = {"t": array("d", [0, 1, 2]), "v": array("d", [0, 3, 1])}
        >>> dp.Figure(400, 300).line(corner, "t", "v")
        <Figure 400 × 300: v over t, count()>
        """
        width = _arguments.number(line_width, "line_width")
        if width > 0:
            spread = 0 if spread is None else spread
            if as_shaded(color).name == "any" and (cmap, how, span) == (None, None, None):
                # What is covered in part is as transparent: edges fade into whatever lies below.
                ink = _INKS[self._sheet.theme]
                cmap, how, span = [f"{ink}00", f"{ink}ff"], "linear", (0.0, 1.0)
        told = shading(cmap, how, span, spread=spread, alpha=alpha, min_alpha=min_alpha)
        rows = scan(source)
        mark = _shapes.lines(
            rows,
            x,
            y,
            geometry,
            lambda x, y: _job.line(x, y, group, width * self._sheet.scale, step, self_intersect),
        )
        return self._rows(mark, rows, color, label, told, threads, memory, progress)

    def raster(
        self,
        array: Any,
        *,
        method: _MethodName = "area",
        extent: tuple[float, float, float, float] | None = None,
        origin: Literal["upper", "lower"] | None = None,
        cmap: Any = None,
        how: _How | None = "linear",
        span: tuple[float, float] | None = None,
        alpha: int = 255,
        label: str | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Add an array as an image.

        Parameters
        ----------
        array : array of shape (rows, columns), or of colours (rows, columns, 3 or 4)
            As of `Canvas.raster` and `Canvas.image`; an `Aggregate` too. Read when the figure is first needed.
        method, extent, origin, threads, memory, progress
            As in `Canvas.raster`.
        cmap, span, alpha
            As in `Aggregate.shade`; colours have their own.
        how : {"linear", "eq_hist", "log", "cbrt"}
            As in `Aggregate.shade`, but ``"linear"`` by default.
        label : str, optional
            What stands above the colour bar: the array's name, or "value", by default. ``""`` leaves the bar out.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument, UnsupportedData
            At once, as far as they can be told without reading; other errors when it is drawn.

        Examples
        --------
        >>> import drypoint as dp
        >>> import numpy as np
        >>> dp.Figure(400, 300).raster(np.eye(3), method="nearest")
        <Figure 400 × 300: image of 3 × 3>
        """
        from ._canvas import _origin
        from ._raster import Grid

        if label is None:
            name = getattr(array, "name", None)
            label = name if isinstance(name, str) and name else "value"
        grid = Grid(array, None, extent, _origin(origin))
        told = shading(cmap, how, span, spread=0, alpha=alpha)
        self._add(ImageLayer(grid, method, label, told, threads=threads, memory=memory, progress=progress))
        return self
