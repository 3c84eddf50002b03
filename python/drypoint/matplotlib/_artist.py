"""An image that is made when it is drawn: the artist holds a source, and folds it to the pixels its axes has at that moment.

It is one of Matplotlib's own images, so that colour bars, ``set_clim``, hovering, clipping and z-order work as they do there; but
for its pixels, which no one else holds. The last aggregate is kept with the window it was made for, and folded again when
limits, scales or pixels differ, and only then.
"""

from __future__ import annotations

import numpy
from matplotlib.artist import allow_rasterization
from matplotlib.image import AxesImage
from matplotlib.transforms import Affine2D

from .._errors import BadArgument, EmptyData
from ._colors import category_colors, colored, filled, mixed, spread_cells
from ._legend import Entry
from ._norms import EqHistNorm
from ._units import line_of
from ._windows import box_of, scales_of, window_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._canvas import Aggregate
    from ._marks import Extents, Mark
    from ._windows import Box, Window

__all__ = ["AggregateImage"]

#: Entries that a legend takes at most; more categories are read off a table, not off a picture.
_ENTRIES = 20


class AggregateImage(AxesImage):
    """An image in an axes that folds its source anew at every window; made by `points`.

    It is an `matplotlib.image.AxesImage`: ``fig.colorbar(image)``, ``image.set_cmap``, ``image.set_clim``, ``image.remove()`` and
    all properties of artists work. Its extent and its array follow the axes and cannot be set.

    Attributes
    ----------
    folds : int
        How often the source was folded for a picture.
    """

    def __init__(
        self,
        axes: Any,
        mark: Mark,
        *,
        cmap: Any,
        how: str | None,
        span: tuple[float, float] | None,
        norm: Any,
        fitted: bool,
        spread: int,
        min_alpha: int,
        resolution: float,
        **properties: Any,
    ) -> None:
        _check_axes(axes)
        self._mark = mark
        self._how = how
        self._span = span
        self._spread = spread
        self._min_alpha = min_alpha
        self._resolution = resolution
        self._palette = cmap if mark.has_categories else None
        #: The norm whose limits follow the values, and the limits it was last given: others were set by hand.
        self._fitted = (norm, norm.vmin is None, norm.vmax is None) if fitted else None
        self._known: dict[tuple[str, str], Extents | None] = {}
        self._categories: list[str] = []
        self._window: Window | None = None
        self._aggregate: Aggregate | None = None
        self._cells: Any = None
        self._pixels: Any = None
        self._entries: list[Entry] = []
        self._looking = False
        self.folds = 0
        super().__init__(
            axes,
            cmap=None if mark.has_categories else cmap,
            norm=norm,
            interpolation="nearest",
            origin="lower",
        )
        self.set(**properties)
        self._lines = self._place()

    # ---- the data

    @property
    def categories(self) -> list[str]:
        """All categories of the source, sorted; empty without `by`. Reads the source once, when it is first asked for."""
        self._survey()
        return list(self._categories)

    @property
    def aggregate(self) -> Aggregate:
        """What was folded for the window last drawn, or for the present one if nothing was drawn yet.

        Returns
        -------
        Aggregate
            Row 0 is the lowest y and column 0 the lowest x, also where an axis is inverted.
        """
        if self._aggregate is None:
            self._follow(None)
        if self._aggregate is None:
            raise EmptyData(f"{self._mark!r}: nothing to draw")
        return self._aggregate

    def set_data(self, source: Any, x: str | None = None, y: str | None = None) -> None:  # type: ignore[override]
        """Draw another source from now on, as at each step of an animation.

        Parameters
        ----------
        source : anything `drypoint.scan` takes that can be read again
            Also the one drawn so far, whose arrays or files were changed.
        x, y : str, optional
            Columns; those drawn so far by default.

        Raises
        ------
        MissingColumn, NotNumeric, BadArgument
            The artist goes on to draw what it drew before then.

        Notes
        -----
        Limits stay: ``axes.relim()`` and ``axes.autoscale_view()`` fit them to the new data, at the cost of a pass.
        """
        before = self._mark
        self._mark = before.of(source, x, y)
        try:
            self._lines = self._place()
        except BaseException:
            self._mark = before
            raise
        self._known.clear()
        self._categories = []
        self._forget()
        self.stale = True

    def set_array(self, A: Any) -> None:
        """Refused: the array is folded from the source; see `set_data`.

        Parameters
        ----------
        A : object
            Anything.

        Raises
        ------
        BadArgument
            Always.
        """
        raise BadArgument("the array of this image is folded from its source; give it another by set_data()")

    def set_extent(self, extent: Any, **kwargs: Any) -> None:
        """Refused: the image fills its axes at any limits.

        Parameters
        ----------
        extent, **kwargs : object
            Anything.

        Raises
        ------
        BadArgument
            Always.
        """
        raise BadArgument("this image fills its axes; set the limits of the axes instead")

    def get_array(self) -> Any:
        """The cells drawn last, or those of the present window if nothing was drawn yet.

        Returns
        -------
        numpy.ma.MaskedArray, shape (rows, columns)
            Row 0 is at the bottom of the axes; masked where nothing fell; for `by` the sum over categories. Not copied.
        """
        if self._window is None:
            self._follow(None)
        if self._cells is None:
            return numpy.ma.masked_all((0, 0))
        cells = self._cells if self._cells.ndim == 2 else numpy.nansum(self._cells, axis=2)
        return numpy.ma.masked_array(cells, ~filled(cells))

    def get_extent(self) -> list[float]:
        """How far the data reach, in the units of the axes: what ``relim`` takes.

        Returns
        -------
        list of float
            Left, right, bottom, top; NaN without data.
        """
        found = self._reach()
        return [numpy.nan] * 4 if found is None else found

    def get_size(self) -> tuple[int, int]:
        """Rows and columns of the cells drawn last."""
        return self.get_shape()

    def get_shape(self) -> tuple[int, int]:
        """Rows and columns of the cells drawn last."""
        rows, columns = self.get_array().shape
        return rows, columns

    def _survey(self) -> Extents | None:
        """Extents on the present scales, and all categories, which are found along with them."""
        scales = scales_of(self.axes)
        if scales not in self._known:
            plain = self._known.get(("linear", "linear"))
            if plain is not None and all(
                low > 0 or scale == "linear" for low, scale in zip(plain[::2], scales, strict=True)
            ):
                self._known[scales] = plain  # nothing of them is left out by a logarithm
            else:
                self._known[scales], self._categories = self._mark.extents(*scales)
        return self._known[scales]

    def _reach(self) -> list[float] | None:
        found = self._survey()
        if found is None:
            return None
        x_line, y_line = self._lines
        return [
            x_line.place(found[0]),
            x_line.place(found[1]),
            y_line.place(found[2]),
            y_line.place(found[3]),
        ]

    def _place(self) -> Any:
        """How both columns lie on their axes, whose units this sets."""
        mark = self._mark
        return (
            line_of(self.axes.xaxis, mark.x_kind, mark.x_name),
            line_of(self.axes.yaxis, mark.y_kind, mark.y_name),
        )

    # ---- what an axes does with it

    def _join(self) -> None:
        """Enter the axes: limits, legend, colour bars of pyplot."""
        axes = self.axes
        scaling = axes.get_autoscalex_on() or axes.get_autoscaley_on()
        if scaling or self._mark.has_categories:
            self._survey()
        entries = self._make_entries()
        axes.add_image(self)
        if self.get_clip_path() is None:
            self.set_clip_path(axes.patch)
        if scaling:
            self._stretch()
        for name in ("xlim_changed", "ylim_changed"):
            axes.callbacks.connect(name, self._limits_changed)
        for entry in entries:
            axes.add_container(entry)
        self._entries = entries
        current = getattr(axes, "_sci", None)
        if current is not None and not self._mark.has_categories:
            current(self)  # what pyplot.colorbar() takes without an argument

    def _stretch(self) -> None:
        """Let the axes' data limits hold these data."""
        found = self._reach()
        if found is not None:
            self.axes.update_datalim([(found[0], found[2]), (found[1], found[3])])
            self.axes.autoscale_view()

    def _limits_changed(self, axes: Any) -> None:
        """A scale that was set to logarithmic later needs the least positive value, which nothing asked for before."""
        if self._looking or axes is not self.axes or self.figure is None:
            return
        if not (axes.get_autoscalex_on() or axes.get_autoscaley_on()) or not self._known:
            return
        scales = (axes.get_xscale(), axes.get_yscale())
        if scales in self._known or not set(scales) <= {"linear", "log"}:
            return
        self._looking = True
        try:
            self._stretch()
        finally:
            self._looking = False

    def _make_entries(self) -> list[Entry]:
        label = self.get_label() or "_nolegend_"
        if self._mark.has_categories:
            colors = category_colors(self._palette, self.categories)
            shown = [] if self.get_label() == "_nolegend_" else list(colors.items())[:_ENTRIES]
            return [Entry([color], name) for name, color in shown]
        return [] if label.startswith("_") else [Entry(self._samples(), label)]

    def _samples(self) -> list[Any]:
        return [self.cmap(place) for place in (0.2, 0.55, 0.9)]

    def remove(self) -> None:
        """Leave the axes, with the entries of its legend."""
        for entry in self._entries:
            if entry in self.axes.containers:
                self.axes.containers.remove(entry)
        self._entries.clear()
        super().remove()
        self._forget()

    def get_window_extent(self, renderer: Any = None) -> Any:
        """The area of the axes, which the image fills; nothing is read for it."""
        return self.axes.get_window_extent(renderer)

    def can_composite(self) -> bool:
        """Never: a vector file gets this image alone, laid exactly over its axes."""
        return False

    # ---- colours

    def changed(self) -> None:
        """Called when norm or colours change; the source is not read for it."""
        self._pixels = None
        if not self._mark.has_categories:
            for entry in getattr(self, "_entries", ()):
                entry.recolor(self._samples())
        super().changed()

    def set_alpha(self, alpha: float | None) -> None:
        """Set the opacity of the whole image.

        Parameters
        ----------
        alpha : float or None
            From 0 to 1.
        """
        if numpy.ndim(alpha):
            raise BadArgument("alpha must be one number for the whole image")
        super().set_alpha(alpha)

    def autoscale(self) -> None:
        """Let the norm's limits follow the values drawn, from now on."""
        self._no_bar()
        self._fitted = (self.norm, True, True)
        if self._window is None:
            self._follow(None)
        else:
            self._fit()

    def autoscale_None(self) -> None:
        """Fit those limits of the norm that were not set; folds the present window if nothing was drawn yet."""
        self._no_bar()
        if self._window is None:
            self._follow(None)
        elif not self.norm.scaled():
            self._fit()

    def _no_bar(self) -> None:
        if self._mark.has_categories:
            raise BadArgument("categories are told by a legend (axes.legend()), not by a colour bar")

    def _fit(self) -> None:
        """Give the norm the limits of the cells, unless they were set by hand."""
        if self._mark.has_categories or self._cells is None:
            return
        norm = self.norm
        if self._fitted is None or self._fitted[0] is not norm:
            there = self._cells[filled(self._cells)]
            norm.autoscale_None(there)
            if isinstance(norm, EqHistNorm):
                norm.fit(there)
            return
        _, low_free, high_free = self._fitted
        there = self._cells[filled(self._cells)]
        low_free = low_free is True or (low_free is not False and low_free == norm.vmin)
        high_free = high_free is True or (high_free is not False and high_free == norm.vmax)
        low, high = _limits(there, norm)
        before = (norm.vmin, norm.vmax)
        with norm.callbacks.blocked():
            if low_free:
                norm.vmin = low
            if high_free:
                norm.vmax = high
            if isinstance(norm, EqHistNorm):
                norm.fit(there)
        self._fitted = (norm, norm.vmin if low_free else False, norm.vmax if high_free else False)
        if before != (norm.vmin, norm.vmax) or isinstance(norm, EqHistNorm):
            norm.callbacks.process("changed")

    # ---- drawing

    def _forget(self) -> None:
        self._window = self._aggregate = self._cells = self._pixels = None

    def _follow(self, renderer: Any) -> Box | None:
        """Fold what the axes shows at this moment, unless that is what was folded last."""
        box = box_of(self.axes, renderer)
        if box is None:
            return None
        window = window_of(self.axes, box, *self._lines, self._resolution)
        if window == self._window:
            return box
        self._forget()
        try:
            aggregate = self._mark.fold(window.canvas())
        except EmptyData:
            self._window = window
            return box
        except Exception as error:
            error.add_note(
                f"while drawing {self._mark!r} on {window.columns} × {window.rows} pixels of an axes of Matplotlib"
            )
            raise
        self.folds += 1
        self._aggregate = aggregate
        cells = numpy.asarray(aggregate)
        cells = cells[:, ::-1] if window.x_flipped else cells
        self._cells = cells[::-1] if window.y_flipped else cells
        self._window = window
        self._fit()
        return box

    def _color(self) -> Any:
        """The pixels of the cells, row 0 at the bottom."""
        if self._pixels is None and self._cells is not None:
            if self._mark.has_categories:
                assert self._aggregate is not None and self._window is not None
                colors = category_colors(self._palette, self._aggregate.categories)
                pixels = mixed(
                    self._aggregate,
                    list(colors.values()),
                    self._how,
                    self._span,
                    self._spread,
                    self._min_alpha,
                )
                pixels = pixels[:, ::-1] if self._window.x_flipped else pixels
                self._pixels = pixels[::-1] if self._window.y_flipped else pixels
            else:
                self._pixels = colored(spread_cells(self._cells, self._spread), self.norm, self.cmap)
        return self._pixels

    def make_image(self, renderer: Any, magnification: float = 1.0, unsampled: bool = False) -> Any:
        """The pixels, where they begin on the page, and how they are laid there.

        Parameters
        ----------
        renderer : RendererBase
            What is drawn on.
        magnification, unsampled
            As `matplotlib.image.AxesImage` has them; the renderer itself is asked.

        Returns
        -------
        tuple
            RGBA of shape (rows, columns, 4) or None, left, bottom, and a transform or None.
        """
        box = self._follow(renderer)
        pixels = self._color()
        if box is None or pixels is None:
            return None, 0, 0, None
        if renderer.option_scale_image():
            return pixels, box.left, box.bottom, Affine2D().scale(box.width, box.height)
        if pixels.shape[:2] != (box.rows, box.columns):
            rows = numpy.arange(box.rows) * pixels.shape[0] // box.rows
            columns = numpy.arange(box.columns) * pixels.shape[1] // box.columns
            pixels = pixels[rows[:, None], columns]
        return numpy.ascontiguousarray(pixels), box.left, box.bottom, None

    @allow_rasterization
    def draw(self, renderer: Any) -> None:
        """Fold if the axes shows something else than last time, and draw.

        Raises
        ------
        BudgetExceeded, CorruptData, SourceNotFound, BadArgument
            With a note that names the artist. The next draw tries again.
        """
        if not self.get_visible() or self.axes is None:
            self.stale = False
            return
        pixels, left, bottom, transform = self.make_image(renderer, renderer.get_image_magnification())
        if pixels is not None:
            gc = renderer.new_gc()
            self._set_gc_clip(gc)
            gc.set_alpha(1.0 if self.get_alpha() is None else self.get_alpha())
            gc.set_url(self.get_url())
            if hasattr(gc, "set_gid"):
                gc.set_gid(self.get_gid())
            if transform is None:
                renderer.draw_image(gc, left, bottom, pixels)
            else:
                renderer.draw_image(gc, left, bottom, pixels, transform)
            gc.restore()
        self.stale = False

    # ---- hovering

    def contains(self, mouseevent: Any) -> tuple[bool, dict[str, Any]]:
        """Whether the mouse is over what was drawn."""
        inside = self._window is not None and bool(self.axes.contains(mouseevent)[0])
        return inside, {}

    def get_cursor_data(self, event: Any) -> Any:
        """The value of the pixel under the mouse, as it was drawn.

        Parameters
        ----------
        event : MouseEvent
            With its place on the canvas.

        Returns
        -------
        float, int, dict of category to value, or None
            None where nothing fell, and where the limits changed since the last draw.
        """
        window = self._window
        if window is None or self._cells is None:
            return None
        box = box_of(self.axes, None)
        now = None if box is None else window_of(self.axes, box, *self._lines, self._resolution)
        if now is None or now[2:] != window[2:]:
            return None
        x, y = self.axes.transAxes.inverted().transform((event.x, event.y))
        if not (0 <= x <= 1 and 0 <= y <= 1):
            return None
        height, width = self._cells.shape[:2]
        cell = self._cells[min(int(y * height), height - 1), min(int(x * width), width - 1)]
        if cell.ndim == 0:
            return cell.item() if filled(cell) else None
        assert self._aggregate is not None
        there = zip(self._aggregate.categories, cell, strict=True)
        return {name: value.item() for name, value in there if filled(value)} or None

    def format_cursor_data(self, data: Any) -> str:
        """The value under the mouse as text: ``[12]``, ``[a: 3, b: 9]``.

        Parameters
        ----------
        data : object
            What `get_cursor_data` returned.

        Returns
        -------
        str
        """
        if data is None:
            return "[]"
        if isinstance(data, dict):
            return "[" + ", ".join(f"{name}: {_number(value)}" for name, value in data.items()) + "]"
        return f"[{_number(data)}]"

    # ---- copies

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        for name in ("_window", "_aggregate", "_cells", "_pixels"):
            state[name] = None
        return state

    def __repr__(self) -> str:
        return f"<AggregateImage of {self._mark!r}>"

    def __str__(self) -> str:
        return repr(self)


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def _limits(there: Any, norm: Any) -> tuple[float, float]:
    """The ends of the values that this norm can place; never equal, so that single points have the colour of the top."""
    logarithmic = type(norm).__name__ == "LogNorm"
    if logarithmic:
        there = there[there > 0]
    elif there.dtype.kind == "f":
        there = there[numpy.isfinite(there)]
    if not len(there):
        return (1.0, 10.0) if logarithmic else (0.0, 1.0)
    low, high = float(there.min()), float(there.max())
    if low < high or isinstance(norm, EqHistNorm):
        return low, high
    return (high / 10, high) if logarithmic else (high - 1, high)


def _check_axes(axes: Any) -> None:
    """An axes on which x and y are apart and straight."""
    data = getattr(axes, "transData", None)
    if data is None or not hasattr(axes, "add_image"):
        raise BadArgument(f"ax must be an axes of Matplotlib, not {axes!r}")
    if hasattr(axes, "zaxis") or not data.is_separable:
        raise BadArgument(
            f"an axes of the kind {axes.name!r} bends or turns what is drawn in it; use a plain one"
        )
    scales_of(axes)
