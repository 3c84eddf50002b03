"""A page: axes, ticks, colour bars and legends around layers of data."""

from __future__ import annotations

import os

from . import _arguments, _core, _job
from ._aggregate import Aggregate
from ._axes import Annotated, Axes
from ._canvas import Canvas
from ._closing import Closing
from ._errors import BadArgument
from ._image import Image, written
from ._layers import RowLayer
from ._plots import Plot, Sheet, aspect_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, Literal, Self

    from ._canvas import _Range, _ScaleName
    from ._layers import Layer

__all__ = ["Figure"]

#: Rows and columns of a grid: smaller axes cannot be read.
_MOST_AXES = 64
#: Letters of axis labels, in pixels of the page, that all else is measured by.
_FONT_SIZE = 12.0
_SHARED_X, _SHARED_Y = ("all", "columns", "none"), ("all", "rows", "none")


class Figure(Annotated, Closing):
    """A picture with axes, written as PNG, SVG or PDF.

    Layers are added by its methods and lie over each other in that order, each with its own colours and colour bar
    or legend; all share the ranges of their axes. They are drawn when the figure is first needed: saved, shown, or asked
    for its aggregate. Then no more can be added, but lines, bands and words can.

    Parameters
    ----------
    width, height : int
        Of the whole page, in units of 1/96 inch (pixels at ``scale=1``).
    rows, columns : int, default 1
        A grid of axes: see `axes`.
    title, caption, x_label, y_label : str, optional
        The title stands above the data, the caption in small type below it, the place to name a source. The labels are
        the columns' names by default; ``""`` leaves one out.
    x_range, y_range, x_scale, y_scale
        As in `Canvas`, of all axes.
    share_x : {"all", "columns", "none"}
        Which axes of a grid have one range of x: all, those of one column, or each its own. Labels stand at the lowest.
    share_y : {"all", "rows", "none"}
        The same of y. Labels stand at the leftmost.
    aspect : "equal" or float, optional
        The height of a unit of y for each width of a unit of x; the plot area gives up width or height for it.
    grid : bool, default True
        Whether lines at the ticks lie under the data.
    theme : {"light", "dark"}
        Colours of page and text, and the colour map that suits them.
    background : colour, optional
        Another ground than that of the theme; ``"transparent"`` for none.
    font_size : float, default 12
        Of the axes' labels, in pixels of the page; all other text, margins and lines grow with it.
    scale : float, default 1
        Pixels for each unit: 2 for a screen of high density. From 0.25 to 8.
    dpi : float, optional
        The same as dots per inch: 96 times `scale`.
    memory : str or int, optional
        A budget for all layers and the page together, within that of the process.

    Raises
    ------
    BadArgument

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
        rows: int = 1,
        columns: int = 1,
        title: str | None = None,
        caption: str | None = None,
        x_label: str | None = None,
        y_label: str | None = None,
        x_range: _Range | None = None,
        y_range: _Range | None = None,
        x_scale: _ScaleName = "linear",
        y_scale: _ScaleName = "linear",
        share_x: Literal["all", "columns", "none"] = "all",
        share_y: Literal["all", "rows", "none"] = "all",
        aspect: Literal["equal"] | float | None = None,
        grid: bool = True,
        theme: Literal["light", "dark"] = "light",
        background: Any = None,
        font_size: float = _FONT_SIZE,
        scale: float | None = None,
        dpi: float | None = None,
        memory: str | int | None = None,
    ) -> None:
        canvas = Canvas(width, height, x_range=x_range, y_range=y_range, x_scale=x_scale, y_scale=y_scale)
        #: Width and height of the page.
        self.size = (canvas.width, canvas.height)
        self._words = (
            _arguments.optional(_arguments.text, title, "title"),
            _arguments.optional(_arguments.text, caption, "caption"),
        )
        self._options: dict[str, Any] = {
            "title": None,
            "aspect": None if aspect is None else aspect_of(aspect),
            "grid": _arguments.flag(grid, "grid"),
            "x_label": _arguments.optional(_arguments.text, x_label, "x_label"),
            "y_label": _arguments.optional(_arguments.text, y_label, "y_label"),
            "x_range": x_range,
            "y_range": y_range,
            "x_scale": canvas.x_scale,
            "y_scale": canvas.y_scale,
        }
        self._rows_columns = (
            _arguments.whole(rows, "rows", 1, _MOST_AXES),
            _arguments.whole(columns, "columns", 1, _MOST_AXES),
        )
        self._shared = (
            _arguments.choice(share_x, "share_x", _SHARED_X),
            _arguments.choice(share_y, "share_y", _SHARED_Y),
        )
        self._theme = _arguments.choice(theme, "theme", ("light", "dark"))
        self._background = _arguments.optional(_arguments.color, background, "background")
        if self._background is not None:
            _core.color(self._background)  # or it would be told only when it is drawn
        self._scale = _density(scale, dpi)
        zoom = _arguments.number(font_size, "font_size") / _FONT_SIZE
        if not 0.25 <= zoom <= 8:
            raise BadArgument(
                f"font_size must be from {0.25 * _FONT_SIZE:g} to {8 * _FONT_SIZE:g}, not {font_size}"
            )
        self._zoom = zoom
        self._memory = _arguments.optional(_arguments.budget, memory, "memory")
        self._sheet = Sheet(self._scale, self._theme)
        self._page: _core.Page | None = None
        #: Whether y is drawn with its sign turned, and read downwards.
        self._y_downwards = False
        #: Whether the keys of the first axes explain all.
        self._shared_key = False

    def axes(
        self,
        row: int = 0,
        column: int = 0,
        *,
        title: str | None = None,
        x_label: str | None = None,
        y_label: str | None = None,
        x_range: _Range | None = None,
        y_range: _Range | None = None,
        x_scale: _ScaleName | None = None,
        y_scale: _ScaleName | None = None,
        aspect: Literal["equal"] | float | None = None,
        grid: bool | None = None,
    ) -> Axes:
        """The axes at one place of the grid.

        Parameters
        ----------
        row, column : int, default 0
            The place, from the upper left.
        title : str, optional
            A line above them.
        x_label, y_label, x_range, y_range, x_scale, y_scale, aspect, grid
            As of the figure, for these axes. A range or a scale of shared axes holds for all that share it.

        Returns
        -------
        Axes
            Each call for one place gives the same axes. Methods of the figure itself draw on those at row 0, column 0.

        Raises
        ------
        BadArgument
            Outside the grid.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> day = {"t": array("d", [0, 1, 2]), "heat": array("d", [9, 14, 11]), "rain": array("d", [0, 300, 20])}
        >>> figure = dp.Figure(400, 500, rows=2, share_y="none")
        >>> figure.axes(0).line(day, "t", "heat")
        <Axes row 0, column 0: 1 layer>
        >>> figure.axes(1).line(day, "t", "rain")
        <Axes row 1, column 0: 1 layer>
        """
        self._check_open()
        rows, columns = self._rows_columns
        place = (
            _arguments.whole(row, "row", 0, rows - 1),
            _arguments.whole(column, "column", 0, columns - 1),
        )
        options = {
            "title": title,
            "aspect": aspect,
            "grid": grid,
            "x_label": x_label,
            "y_label": y_label,
            "x_range": x_range,
            "y_range": y_range,
            "x_scale": x_scale,
            "y_scale": y_scale,
        }
        plot = self._sheet.plots.get(place)
        if plot is None:
            plot = self._sheet.plots[place] = Plot(*place, self._options)
        plot.set(options)
        return Axes(self._sheet, plot)

    def _add(self, layer: Layer) -> None:
        self.axes()._add(layer)

    def _note(self, note: _core.Note) -> Self:
        self.axes()._note(note)
        return self

    def _described(self) -> _core.PageSpec:
        placed = self._sheet.placed()
        share_x, share_y = self._shared
        several = len(placed) > 1
        described = []
        for number, axes in enumerate(placed):
            x_group = {"all": 0, "columns": axes.column, "none": number}[share_x]
            y_group = {"all": 0, "rows": axes.row, "none": number}[share_y]
            below = any(other.column == axes.column and other.row > axes.row for other in placed)
            left = any(other.row == axes.row and other.column < axes.column for other in placed)
            hidden = (several and share_x != "none" and below, several and share_y != "none" and left)
            described.append(
                (
                    (axes.row, axes.column),
                    axes.title,
                    axes.labels,
                    axes.aspect,
                    axes.grid,
                    hidden,
                    (x_group, y_group),
                    self._y_downwards,
                    [layer.described() for layer in axes.layers],
                )
            )
        return _core.PageSpec(
            *self.size,
            *self._words,
            self._theme,
            self._scale,
            self._zoom,
            self._background,
            described,
            self._shared_key,
            _job.ceiling(self._memory),
        )

    def _drawn(self) -> _core.Page:
        """The page, with all layers drawn."""
        self._check_open()
        if self._page is not None:
            return self._page
        placed, layers = self._sheet.placed(), self._sheet.layers()
        if not layers:
            raise BadArgument(
                "this Figure is empty; draw something with points(), line() or another mark first"
            )
        spec = self._described()
        try:
            self._page = self._draw(spec, placed, layers)
        except BaseException:
            if any(layer.one_shot for layer in layers):
                self._sheet.close()  # what was read of a stream is gone
            raise
        self._sheet.drawn = placed
        for layer in layers:
            layer.forget()
        return self._page

    def _draw(self, spec: _core.PageSpec, placed: list[Plot], layers: list[Layer]) -> _core.Page:
        only = layers[0]
        # The only layer may be a stream that is drawn in one pass. Lines at values may widen the ranges, though.
        if len(placed) == 1 and len(layers) == 1 and isinstance(only, RowLayer) and not placed[0].notes:
            only.begin(placed[0].canvas(self.size, only.on_right), spec, kept=False)
            return only.draw_alone(spec)
        for plot in placed:
            for layer in plot.layers:
                layer.begin(plot.canvas(self.size, layer.on_right), spec)
        page = spec.lay_out([[layer.ranges() for layer in plot.layers] for plot in placed], self._notes())
        for number, plot in enumerate(placed):
            for place, layer in enumerate(plot.layers):
                layer.draw(page, number, place)
        return page

    def _notes(self) -> list[list[_core.Note]]:
        placed = self._sheet.placed()
        return [[note for layer in plot.layers for note in layer.notes] + plot.notes for plot in placed]

    def _contents(self) -> list[list[Any]]:
        return [[layer.core for layer in plot.layers] for plot in self._sheet.placed()]

    @property
    def aggregate(self) -> Aggregate:
        """What the plot area shows: of several layers, the first one that is no image of colours."""
        self._drawn()
        for layer in self._sheet.layers():
            if isinstance(layer.drawn, Aggregate):
                return layer.drawn
        raise BadArgument("this Figure shows colours only; it has no aggregate")

    @property
    def aggregates(self) -> list[Aggregate]:
        """What all layers show, in the order of the axes and of the layers on them; images of colours are left out."""
        self._drawn()
        return [layer.drawn for layer in self._sheet.layers() if isinstance(layer.drawn, Aggregate)]

    def image(self, row: int = 0, column: int = 0) -> Image:
        """One plot area alone, its layers shaded as in the figure.

        Parameters
        ----------
        row, column : int, default 0
            The place of the axes in the grid.

        Returns
        -------
        Image
            Of the plot area's size.
        """
        page = self._drawn()
        plot = self._sheet.plots.get((row, column))
        if plot is None or not plot.layers:
            raise BadArgument(f"nothing is drawn at row {row!r}, column {column!r}")
        number = self._sheet.placed().index(plot)
        lowest, *others = (page.shade(number, place, layer.core) for place, layer in enumerate(plot.layers))
        return Image(lowest.stack(others, "over") if others else lowest)

    def save(self, path: str | os.PathLike[str] | BinaryIO, *, format: str | None = None) -> None:
        """Write the page, whole or not at all.

        Parameters
        ----------
        path : str, path, or binary file object
            A name that ends in ``.png``, ``.svg`` or ``.pdf``, or something with ``write`` that takes bytes. In SVG and
            PDF the data is embedded as images, the rest is vectors.
        format : {"png", "svg", "pdf"}, optional
            What to write where the name does not say it; PNG to a file object by default.

        Raises
        ------
        UnknownFormat
            If the name or `format` is something else.
        OutputError
            If it cannot be written; what was there before is still there.
        MissingColumn, NotNumeric, EmptyData, BudgetExceeded, CorruptData, BadValue, BadArgument
            If the layers cannot be drawn.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> from io import BytesIO
        >>> buffer = BytesIO()
        >>> dp.draw({"x": array("d", [1, 2]), "y": array("d", [1, 4])}).save(buffer, format="svg")
        >>> buffer.getvalue()[:4]
        b'<svg'
        """
        page = self._drawn()
        contents, notes = self._contents(), self._notes()
        written(
            lambda name: page.bytes(contents, notes, name),
            lambda path, name: page.save(contents, notes, path, name),
            path,
            format,
        )

    savefig = save

    def _png(self) -> bytes:
        page: bytes = self._drawn().bytes(self._contents(), self._notes(), "png")
        return page

    def _repr_png_(self) -> bytes | None:
        return None if self.closed or not self._sheet.layers() else self._png()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """The page in its own size, whatever its scale."""
        png = self._repr_png_()
        if png is None:
            return {"text/plain": repr(self)}
        width, height = self.size
        return {"text/plain": repr(self), "image/png": png}, {"image/png": {"width": width, "height": height}}

    def close(self) -> None:
        """Let go of the aggregates and the sources at once. Calling it again does nothing."""
        self._sheet.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._sheet.closed

    def __repr__(self) -> str:
        if self.closed:
            return "<Figure closed>"
        size = "{} × {}".format(*self.size)
        layers = self._sheet.layers()
        if not layers:
            return f"<Figure {size}, empty>"
        if len(self._sheet.placed()) == 1:
            return f"<Figure {size}: {'; '.join(layer.title() for layer in layers)}>"
        rows, columns = self._rows_columns
        return f"<Figure {size}: {rows} × {columns} axes, {len(layers)} layers>"


def _density(scale: Any, dpi: Any) -> float:
    if dpi is not None:
        if scale is not None:
            raise BadArgument("give scale or dpi, not both: dpi is 96 times scale")
        dots = _arguments.number(dpi, "dpi")
        if not 24 <= dots <= 768:
            raise BadArgument(f"dpi must be from 24 to 768, not {dpi}")
        return dots / 96
    found = 1.0 if scale is None else _arguments.number(scale, "scale")
    if not 0.25 <= found <= 8:
        raise BadArgument(f"scale must be from 0.25 to 8, not {scale}")
    return found
