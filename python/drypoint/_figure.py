"""A page: axes, ticks, colour bar or legend around an aggregate."""

from __future__ import annotations

import os

from . import _arguments, _core, _job
from ._aggregate import HOWS, MOST_SPREAD, Aggregate, aggregate_of
from ._canvas import Canvas
from ._closing import Closing
from ._errors import BadArgument
from ._image import Image
from ._job import fold, job
from ._reductions import Reduction, as_reduction
from ._streams import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, Self

    from ._canvas import _Range, _ScaleName, _StepName

__all__ = ["Figure"]

#: Of antialiased lines in one colour, by theme.
_INKS = {"light": "#190436", "dark": "#e6f5f2"}


class Figure(Closing):
    """A picture with axes, written as PNG, SVG or PDF.

    Parameters
    ----------
    width, height : int
        Of the whole page, in units of 1/96 inch (pixels at ``scale=1``).
    title, caption, x_label, y_label : str, optional
        The title stands above the data, the caption in small type below it, the place to name a source. The labels are
        the columns' names by default; ``""`` leaves one out.
    x_range, y_range, x_scale, y_scale
        As in `Canvas`.
    theme : {"light", "dark"}
        Colours of page and text, and the colour map that suits them.
    scale : float, default 1
        Pixels for each unit: 2 for a screen of high density. From 0.25 to 8.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> with dp.Figure(width=400, height=300, title="Three points") as figure:
    ...     figure.points({"x": array("d", [1, 2, 3]), "y": array("d", [1, 4, 9])}, x="x", y="y")
    ...     len(figure.aggregate.shape)
    <Figure 400 × 300: y over x, count()>
    2
    """

    def __init__(
        self,
        width: int = 900,
        height: int = 600,
        *,
        title: str | None = None,
        caption: str | None = None,
        x_label: str | None = None,
        y_label: str | None = None,
        x_range: _Range | None = None,
        y_range: _Range | None = None,
        x_scale: _ScaleName = "linear",
        y_scale: _ScaleName = "linear",
        theme: Literal["light", "dark"] = "light",
        scale: float = 1,
    ) -> None:
        scale = _arguments.number(scale, "scale")
        if not 0.25 <= scale <= 8:
            raise BadArgument(f"scale must be from 0.25 to 8, not {scale}")
        self._canvas = Canvas(
            width, height, x_range=x_range, y_range=y_range, x_scale=x_scale, y_scale=y_scale
        )
        self._words = (
            _arguments.optional(_arguments.text, title, "title"),
            _arguments.optional(_arguments.text, caption, "caption"),
            _arguments.optional(_arguments.text, x_label, "x_label"),
            _arguments.optional(_arguments.text, y_label, "y_label"),
        )
        self._theme = _arguments.choice(theme, "theme", ("light", "dark"))
        self._scale = scale
        self._aggregate: Aggregate | None = None
        self._page: _core.PageSpec | None = None
        self._closed = False
        #: Whether y is drawn with its sign turned, and read downwards.
        self._y_downwards = False

    def points(
        self,
        source: Any,
        x: str,
        y: str,
        color: Reduction | str | None = None,
        *,
        cmap: str | list[str] | None = None,
        how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
        span: tuple[float, float] | None = None,
        spread: int | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        exact: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Draw the points of a source, one pixel for each pixel of the plot area.

        Parameters
        ----------
        source, x, y, threads, memory, exact, progress
            As in `Canvas.points`.
        color : Reduction, optional
            What is folded in each pixel and shown by its colour; `count` by default.
        cmap, how, span
            As in `Aggregate.shade`.
        spread : int, optional
            As in `Aggregate.shade`; sparse data is spread until it can be seen, by default.

        Returns
        -------
        Figure
            Itself.
        """
        return self._fold(
            _job.points(x, y), source, color, (cmap, how, span, spread), threads, memory, exact, progress
        )

    def line(
        self,
        source: Any,
        x: str,
        y: str,
        color: Reduction | str | None = None,
        *,
        group: str | None = None,
        line_width: float = 0,
        step: _StepName | None = None,
        self_intersect: bool = True,
        cmap: str | list[str] | None = None,
        how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
        span: tuple[float, float] | None = None,
        spread: int | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Join the rows of a source by lines, one pixel for each pixel of the plot area.

        Parameters
        ----------
        source, x, y, group, step, self_intersect, threads, memory, progress
            As in `Canvas.line`.
        line_width : float, default 0
            As in `Canvas.line`, in units of the page: at ``scale=2`` a line of width 1 is two pixels wide.
        color : Reduction, optional
            What is folded in each pixel and shown by its colour; `count` by default.
        cmap, how, span
            As in `Aggregate.shade`. By default antialiased lines folded by `any` fade at their edges.
        spread : int, optional
            As in `Aggregate.shade`; sparse lines are spread until they can be seen, by default, antialiased ones are not.

        Returns
        -------
        Figure
            Itself.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> corner = {"t": array("d", [0, 1, 2]), "v": array("d", [0, 3, 1])}
        >>> dp.Figure(400, 300).line(corner, "t", "v")
        <Figure 400 × 300: v over t, count()>
        """
        mark = _job.line(x, y, group, self._pixels(line_width), step, self_intersect)
        if line_width > 0:
            spread = 0 if spread is None else spread
            if as_reduction(color).name == "any" and (cmap, how, span) == (None, None, None):
                # What is covered in part is as transparent: edges fade into whatever lies below.
                ink = _INKS[self._theme]
                cmap, how, span = [f"{ink}00", f"{ink}ff"], "linear", (0.0, 1.0)
        return self._fold(mark, source, color, (cmap, how, span, spread), threads, memory, False, progress)

    def area(
        self,
        source: Any,
        x: str,
        y: str | Sequence[str],
        color: Reduction | str | None = None,
        *,
        base: float | str = 0,
        group: str | None = None,
        step: _StepName | None = None,
        cmap: str | list[str] | None = None,
        how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
        span: tuple[float, float] | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Fill what lies between the rows of a source and a base; several heights are stacked, each in its colour.

        Parameters
        ----------
        source, x, y, base, group, step, threads, memory, progress
            As in `Canvas.area`.
        color : Reduction, optional
            What is folded in each pixel and shown by its colour; `count` by default.
        cmap, how, span
            As in `Aggregate.shade`.

        Returns
        -------
        Figure
            Itself.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> year = {"t": array("d", [0, 1, 2]), "wind": array("d", [0, 3, 1]), "sun": array("d", [2, 1, 2])}
        >>> dp.Figure(400, 300).area(year, "t", "wind")
        <Figure 400 × 300: wind over t, count()>
        >>> stacked = dp.Figure(400, 300).area(year, "t", ["wind", "sun"])
        >>> stacked.aggregate.categories
        ['wind', 'sun']
        """
        mark = _job.area(x, y, base, group, step)
        return self._fold(mark, source, color, (cmap, how, span, 0), threads, memory, False, progress)

    def _pixels(self, line_width: float) -> float:
        """A width in units of the page, in pixels."""
        return _arguments.number(line_width, "line_width") * self._scale

    def _fold(
        self,
        mark: _core.Mark,
        source: Any,
        color: Reduction | str | None,
        shading: tuple[Any, Any, Any, Any],
        threads: int | None,
        memory: str | int | None,
        exact: bool,
        progress: Callable[[int, int | None], object] | None,
    ) -> Self:
        self._check_open()
        if self._aggregate is not None:
            raise BadArgument("this Figure has its data; make another Figure for other data")
        reduction = as_reduction(color)
        cmap, how, span, spread = shading
        rows = scan(source)
        page = _core.PageSpec(
            self._canvas.width,
            self._canvas.height,
            *self._words,
            mark,
            reduction._spec(),
            self._theme,
            self._scale,
            (
                _arguments.optional(_arguments.colors, cmap, "cmap"),
                _arguments.optional(_arguments.choice, how, "how", HOWS),
                _arguments.optional(_arguments.span, span, "span"),
                _arguments.optional(_arguments.whole, spread, "spread", 0, MOST_SPREAD),
            ),
            self._y_downwards,
        )
        begun = job(
            self._canvas,
            mark,
            reduction,
            threads=threads,
            memory=memory,
            exact=exact,
            progress=progress,
            page=page,
        )
        self._aggregate = aggregate_of(fold(rows, begun))
        self._page = page
        return self

    @property
    def aggregate(self) -> Aggregate:
        """What the plot area shows."""
        self._check_open()
        if self._aggregate is None:
            raise BadArgument("this Figure is empty; draw something with points(), line() or area() first")
        return self._aggregate

    def image(self) -> Image:
        """The plot area alone, shaded as in the figure.

        Returns
        -------
        Image
            Of the plot area's size.
        """
        aggregate = self.aggregate
        assert self._page is not None
        return Image(self._page.shade(aggregate._inner))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page, whole or not at all.

        Parameters
        ----------
        path : str or path
            Ends in ``.png``, ``.svg`` or ``.pdf``. In the last two the data is one embedded image, the rest vectors.

        Raises
        ------
        UnknownFormat
            If it ends in something else.
        OutputError
            If it cannot be written; what was there before is still there.
        """
        aggregate = self.aggregate
        assert self._page is not None
        self._page.save(aggregate._inner, _arguments.path(path))

    savefig = save

    def _repr_png_(self) -> bytes:
        aggregate = self.aggregate
        assert self._page is not None
        return self._page.png(aggregate._inner)

    def close(self) -> None:
        """Let go of the aggregate at once. Calling it again does nothing."""
        self._closed = True
        self._aggregate = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def __repr__(self) -> str:
        if self._closed:
            return "<Figure closed>"
        size = f"{self._canvas.width} × {self._canvas.height}"
        if self._aggregate is None or self._page is None:
            return f"<Figure {size}, empty>"
        return f"<Figure {size}: {self._page.y} over {self._page.x}, {self._aggregate.reduction}>"
