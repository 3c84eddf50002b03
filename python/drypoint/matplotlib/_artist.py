"""An image that is made when it is drawn: the artist holds a source, and folds it to the pixels its axes has at
that moment.

It is one of Matplotlib's own images, so that colour bars, ``set_clim``, hovering, clipping and z-order work as
they do there; but for its pixels, which no one else holds.
"""

from __future__ import annotations

import numpy
from matplotlib.artist import allow_rasterization
from matplotlib.image import AxesImage
from matplotlib.transforms import Affine2D

from .._errors import BadArgument, EmptyData
from ._cells import filled, spread_cells
from ._colors import category_colors, colored, mixed
from ._fit import Fit
from ._layer import Layer
from ._legend import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .._aggregate import Aggregate
    from ._marks import Mark
    from ._windows import Box


__all__ = ["AggregateImage"]

#: Entries that a legend takes at most; more categories are read off a table, not off a picture.
_ENTRIES = 20

#: Places of a colour map that stand for it in a legend.
_SAMPLES = (0.2, 0.55, 0.9)


class AggregateImage(AxesImage):
    """An image in an axes that folds its source anew at every window; made by `points`.

    It is a `matplotlib.image.AxesImage`: ``fig.colorbar(image)``, ``image.set_cmap``, ``image.set_clim``,
    ``image.remove()`` and all properties of artists work. Its extent and its array follow the axes and cannot be set.

    Attributes
    ----------
    folds : int
        How often the source was folded for a picture.
    categories : list of str
        All categories of the source, sorted; empty without `by`.
    aggregate : Aggregate
        What was drawn last.
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
        follows: bool,
        spread: int,
        min_alpha: int,
        resolution: float,
        **properties: Any,
    ) -> None:
        self._layer = Layer(mark, resolution)
        self._fit = Fit(norm, follows)
        self._mixing = (how, span, spread, min_alpha)
        self._spread = spread
        self._palette = cmap if mark.has_categories else None
        self._pixels: Any = None
        #: Colours of the categories seen so far: one keeps its own when others come and go.
        self._colors: dict[str, str] = {}
        self._entries: list[Entry] = []
        self._joined = False
        self._looking = False
        one_map = None if mark.has_categories else cmap
        super().__init__(axes, cmap=one_map, norm=norm, interpolation="nearest", origin="lower")
        self.set(**properties)

    # ---- the data

    @property
    def _mark(self) -> Mark:
        return self._layer.mark

    @property
    def folds(self) -> int:
        """How often the source was folded for a picture."""
        return self._layer.folds

    @property
    def categories(self) -> list[str]:
        """All categories of the source, sorted; empty without `by`."""
        return list(self._layer.categories(self.axes)) if self._mark.has_categories else []

    @property
    def aggregate(self) -> Aggregate:
        """What was folded for the window last drawn, or for the present one if nothing was drawn yet.

        Returns
        -------
        Aggregate
            Row 0 is the lowest y and column 0 the lowest x, also where an axis is inverted.

        Raises
        ------
        EmptyData
            If there is none.
        """
        if self._layer.window is None:
            self._follow(None)
        if self._layer.aggregate is None:
            raise EmptyData(f"{self._mark!r}: there is nothing to draw")
        return self._layer.aggregate

    def set_data(self, source: Any, x: str | None = None, y: str | None = None) -> None:
        """Draw another source from now on, as at each step of an animation.

        Parameters
        ----------
        source : anything `drypoint.scan` takes that can be read again
            Also the one drawn so far, whose arrays were changed.
        x, y : str, optional
            Columns; those drawn so far by default.

        Raises
        ------
        MissingColumn, NotNumeric, SourceNotFound, BadArgument
            The artist goes on drawing what it drew before then.

        Notes
        -----
        Limits stay: ``axes.relim()`` and ``axes.autoscale_view()`` fit them to the new data, at the cost of a pass.
        """
        self._layer.lay(self._mark.of(source, x, y), self.axes)
        self._pixels = None
        self.stale = True

    def set(self, **properties: Any) -> list[Any]:
        """Set several properties at once, as of any artist.

        Parameters
        ----------
        **properties
            ``alpha=0.5`` for ``set_alpha(0.5)``.

        Returns
        -------
        list
            What each setter returned.
        """
        changed: list[Any] = super().set(**properties)
        return changed

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
            Row 0 is at the bottom of the axes; masked where nothing fell; for `by` the sum over categories. Not
            copied otherwise.
        """
        if self._layer.window is None:
            self._follow(None)
        cells = self._layer.cells
        if cells is None:
            return numpy.ma.masked_array(numpy.empty((0, 0)))
        if cells.ndim == 2:
            return numpy.ma.masked_array(cells, ~filled(cells))
        return numpy.ma.masked_array(numpy.nansum(cells, axis=2), ~filled(cells).any(axis=2))

    def get_extent(self) -> tuple[float, float, float, float]:
        """How far the data reach, in the units of the axes: what ``relim`` takes.

        Returns
        -------
        tuple of float
            Left, right, bottom, top; NaN without data.
        """
        return self._layer.survey(self.axes) or (numpy.nan,) * 4

    def get_shape(self) -> tuple[int, int]:  # type: ignore[override]
        """Rows and columns of the cells drawn last."""
        rows, columns = self.get_array().shape
        return rows, columns

    # ---- what an axes does with it

    def _join(self) -> None:
        """Enter the axes: units, limits, legend. All that can fail comes before the axes has it."""
        axes = self.axes
        self._layer.lay(self._mark, axes)
        scaling = axes.get_autoscalex_on() or axes.get_autoscaley_on()
        if scaling:
            self._layer.survey(axes)
        entries = self._make_entries()  # or it would fail later
        axes.add_image(self)
        if self.get_clip_path() is None:
            self.set_clip_path(axes.patch)
        if self._mark.has_edges:
            left, right, bottom, top = self.get_extent()
            self.sticky_edges.x[:], self.sticky_edges.y[:] = (left, right), (bottom, top)
        if scaling:
            self._stretch()
        for name in ("xlim_changed", "ylim_changed"):
            axes.callbacks.connect(name, self._limits_changed)
        self._show(entries)
        self._joined = True
        current = getattr(axes, "_sci", None)
        if current is not None and not self._mark.has_categories:
            current(self)  # what pyplot.colorbar() takes without an argument

    def _stretch(self) -> None:
        """Let the axes' data limits hold these data."""
        found = self._layer.survey(self.axes)
        if found is not None:
            self.axes.update_datalim([(found[0], found[2]), (found[1], found[3])])
            self.axes.autoscale_view()

    def _limits_changed(self, axes: Any) -> None:
        """A scale set to logarithmic later needs the least positive value, which nothing asked for before."""
        if (
            self._looking
            or axes is not self.axes
            or not (axes.get_autoscalex_on() or axes.get_autoscaley_on())
        ):
            return
        scales = (axes.get_xscale(), axes.get_yscale())
        if self._layer.surveyed(scales) is not False or not set(scales) <= {"linear", "log"}:
            return
        self._looking = True
        try:
            self._stretch()
        finally:
            self._looking = False

    def _make_entries(self) -> list[Entry]:
        label = str(self.get_label() or "_nolegend_")
        strokes = self._mark.has_strokes
        if self._mark.has_categories:
            names = self.categories
            shown = (
                []
                if self.get_label() == "_nolegend_"
                else list(zip(names, self._colors_of(names), strict=True))
            )
            return [Entry([color], name, strokes) for name, color in shown[:_ENTRIES]]
        return [] if label.startswith("_") else [Entry(self._samples(), label, strokes)]

    def _show(self, entries: list[Entry]) -> None:
        """Let these be what a legend finds."""
        for entry in self._entries:
            if entry in self.axes.containers:
                self.axes.containers.remove(entry)
        for entry in entries:
            self.axes.add_container(entry)
        self._entries = entries

    def set_label(self, s: object) -> None:
        """Set the text of the entry in a legend made from now on.

        Parameters
        ----------
        s : object
            Converted to text; what begins with an underscore has no entry.
        """
        super().set_label(s)
        if self._joined:
            self._show(self._make_entries())

    def _colors_of(self, names: Sequence[str]) -> list[str]:
        new = [name for name in names if name not in self._colors]
        if new:
            found = category_colors(self._palette, [*self._colors, *new])
            self._colors.update((name, found[name]) for name in new)
        return [self._colors[name] for name in names]

    def _samples(self) -> list[Any]:
        return [self.cmap(place) for place in _SAMPLES]

    def remove(self) -> None:
        """Leave the axes, with the entries of its legend."""
        self._joined = False
        self._show([])
        super().remove()
        self._layer.forget()
        self._pixels = None

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
            for entry in self._entries:
                entry.recolor(self._samples())
        super().changed()

    def set_alpha(self, alpha: float | None) -> None:  # type: ignore[override]
        """Set the opacity of the whole image.

        Parameters
        ----------
        alpha : float or None
            From 0 to 1.
        """
        if alpha is not None and numpy.ndim(alpha):
            raise BadArgument("alpha must be one number for the whole image")
        self._pixels = None
        super().set_alpha(alpha)

    def autoscale(self) -> None:
        """Let the norm's limits follow the values drawn, from now on."""
        self._no_bar()
        self._fit.free(self.norm)
        self._follow(None, again=True)

    def autoscale_None(self) -> None:
        """Fit those limits of the norm that were not set; folds the present window if nothing was drawn yet."""
        self._no_bar()
        if self._layer.window is None:
            self._follow(None)
        elif not self.norm.scaled() and self._layer.cells is not None:
            self._fit.to(self._layer.cells, self.norm)

    def _no_bar(self) -> None:
        if self._mark.has_categories:
            raise BadArgument("categories are told by a legend (axes.legend()), not by a colour bar")

    # ---- drawing

    def _follow(self, renderer: Any, again: bool = False) -> Box | None:
        """Fold what the axes shows at this moment, and fit the norm to what is new."""
        if again and self._layer.window is not None:
            box, new = None, True
        else:
            box, new = self._layer.follow(self.axes, renderer)
        if new:
            self._pixels = None
            if self._layer.cells is not None and not self._mark.has_categories:
                self._fit.to(self._layer.cells, self.norm)
        return box

    def _color(self) -> Any:
        """The pixels of the cells, row 0 at the bottom."""
        layer = self._layer
        if self._pixels is not None or layer.cells is None:
            return self._pixels
        if self._mark.has_categories:
            assert layer.aggregate is not None and layer.window is not None
            colors = self._colors_of(layer.aggregate.categories)
            pixels = mixed(layer.aggregate, colors, self.axes.get_facecolor(), *self._mixing)
            pixels = pixels[:, ::-1] if layer.window.x_flipped else pixels
            pixels = pixels[::-1] if layer.window.y_flipped else pixels
        else:
            pixels = colored(spread_cells(layer.cells, self._spread), self.norm, self.cmap)
        alpha = self.get_alpha()
        if alpha is not None:  # a raster renderer does not look for it elsewhere
            pixels[..., 3] = pixels[..., 3] * alpha
        self._pixels = pixels
        return pixels

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
            return pixels, box.x.start, box.y.start, Affine2D().scale(box.x.length, box.y.length)
        if pixels.shape[:2] == (box.y.most, box.x.most):
            pixels = pixels[: box.y.pixels, : box.x.pixels]
        else:
            rows = numpy.arange(box.y.pixels) * pixels.shape[0] // box.y.most
            columns = numpy.arange(box.x.pixels) * pixels.shape[1] // box.x.most
            pixels = pixels[rows[:, None], columns]
        return numpy.ascontiguousarray(pixels), box.x.start, box.y.start, None

    @allow_rasterization  # type: ignore[untyped-decorator]
    def draw(self, renderer: Any) -> None:
        """Fold if the axes shows something else than last time, and draw.

        Parameters
        ----------
        renderer : RendererBase
            What is drawn on.

        Raises
        ------
        BudgetExceeded, CorruptData, SourceNotFound, BadArgument
            With a note that names the artist. The next draw tries again.
        """
        if self.get_visible():
            pixels, left, bottom, transform = self.make_image(renderer)
            if pixels is not None:
                self._lay_down(renderer, pixels, left, bottom, transform)
        self.stale = False

    def _lay_down(self, renderer: Any, pixels: Any, left: float, bottom: float, transform: Any) -> None:
        gc = renderer.new_gc()
        if self.get_clip_on():
            if self.get_clip_box() is not None:
                gc.set_clip_rectangle(self.get_clip_box())
            gc.set_clip_path(self.get_clip_path())
        gc.set_alpha(1.0)  # it is in the pixels
        gc.set_url(self.get_url())
        if transform is None:
            renderer.draw_image(gc, left, bottom, pixels)
        else:
            renderer.draw_image(gc, left, bottom, pixels, transform)
        gc.restore()

    # ---- hovering

    def contains(self, mouseevent: Any) -> tuple[bool, dict[str, Any]]:
        """Whether the mouse is over what was drawn."""
        return self._layer.window is not None and bool(self.axes.contains(mouseevent)[0]), {}

    def get_cursor_data(self, event: Any) -> Any:
        """The value of the pixel under the mouse, as it was drawn.

        Parameters
        ----------
        event : MouseEvent
            With its place on the page.

        Returns
        -------
        int, float, bool, dict of category to value, or None
            None where nothing fell, and where the limits changed since the last draw.
        """
        return self._layer.value_at(self.axes, event.x + 0.5, event.y + 0.5)  # the middle of its pixel

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
        parts = data.items() if isinstance(data, dict) else [] if data is None else [("", data)]
        return "[" + ", ".join(f"{name}: {_number(of)}" if name else _number(of) for name, of in parts) + "]"

    # ---- copies

    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        return {**state, "_pixels": None}

    def __repr__(self) -> str:
        return f"<AggregateImage of {self._mark!r}>"

    __str__ = __repr__


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
