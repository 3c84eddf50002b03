"""What lies on axes: layers of data, and lines, bands and words. A layer is described when it is added and drawn when the
figure is first needed: only then are the ranges and the size of its axes known, which all layers share."""

from __future__ import annotations

from abc import ABC, abstractmethod

from . import _arguments, _core, _job
from ._aggregate import Aggregate, aggregate_of
from ._canvas import Canvas
from ._errors import BadArgument, UnsupportedData
from ._image import Image
from ._reductions import Reduction, as_shaded
from ._streams import Source, scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._raster import Grid

__all__ = ["ImageLayer", "Layer", "RowLayer"]


class Layer(ABC):
    """One layer: how it becomes colours, and what was drawn of it."""

    def __init__(self, label: str | None, shading: _core.ShadingSpec) -> None:
        self.label = _arguments.optional(_arguments.text, label, "label")
        self.shading = shading
        #: Whether its y belongs to the axis on the right.
        self.on_right = False
        #: The category that it shows alone.
        self.category: str | None = None
        self.drawn: Aggregate | Image | None = None
        #: Words that belong to it, once it is drawn.
        self.notes: list[_core.Note] = []

    def described(self) -> tuple[Any, ...]:
        """What the page needs to know of it."""
        return (*self._marked(), self.label, self.shading, self.on_right, self.category)

    @property
    def one_shot(self) -> bool:
        """Whether its data can be read only once."""
        return False

    @abstractmethod
    def _marked(self) -> tuple[_core.Mark | None, tuple[Any, ...] | None]:
        """Its mark and its reduction; of an image, what stands for them."""

    @abstractmethod
    def begin(self, canvas: Canvas, page: _core.PageSpec) -> None:
        """Get ready to draw on axes of these ranges and scales."""

    @abstractmethod
    def ranges(self) -> _core.Ranges:
        """What it reaches."""

    @abstractmethod
    def draw(self, page: _core.Page, axes: int, place: int) -> None:
        """Draw it in its place."""

    @abstractmethod
    def forget(self) -> None:
        """Let go of the data."""

    @abstractmethod
    def title(self) -> str:
        """What it is, for a reader."""

    @property
    def core(self) -> Any:
        """What the core draws from."""
        assert self.drawn is not None
        return self.drawn._inner


class RowLayer(Layer):
    """Rows of a source, drawn by a mark."""

    def __init__(
        self,
        source: Any,
        mark: _core.Mark,
        color: Reduction | str | None,
        label: str | None,
        shading: _core.ShadingSpec,
        *,
        threads: int | None,
        memory: str | int | None,
        exact: bool,
        progress: Callable[[int, int | None], object] | None,
    ) -> None:
        super().__init__(label, shading)
        self.mark = mark
        self.reduction = as_shaded(color)
        self.rows: Source | None = scan(source)
        self.threads = _arguments.optional(_arguments.whole, threads, "threads", 1)
        self.memory = _arguments.optional(_arguments.budget, memory, "memory")
        self.exact = _arguments.flag(exact, "exact")
        self.progress = _arguments.optional(_arguments.function, progress, "progress")
        if not self.rows.one_shot:
            mark.check(self.rows._head(), self.reduction._spec())
        #: Another layer whose aggregate it shows a category of.
        self.shown_with: RowLayer | None = None
        self._begun: _core.Job | None = None

    def _marked(self) -> tuple[_core.Mark | None, tuple[Any, ...] | None]:
        return self.mark, self.reduction._spec()

    @property
    def one_shot(self) -> bool:
        return self.rows is not None and self.rows.one_shot

    @property
    def source(self) -> Source:
        assert self.rows is not None
        return self.rows

    def begin(self, canvas: Canvas, page: _core.PageSpec, *, kept: bool = True) -> None:
        self._begun = _job.job(
            canvas,
            self.mark,
            self.reduction,
            threads=self.threads,
            memory=self.memory,
            exact=self.exact or (kept and self.source.one_shot),
            progress=self.progress,
            page=page,
        )

    def draw_alone(self, spec: _core.PageSpec) -> _core.Page:
        """Draw the only layer of a figure: the page is laid out as soon as its ranges are known, also in one pass over a
        stream."""
        assert self._begun is not None
        core = _job.fold(self.source, self._begun)
        if not isinstance(core, _core.Aggregate):
            raise UnsupportedData("a figure is drawn as a whole, not in tiles")
        self.drawn = aggregate_of(core)
        return spec.around(core)

    def ranges(self) -> _core.Ranges:
        if self.shown_with is not None:
            return self.shown_with.ranges()
        assert self._begun is not None
        if not self.source.one_shot:
            return self._begun.ranges(self.source._head())
        for part in self.source._parts():
            self._begun.consume(part)
            del part
        return self._begun.kept_ranges()

    def draw(self, page: _core.Page, axes: int, place: int) -> None:
        if self.shown_with is not None:
            self.drawn = self.shown_with.drawn
            return
        assert self._begun is not None
        if self.source.one_shot:
            core = self._begun.finish_on(page, axes, place)
        else:
            core = self._begun.draw_on(self.source._head(), page, axes, place)
        self.drawn = aggregate_of(core)

    def forget(self) -> None:
        if self._begun is not None:
            self._begun.close()
        self.rows = self._begun = None

    def title(self) -> str:
        return f"{self.mark.y} over {self.mark.x}, {self.reduction}"


