"""A picture that can be moved: each move folds the source again, or what tiles of it were kept.

All that costs time is done in one thread of the view, the newest request of each page first; the kernel stays free.
"""

from __future__ import annotations

import time
from threading import Lock

from .. import _arguments
from .._aggregate import Aggregate
from .._card import Facts, card
from .._closing import Closing
from .._errors import BadArgument, DrypointError
from .._image import Image
from .cells import MOST_CELLS, Cells
from .drawing import Drawing
from .grid import Window
from .newest import Newest, Outdated
from .seen import Folded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._canvas import _Range
    from .grid import Grid

__all__ = ["View"]

#: Pixels around the one under the pointer in which a value is looked for.
_AROUND = 3
#: Seconds between two words about how far a pass is.
_TELLING = 0.15
#: Pixels along one side that a page may ask for, and places that float64 can count.
_MOST_SIDE = 16_384
_FARTHEST = 2**53
#: Categories that are told under the pointer.
_LISTED = 4


class View(Closing):
    """A picture of a source that can be moved, in notebooks and from programs; made by `view`.

    Attributes
    ----------
    width, height : int
        Pixels of the plot area as `view` was asked for.
    x_range, y_range : tuple of float
        What is shown, in data units; instants in the unit of their column since 1970-01-01 UTC. Can be set, as by
        `show`.
    passes : int
        How often the source was read to fold a window.
    nbytes : int
        Bytes of the cells that are kept, in memory and on disk.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> points = {"x": array("d", [0, 1, 2, 3]), "y": array("d", [0, 1, 4, 9])}
    >>> with dp.view(points, "x", "y", width=400, height=300) as view:
    ...     view.x_range = (0.5, 2.5)
    ...     view.value_at(2, 4)
    1
    """

    def __init__(self, drawing: Drawing, grid: Grid) -> None:
        if not isinstance(drawing, Drawing):
            raise BadArgument("a View is made by view()")
        begun = time.perf_counter()
        first = drawing.fold((grid.x.pixels, grid.y.pixels), *grid.ranges(grid.home))
        self._cells = Cells(drawing, grid, time.perf_counter() - begun)
        self._cells.passes = 1
        self._cells.seen.add(Folded(grid.home, grid.home, first, True))
        drawing.shade(first, dark=False)  # what is wrong with the colours is told now
        self._drawing: Drawing | None = drawing
        self._grid = grid
        self._window = grid.home
        self._newest = Newest(self._answer)
        self._watching = Lock()
        self._watchers: list[Callable[[View], object]] = []
        self._send: Callable[[dict[str, Any], list[bytes]], object] | None = None
        self._widget: Any = None

    def _open(self) -> Drawing:
        self._check_open()
        assert self._drawing is not None
        return self._drawing

    # What is shown

    @property
    def width(self) -> int:
        return self._grid.x.pixels

    @property
    def height(self) -> int:
        return self._grid.y.pixels

    @property
    def x_range(self) -> tuple[float, float]:
        return self._grid.ranges(self._window)[0]

    @x_range.setter
    def x_range(self, value: _Range) -> None:
        self.show(x_range=value)

    @property
    def y_range(self) -> tuple[float, float]:
        return self._grid.ranges(self._window)[1]

    @y_range.setter
    def y_range(self, value: _Range) -> None:
        self.show(y_range=value)

    def show(self, x_range: _Range | None = None, y_range: _Range | None = None) -> None:
        """Move to ranges of the data, on all pages that show this view.

        Parameters
        ----------
        x_range, y_range : (start, end), optional
            In data units, ``start < end``, also instants as `Canvas` takes them; what is not given stays. A little more
            is shown, up to a quarter, so that pixels are those of the view's grid.

        Raises
        ------
        BadArgument
            If it is no range.
        """
        drawing = self._open()
        x = None if x_range is None else drawing.span(x_range, "x_range")
        y = None if y_range is None else drawing.span(y_range, "y_range")
        self._go(self._grid.showing(self._window, x, y))

    def reset(self) -> None:
        """Show all of the data again."""
        self._open()
        self._go(self._grid.home)

    def _go(self, window: Window) -> None:
        self._move(window)
        self._tell({"type": "go", **window._asdict()})

    def _move(self, window: Window) -> None:
        if window == self._window:
            return
        self._window = window
        with self._watching:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher(self)

    def observe(self, function: Callable[[View], object]) -> None:
        """Have a function called, with the view, after each move.

        Parameters
        ----------
        function : callable
            Called in the thread that moved it: the kernel's for pages. Held until `unobserve` or `close`.
        """
        self._open()
        with self._watching:
            self._watchers.append(_arguments.function(function, "function"))

    def unobserve(self, function: Callable[[View], object]) -> None:
        """No longer call a function that `observe` was given.

        Parameters
        ----------
        function : callable
            The same one.

        Raises
        ------
        BadArgument
            If it does not observe the view.
        """
        with self._watching:
            if function not in self._watchers:
                raise BadArgument(f"{function!r} does not observe this view")
            self._watchers.remove(function)

    # For programs

    @property
    def passes(self) -> int:
        return self._cells.passes

    @property
    def nbytes(self) -> int:
        return self._cells.nbytes

    @property
    def aggregate(self) -> Aggregate:
        """The cells of what is shown now, shape (height, width) or (height, width, categories); folded if need be."""
        self._open()
        return self._cells.exactly(self._window)

    def image(self, *, dark: bool = False) -> Image:
        """The plot area as it is shown now.

        Parameters
        ----------
        dark : bool, default False
            With the colours for dark pages.

        Returns
        -------
        Image
        """
        drawing = self._open()
        return Image(drawing.shade(self.aggregate, _arguments.flag(dark, "dark")))

    def value_at(self, x: float, y: float) -> Any:
        """What a page tells under the pointer.

        Parameters
        ----------
        x, y : float
            In data units.

        Returns
        -------
        int, float, bool, dict of category to value, or None
            Of the pixel there, or of the nearest one within 3 pixels in which something fell. None if there is none, and
            for places that are not shown.
        """
        self._open()
        window = self._window
        column = int(self._grid.x.home(_arguments.number(x, "x")) // window.width)
        row = int(self._grid.y.home(_arguments.number(y, "y")) // window.height)
        inside = 0 <= column - window.column < window.columns and 0 <= row - window.row < window.rows
        if not inside:
            return None
        self._cells.fold(window)
        return self._cells.seen.value_at(column, row, window.width, window.height, _AROUND)

    # Pages

    @property
    def widget(self) -> Any:
        """The widget for layouts of ipywidgets and other hosts: an ``anywidget.AnyWidget``, made when first asked for.

        Its traits ``x_range`` and ``y_range`` follow the view and move it.

        Raises
        ------
        ImportError
            Without the package anywidget: ``pip install drypoint[notebook]``.
        """
        self._open()
        if self._widget is None:
            from .widget import widget_of

            self._widget = widget_of(self)
        return self._widget

    def _home(self) -> dict[str, Any]:
        """What a page must know before it asks for anything."""
        drawing = self._open()
        return {
            "x": self._grid.x.told(),
            "y": self._grid.y.told(),
            "window": self._window._asdict(),
            "name": drawing.source.name,
            "reduction": repr(drawing.reduction),
            "most_pixels": MOST_CELLS,
        }

    def _tell(self, message: dict[str, Any], png: bytes = b"") -> None:
        send = self._send
        if send is not None:
            send(message, [png] if png else [])

    def _receive(self, message: Any) -> None:
        """What a page says; pictures are made later, by the thread."""
        if self.closed or not isinstance(message, dict):
            return
        page, kind = str(message.get("page")), message.get("type")
        about = {"page": page, "id": message.get("id")}
        if kind in ("draw", "at"):
            try:
                window = self._asked(message)
            except (DrypointError, KeyError) as error:
                self._tell({"type": "error", **about, "text": f"the page asked for no picture: {error}"})
                return
            if kind == "draw":  # else the page has a picture that shows it
                self._newest.put(page, (message.get("id"), window, bool(message.get("dark"))))
            self._move(window)
        elif kind == "value":
            self._tell({"type": "value", **about, "text": self._under(message)})
        elif kind == "gone":
            self._newest.forget(page)

    def _asked(self, message: dict[str, Any]) -> Window:
        corner = [_arguments.whole(message[name], name, -_FARTHEST, _FARTHEST) for name in ("column", "row")]
        size = [_arguments.whole(message[name], name, 1, _MOST_SIDE) for name in ("columns", "rows")]
        sides = [_arguments.number(message[name], name) for name in ("width", "height")]
        if size[0] * size[1] > MOST_CELLS:
            raise BadArgument(f"a view shows at most {MOST_CELLS:,} pixels, not {size[0]} × {size[1]}")
        return self._grid.checked(Window(corner[0], corner[1], size[0], size[1], sides[0], sides[1]))

    def _under(self, message: dict[str, Any]) -> str:
        """What is told about the pixel under the pointer; nothing while its cells are not there."""
        drawing = self._drawing
        try:
            place = int(message["column"]), int(message["row"])
            sides = float(message["width"]), float(message["height"])
        except (KeyError, TypeError, ValueError, OverflowError):
            return ""
        value = self._cells.seen.value_at(*place, *sides, _AROUND)
        return "" if value is None or drawing is None else f"{drawing.reduction} {_shown(value)}"

    def _answer(self, page: str, request: tuple[Any, Window, bool]) -> None:
        """Fold and shade for a page. Runs in the thread."""
        number, window, dark = request
        about = {"page": page, "id": number}
        begun = last = time.perf_counter()

        def tell(share: float) -> None:
            nonlocal last
            self._newest.check()
            if time.perf_counter() - last > _TELLING:
                last = time.perf_counter()
                self._tell({"type": "progress", **about, "share": share})

        try:
            drawing = self._open()
            folded = self._cells.fold(window, tell)
            self._newest.check()
            png = b"" if folded.aggregate is None else drawing.shade(folded.aggregate, dark).png()
        except Outdated:
            raise
        except Exception as error:  # whatever it is, whoever looks at the page must see it
            if not self.closed:
                self._tell({"type": "error", **about, "text": str(error) or type(error).__name__})
            return
        told = {
            "window": folded.window._asdict(),
            "part": folded.part._asdict(),
            "milliseconds": round(1000 * (time.perf_counter() - begun), 1),
            "read": folded.read,
        }
        self._tell({"type": "picture", **about, **told}, png)
        self._cells.prepare()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if self.closed:
            return {"text/plain": repr(self)}
        try:
            return self.widget._repr_mimebundle_(include=include, exclude=exclude)
        except ImportError as error:
            return {"text/plain": repr(self), "text/html": card(Facts(repr(self), {"not shown": error}))}

    # The end

    def close(self) -> None:
        """Stop what is being folded, let go of cells and source, leave the pages. Again it does nothing."""
        self._newest.end()
        self._tell({"type": "closed"})
        self._send = None
        self._drawing = None
        with self._watching:
            self._watchers.clear()
        self._cells.close()
        widget, self._widget = self._widget, None
        if widget is not None:
            widget.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._drawing is None

    def __repr__(self) -> str:
        drawing = self._drawing
        if drawing is None:
            return "<View closed>"
        (left, right), (bottom, top) = self._grid.ranges(self._window)
        x, y = drawing.columns
        return (
            f"<View {self.width} × {self.height}: {y} over {x} of {drawing.source.name}, {drawing.reduction}, "
            f"{x} {left:.6g} to {right:.6g}, {y} {bottom:.6g} to {top:.6g}>"
        )


def _shown(value: object) -> str:
    if isinstance(value, dict):
        largest = sorted(value.items(), key=lambda item: -float(item[1]))
        texts = [f"{name}: {_shown(one)}" for name, one in largest[:_LISTED]]
        return ", ".join([*texts, *(["…"] if len(largest) > _LISTED else [])])
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
