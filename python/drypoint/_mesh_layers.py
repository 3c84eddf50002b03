"""Layers of meshes, tables and bars: each finds what it reaches, and is then drawn on the pixels of its axes."""

from __future__ import annotations

from abc import abstractmethod

from . import _arguments, _core, _job
from ._aggregate import Aggregate
from ._canvas import Canvas
from ._image import Image
from ._layers import Layer
from ._reductions import as_reduction
from ._streams import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ._histogram import Histogram
    from ._meshes import Quads, Triangles
    from ._reductions import Reduction
    from ._streams import Source

__all__ = ["HeatmapLayer", "HistogramLayer", "MeshLayer"]


class _AxesLayer(Layer):
    """A layer that is told its axes before it is drawn."""

    def __init__(self, label: str | None, shading: _core.ShadingSpec) -> None:
        super().__init__(label, shading)
        self._told: Canvas | None = None
        self._axes: list[_core._AxisTuple] = []

    @property
    def canvas(self) -> Canvas:
        """Ranges and scales of the axes, as far as they are given."""
        assert self._told is not None
        return self._told

    def begin(self, canvas: Canvas, page: _core.PageSpec) -> None:
        self._told = canvas

    def ranges(self) -> _core.Ranges:
        self._axes = self._find()
        given = [self.canvas.x_range is not None, self.canvas.y_range is not None]
        return _core.ranges_of(self._axes[0], self._axes[1], given, self._categories())

    def draw(self, page: _core.Page, axes: int, place: int) -> None:
        width, height, x_range, y_range = page.canvas(axes, place)
        placed: list[_core._AxisTuple] = [
            (pixels, span, scale, unit)
            for (pixels, span), (_, _, scale, unit) in zip(
                ((width, x_range), (height, y_range)), self._axes, strict=True
            )
        ]
        self.drawn = self._draw(placed)

    def forget(self) -> None:
        self._told = None

    @abstractmethod
    def _find(self) -> list[_core._AxisTuple]:
        """The axes that show all of it, or what is given of them."""

    @abstractmethod
    def _draw(self, axes: Sequence[_core._AxisTuple]) -> Aggregate:
        """Draw it on these axes."""

    def _categories(self) -> list[str]:
        return []


class MeshLayer(_AxesLayer):
    """Triangles, or an array between edges or corners."""

    def __init__(self, mesh: Triangles | Quads, label: str | None, shading: _core.ShadingSpec) -> None:
        if label is None and mesh.fold.name == "mode":
            label = f"mode of {mesh.fold.column}"
        super().__init__(label, shading)
        self._mesh: Triangles | Quads | None = mesh
        self._names = mesh.x, mesh.y
        self._fold = mesh.fold

    @property
    def mesh(self) -> Triangles | Quads:
        """What is drawn."""
        assert self._mesh is not None
        return self._mesh

    @property
    def one_shot(self) -> bool:
        return bool(getattr(self._mesh, "one_shot", False))

    def _marked(self) -> tuple[_core.Mark | None, tuple[Any, ...] | None]:
        # A page knows no modes; what it would say of one is in the label.
        spec = ("first", self._fold.column, None) if self._fold.name == "mode" else self._fold._spec()
        return _core.Mark.points(*self._names), spec

    def _find(self) -> list[_core._AxisTuple]:
        return self.mesh.axes(self.canvas)

    def _draw(self, axes: Sequence[_core._AxisTuple]) -> Aggregate:
        return self.mesh.draw(axes)

    def forget(self) -> None:
        super().forget()
        if self._mesh is not None and hasattr(self._mesh, "close"):
            self._mesh.close()
        self._mesh = None

    def title(self) -> str:
        return f"mesh, {self._fold}"