class ImageLayer(Layer):
    """An array, drawn as an image."""

    def __init__(
        self,
        grid: Grid,
        method: str,
        label: str | None,
        shading: _core.ShadingSpec,
        *,
        threads: int | None,
        memory: str | int | None,
        progress: Callable[[int, int | None], object] | None,
    ) -> None:
        from ._raster import METHODS

        super().__init__(label, shading)
        self.grid: Grid | None = grid
        self.method = _arguments.choice(method, "method", METHODS)
        self.threads = _arguments.optional(_arguments.whole, threads, "threads", 1)
        self.memory = _arguments.optional(_arguments.budget, memory, "memory")
        self.progress = _arguments.optional(_arguments.function, progress, "progress")
        self.is_colors = len(grid.shape) == 3
        self._what = f"image of {grid.shape[0]} × {grid.shape[1]}"
        self._canvas: Canvas | None = None

    @property
    def one_shot(self) -> bool:
        return self.grid is not None and self.grid.one_shot

    def _marked(self) -> tuple[_core.Mark | None, tuple[Any, ...] | None]:
        return None, None if self.is_colors else ("mean", "value", None)

    def begin(self, canvas: Canvas, page: _core.PageSpec) -> None:
        self._canvas = canvas

    def ranges(self) -> _core.Ranges:
        assert self._canvas is not None and self.grid is not None
        found: list[tuple[float, float]] = []
        told: list[bool] = []
        for edges, given, name in (
            (self.grid.x, self._canvas.x_range, "x_range"),
            (self.grid.y, self._canvas.y_range, "y_range"),
        ):
            ends = _job.axis_range(given, name)
            told.append(ends is not None)
            start, end = (min(edges), max(edges)) if ends is None else ends
            if isinstance(start, str) or isinstance(end, str):
                raise BadArgument(f"{name}: an image lies on axes of numbers, not of dates like {given!r}")
            found.append((start, end))
        return _core.Ranges(found[0], found[1], self._canvas.x_scale, self._canvas.y_scale, told, [])

    def draw(self, page: _core.Page, axes: int, place: int) -> None:
        from . import _raster

        assert self._canvas is not None and self.grid is not None
        width, height, x_range, y_range = page.canvas(axes, place)
        canvas = Canvas(
            width,
            height,
            x_range=x_range,
            y_range=y_range,
            x_scale=self._canvas.x_scale,  # type: ignore[arg-type]
            y_scale=self._canvas.y_scale,  # type: ignore[arg-type]
        )
        begun = _raster.begin(
            canvas, self.grid, self.method, self.threads, _job.ceiling(self.memory), self.progress
        )
        if self.is_colors:
            self.drawn = Image(_raster.draw_colors(begun, self.grid))
        else:
            self.drawn = Aggregate(_raster.draw(begun, self.grid))

    def forget(self) -> None:
        self.grid = self._canvas = None

    def title(self) -> str:
        return self._what
