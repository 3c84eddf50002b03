"""What can be drawn on a `Figure` and on each of its `Axes`: the same methods, each of which adds one layer."""

from __future__ import annotations

from abc import abstractmethod

from . import _job
from ._layers import ImageLayer, Layer, RowLayer
from ._mesh_marks import MeshMarks
from ._shading import shading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal, Self, TypeAlias

    from ._canvas import _MethodName
    from ._reductions import Reduction

    _How: TypeAlias = Literal["eq_hist", "linear", "log", "cbrt"]

__all__ = ["Marks"]


class Marks(MeshMarks):
    """Methods that add layers; the first one added lies lowest."""

    @abstractmethod
    def _add(self, layer: Layer) -> None:
        """Take a layer."""

    def points(
        self,
        source: Any,
        x: str,
        y: str,
        color: Reduction | str | None = None,
        *,
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
        source, x, y, threads, memory, exact, progress
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
        return self._rows(
            _job.points(x, y), source, color, label, told, threads, memory, progress, exact=exact
        )

    def line(
        self,
        source: Any,
        x: str,
        y: str,
        color: Reduction | str | None = None,
        *,
        group: str | None = None,
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
        source, x, y, group, threads, memory, progress
            As in `Canvas.line`; read as by `points`.
        color : Reduction, optional
            What is folded in each pixel and shown by its colour; `count` by default.
        cmap, how, span, spread, alpha, min_alpha, label
            As in `points`; sparse lines are spread until they can be seen, by default.

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
        told = shading(cmap, how, span, spread=spread, alpha=alpha, min_alpha=min_alpha)
        return self._rows(_job.line(x, y, group), source, color, label, told, threads, memory, progress)

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

    def _rows(
        self,
        mark: Any,
        source: Any,
        color: Reduction | str | None,
        label: str | None,
        told: Any,
        threads: int | None,
        memory: str | int | None,
        progress: Callable[[int, int | None], object] | None,
        *,
        exact: bool = False,
    ) -> Self:
        """Add a layer of rows that a mark draws."""
        self._add(
            RowLayer(
                source,
                mark,
                color,
                label,
                told,
                threads=threads,
                memory=memory,
                exact=exact,
                progress=progress,
            )
        )
        return self
