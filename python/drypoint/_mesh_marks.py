"""Meshes, tables and bars on a `Figure` and its `Axes`: the methods that add them."""

from __future__ import annotations

from abc import ABC, abstractmethod

from . import _arguments
from ._shading import shading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, Self, TypeAlias

    from ._layers import Layer
    from ._reductions import Reduction

    _How: TypeAlias = Literal["eq_hist", "linear", "log", "cbrt"]

__all__ = ["MeshMarks"]

#: What bars of one kind are filled with.
BARS = "#4477aa"
#: Cells of a table along an axis of numbers.
CELLS = 24


class MeshMarks(ABC):
    """Methods that add layers of meshes, tables and bars."""

    @abstractmethod
    def _add(self, layer: Layer) -> None:
        """Take a layer."""

    def trimesh(
        self,
        vertices: Any,
        triangles: Any,
        color: Reduction | str | None = None,
        *,
        x: str | None = None,
        y: str | None = None,
        corners: Sequence[str] | None = None,
        interpolate: bool = True,
        cmap: Any = None,
        how: _How = "linear",
        span: tuple[float, float] | None = None,
        alpha: int = 255,
        label: str | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Add triangles between vertices.

        Parameters
        ----------
        vertices, triangles, x, y, corners, interpolate, threads, memory, progress
            As in `Canvas.trimesh`.
        color : Reduction, optional
            What is folded in each pixel and shown by its colour: ``reduction`` of `Canvas.trimesh`.
        cmap, how, span, alpha
            As in `Aggregate.shade`; values are spread over the colours as they are, by default.
        label : str, optional
            What stands above the colour bar; made from `color` by default.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument, MissingColumn
            At once; other errors of `Canvas.trimesh` when it is drawn.

        Examples
        --------
        >>> import drypoint as dp
        >>> import numpy as np
        >>> corners = np.array([[0.0, 0, 1], [4, 0, 1], [0, 4, 5]])
        >>> dp.Figure(400, 300).trimesh(corners, np.array([[0, 1, 2]]))
        <Figure 400 × 300: mesh, mean('z')>
        """
        from ._mesh_layers import MeshLayer
        from ._meshes import Triangles

        mesh = Triangles(vertices, triangles, color, x, y, corners, interpolate, threads, memory, progress)
        self._add(MeshLayer(mesh, label, shading(cmap, how, span, spread=0, alpha=alpha)))
        return self

    def quadmesh(
        self,
        values: Any,
        x: Any = None,
        y: Any = None,
        color: Reduction | str = "mean",
        *,
        cmap: Any = None,
        how: _How = "linear",
        span: tuple[float, float] | None = None,
        alpha: int = 255,
        label: str | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Add an array whose rows and columns are not even, or not straight.

        Parameters
        ----------
        values, x, y, threads, memory, progress
            As in `Canvas.quadmesh`.
        color : str or Reduction, default "mean"
            What is folded of the items of each pixel: ``reduction`` of `Canvas.quadmesh`.
        cmap, how, span, alpha
            As in `Aggregate.shade`; values are spread over the colours as they are, by default.
        label : str, optional
            What stands above the colour bar; made from `color` by default.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument, UnsupportedData
            At once; other errors of `Canvas.quadmesh` when it is drawn.

        Examples
        --------
        >>> import drypoint as dp
        >>> import numpy as np
        >>> dp.Figure(400, 300).quadmesh(np.array([[1.0, 2.0]]), x=[0, 1, 4], y=[0, 1])
        <Figure 400 × 300: mesh, mean('value')>
        """
        from ._mesh_layers import MeshLayer
        from ._meshes import Quads

        mesh = Quads(values, x, y, color, threads, memory, progress)
        self._add(MeshLayer(mesh, label, shading(cmap, how, span, spread=0, alpha=alpha)))
        return self

    def histogram(
        self,
        source: Any,
        x: str,
        *,
        bins: Any = "auto",
        weights: str | None = None,
        by: str | None = None,
        density: bool = False,
        cumulative: bool = False,
        stacked: bool = True,
        cmap: Any = None,
        alpha: int = 255,
        label: str | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Add the histogram of a column as bars.

        Parameters
        ----------
        source : anything `scan` takes
            Rows; never held as a whole.
        x : str
            A column of numbers, dates or truth values.
        bins : int, rule or array, default "auto"
            As in `histogram`; ``"auto"`` with `weights` is 50 bins.
        weights, by, density, cumulative
            As in `histogram`.
        stacked : bool, default True
            With `by`: whether the bars of categories stand on each other, in their order; otherwise all stand on 0, and
            colours mix where they overlap.
        cmap : colour, or as in `Aggregate.shade`, optional
            Of all bars, or with `by` of each category.
        alpha : int, default 255
            Opacity, from 0 to 255.
        label : str, optional
            What a legend calls the bars, or what stands above that of the categories.
        threads, memory, progress
            As in `Canvas.points`.

        Returns
        -------
        Figure or Axes
            Itself. Bars are between the edges of the bins to the nearest pixel, with a gap of a pixel of the page between
            them where there is room.

        Raises
        ------
        BadArgument
            At once; other errors of `histogram` when it is drawn.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> dp.Figure(400, 300).histogram({"v": array("d", [1, 2, 2, 3])}, "v", bins=3)
        <Figure 400 × 300: histogram of v>
        """
        from ._histogram import _bins
        from ._mesh_layers import HistogramLayer

        if isinstance(bins, str):
            bins = 50 if bins == "auto" and weights is not None else _bins(bins, None)
        cmap = BARS if cmap is None and by is None else cmap
        told = shading(cmap, None, None, spread=0, alpha=alpha, min_alpha=255)
        layer = HistogramLayer(
            source,
            x,
            label,
            told,
            bins=bins,
            weights=_arguments.optional(_arguments.text, weights, "weights"),
            by=by,
            density=_arguments.flag(density, "density"),
            cumulative=_arguments.flag(cumulative, "cumulative"),
            stacked=stacked,
            threads=threads,
            memory=memory,
            progress=progress,
        )
        self._add(layer)
        return self

    def heatmap(
        self,
        source: Any,
        x: str,
        y: str,
        color: Reduction | str | None = None,
        *,
        order: Literal["sorted", "appearance", "count"] = "sorted",
        categories: Sequence[str] = (),
        bins: int | tuple[int, int] = CELLS,
        labels: bool = False,
        cmap: Any = None,
        how: _How = "linear",
        span: tuple[float, float] | None = None,
        alpha: int = 255,
        label: str | None = None,
        max_categories: int = 256,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Add a table: a rectangle for each pair of categories, coloured by what is folded of its rows.

        Parameters
        ----------
        source, x, y, order, categories, max_categories, threads, memory, progress
            As in `Canvas.heatmap`.
        color : Reduction, optional
            What is folded in each cell and shown by its colour; `count` by default.
        bins : int, or two, default 24
            Cells along axes of numbers: of x and of y.
        labels : bool, default False
            Whether the value of each cell stands in it.
        cmap, how, span, alpha
            As in `Aggregate.shade`; values are spread over the colours as they are, by default.
        label : str, optional
            What stands above the colour bar; made from `color` by default.

        Returns
        -------
        Figure or Axes
            Itself. Ticks are the names of the categories.

        Raises
        ------
        BadArgument
            At once; other errors of `Canvas.heatmap` when it is drawn.

        Examples
        --------
        >>> import drypoint as dp
        >>> rows = {"day": ["Mon", "Tue", "Mon"], "kind": ["a", "a", "b"]}
        >>> dp.Figure(400, 300).heatmap(rows, "day", "kind", labels=True)
        <Figure 400 × 300: kind by day, count()>
        """
        from ._mesh_layers import HeatmapLayer

        across, up = bins if isinstance(bins, tuple) and len(bins) == 2 else (bins, bins)
        layer = HeatmapLayer(
            source,
            x,
            y,
            color,
            label,
            shading(cmap, how, span, spread=0, alpha=alpha),
            bins=(_arguments.whole(across, "bins", 1), _arguments.whole(up, "bins", 1)),
            labels=labels,
            order=order,
            categories=categories,
            max_categories=max_categories,
            threads=threads,
            memory=memory,
            progress=progress,
        )
        self._add(layer)
        return self