class HeatmapLayer(Layer):
    """A table of categories: a rectangle for each cell."""

    def __init__(
        self,
        source: Any,
        x: str,
        y: str,
        color: Reduction | str | None,
        label: str | None,
        shading: _core.ShadingSpec,
        *,
        bins: tuple[int, int],
        labels: bool,
        **options: Any,
    ) -> None:
        self._fold = as_reduction(color)
        if label is None and self._fold.name == "count":
            label = "count" if self._fold.column is None else f"count of {self._fold.column}"
        super().__init__(label, shading)
        self._rows: Source | None = scan(source)
        self._names = _arguments.text(x, "x"), _arguments.text(y, "y")
        self._bins = bins
        self._labels = _arguments.flag(labels, "labels")
        self._options = options
        self._told: Canvas | None = None
        self._table: Aggregate | None = None

    @property
    def one_shot(self) -> bool:
        return self._rows is not None and self._rows.one_shot

    def _marked(self) -> tuple[_core.Mark | None, tuple[Any, ...] | None]:
        return _core.Mark.points(*self._names), self._fold._spec()

    def begin(self, canvas: Canvas, page: _core.PageSpec) -> None:
        self._told = canvas

    def ranges(self) -> _core.Ranges:
        told = self._told
        assert told is not None
        canvas = Canvas(
            *self._bins,
            x_range=told.x_range,
            y_range=told.y_range,
            x_scale=told.x_scale,  # type: ignore[arg-type]
            y_scale=told.y_scale,  # type: ignore[arg-type]
        )
        self._table = canvas.heatmap(self._rows, *self._names, self._fold, **self._options)
        given = [told.x_range is not None, told.y_range is not None]
        return _core.ranges_around(self._table._inner, given)

    def draw(self, page: _core.Page, axes: int, place: int) -> None:
        assert self._table is not None
        width, height, x_range, y_range = page.canvas(axes, place)
        self.drawn = Aggregate(_core.enlarged(self._table._inner, (width, height), x_range, y_range))
        if self._labels:
            seen = Image(page.shade(axes, place, self._table._inner))
            self.notes = self._written(seen)

    def _written(self, shaded: Image) -> list[_core.Note]:
        """A number in each cell, dark on light cells and light on dark ones."""
        import numpy

        table = self._table
        assert table is not None
        values = numpy.asarray(table)
        if values.ndim == 3:
            values = values.sum(axis=2)
        seen = numpy.asarray(shaded)[::-1]
        xs, ys = table._inner.centres("x"), table._inner.centres("y")
        notes = []
        for row, y in enumerate(ys):
            for column, x in enumerate(xs):
                value = values[row, column]
                if value == value and value != 0:
                    red, green, blue, opacity = (int(part) for part in seen[row, column])
                    light = opacity < 128 or 0.299 * red + 0.587 * green + 0.114 * blue > 140
                    words = f"{value:,}" if values.dtype.kind in "iu" else f"{value:,.3g}"
                    ink = "#202020" if light else "#f4f4f4"
                    notes.append(_core.Note.text((x, y), words, None, ink, "centre"))
        return notes

    def forget(self) -> None:
        self._rows = self._told = self._table = None

    def title(self) -> str:
        x, y = self._names
        return f"{y} by {x}, {self._fold}"


class HistogramLayer(_AxesLayer):
    """Bars between the edges of bins."""

    def __init__(
        self,
        source: Any,
        x: str,
        label: str | None,
        shading: _core.ShadingSpec,
        *,
        bins: Any,
        weights: str | None,
        by: str | None,
        density: bool,
        cumulative: bool,
        stacked: bool,
        threads: int | None,
        memory: str | int | None,
        progress: Callable[[int, int | None], object] | None,
    ) -> None:
        super().__init__(label, shading)
        self._rows: Source | None = scan(source)
        self._x = _arguments.text(x, "x")
        self._by = _arguments.optional(_arguments.text, by, "by")
        self._stacked = _arguments.flag(stacked, "stacked")
        self._memory = memory
        self._options = (bins, weights, by, density, cumulative)
        self._running = (threads, memory, progress)
        self._made: Histogram | None = None
        self._units: str | None = None
        self._said = "sum of " + weights if weights is not None else "count"
        if density:
            self._said = "share" if cumulative else "density"

    @property
    def one_shot(self) -> bool:
        return self._rows is not None and self._rows.one_shot

    def _marked(self) -> tuple[_core.Mark | None, tuple[Any, ...] | None]:
        seen = ("any", None, None)
        return _core.Mark.points(self._x, self._said), seen if self._by is None else ("by", self._by, seen)

    def _find(self) -> list[_core._AxisTuple]:
        from ._canvas import _is_listed
        from ._histogram import binned
        from ._meshes import _axes

        assert self._rows is not None
        bins, weights, by, density, cumulative = self._options
        threads, memory, progress = self._running
        told = self.canvas
        span = None if _is_listed(bins) else told.x_range
        made = binned(
            self._rows,
            self._x,
            bins,
            span,
            weights,
            by,
            density,
            cumulative,
            told.x_scale,
            threads,
            memory,
            progress,
        )
        self._made = made
        import numpy

        edges = made.edges
        if edges.dtype.kind == "M":
            self._units = edges.dtype.str.partition("[")[2][:-1]
            edges = edges.astype("int64")
        self._edges = [float(edge) for edge in edges]
        heights = numpy.atleast_2d(numpy.asarray(made.counts, float))
        self._heights = heights
        tops = heights.sum(axis=0) if self._stacked else heights.max(axis=0, initial=0)
        # A little air above the highest bar; on a logarithmic axis bars of one are seen.
        top = float(tops.max(initial=0)) or 1.0
        low = 0.0
        if told.y_scale == "log":
            low = float(heights[heights > 0].min(initial=top)) / 2
        found = [(self._edges[0], self._edges[-1]), (low, top * (1.05 if low == 0 else 1.3))]
        return _axes(told, found, [self._units, None], self._rows.name, "value")

    def _categories(self) -> list[str]:
        return [] if self._made is None else self._made.categories

    def _draw(self, axes: Sequence[_core._AxisTuple]) -> Aggregate:
        assert self._made is not None
        # As wide as a pixel of the page.
        gap = max(1, round(axes[0][0] / (0.9 * self.canvas.width)))
        by = None if self._by is None else (self._by, self._made.categories)
        heights = [float(height) for height in self._heights.ravel()]
        core = _core.bars(
            axes[0],
            axes[1],
            self._edges,
            heights,
            by,
            self._stacked,
            gap,
            (self._made.rows, self._made.skipped),
            _job.ceiling(self._memory),
        )
        return Aggregate(core)

    def forget(self) -> None:
        super().forget()
        self._rows = self._made = None

    def title(self) -> str:
        return f"histogram of {self._x}"
