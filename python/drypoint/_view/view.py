"""A picture that can be moved: each move folds the source again, or what tiles of it were kept.

All that costs time happens in one thread of the view; what pages ask is answered with what is newest. A lock is held
while something is folded, so that programs may ask too.
"""

from __future__ import annotations

import time
from threading import Lock, RLock

from .. import _arguments, _core
from .._aggregate import HOWS, MOST_SPREAD, Aggregate
from .._canvas import Canvas
from .._closing import Closing
from .._draw import choose_columns
from .._errors import BadArgument, BudgetExceeded, DrypointError, EmptyData
from .._image import Image
from .._job import axis_range
from .._reductions import as_reduction
from .._streams import scan
from .grid import Axis, Grid, Window
from .newest import Newest, Outdated
from .seen import Folded, Seen
from .tiles import FEWEST, Tiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from .._canvas import _Range, _ScaleName
    from .._reductions import Reduction
    from .._streams import Source

__all__ = ["View", "view"]

MARKS = ("points", "line")
#: Passes that take longer than this are worth tiles, in seconds.
_SLOW = 0.04
#: Tiles of home have so many cells for a home pixel along each side, those of a part at least so many for its pixel.
_HOME_CELLS = 64
_PART_CELLS = 64
#: Windows beyond the one looked at, on each side, that tiles of a part have.
_PART_REACH = 4
#: Points that a tile of a part should hold on average, and bytes that points and tiles take.
_FEWEST_ROWS = 32
_BYTES_OF_POINT = 2.4
_BYTES_OF_TILE = 80
_TILE = 256 * 256
#: Tiles of parts that are kept beside those of home.
_PARTS = 2
#: Cells of a picture with its margin.
_MOST_CELLS = 2**23
#: Pixels around the one under the pointer in which a value is looked for.
_AROUND = 3
#: Seconds between two words about how far a pass is.
_TELLING = 0.15


class View(Closing):
    """A picture of a source that can be moved, in notebooks and from programs; made by `view`.

    Attributes
    ----------
    width, height : int
        Pixels of the plot area as `view` was asked for.
    x_range, y_range : tuple of float
        What is shown, in data units; instants in the unit of their column since 1970-01-01 UTC. Can be set: the view
        then shows at least that, in its middle.
    passes : int
        How often the source was read.
    tiles_nbytes : int
        Bytes of the counts in tiles that moves are answered from.

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

    def __init__(self, told: _Told, grid: Grid, first: Folded, seconds: float) -> None:
        if not isinstance(told, _Told):
            raise BadArgument("a View is made by view()")
        self._told: _Told | None = told
        self._grid = grid
        self._seen = Seen(told.most_seen)
        self._seen.add(first)
        self._window = grid.home
        self._slow = seconds > _SLOW
        self._home: Tiles | None = None
        self._parts: list[Tiles] = []
        self._hopeless = False
        self._folding = RLock()
        self._watching = Lock()
        self._watchers: list[Callable[[View], object]] = []
        self._newest = Newest(self._answer, self._prepare)
        self._send: Callable[[dict[str, Any], list[bytes]], object] | None = None
        self._widget: Any = None
        self.passes = 1

    # ---- what is shown

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
            In data units, ``start < end``; what is not given stays. Shown with a little more, so that pixels are those
            of the view's grid.

        Raises
        ------
        BadArgument
            If it is no range.
        """
        self._check_open()
        told = self._told
        assert told is not None
        x = told.span(x_range, "x_range") or self.x_range
        y = told.span(y_range, "y_range") or self.y_range
        window = self._grid.showing(
            x if x_range is not None else None, y if y_range is not None else None, self.width, self.height
        )
        if x_range is None:
            window = window._replace(column=self._window.column, width=self._window.width)
            window = window._replace(columns=self._window.columns)
        if y_range is None:
            window = window._replace(row=self._window.row, height=self._window.height)
            window = window._replace(rows=self._window.rows)
        self._move(window)
        self._tell({"type": "go", **window._asdict()})

    def reset(self) -> None:
        """Show all again."""
        self._check_open()
        self._move(self._grid.home)
        self._tell({"type": "go", **self._grid.home._asdict()})

    def observe(self, function: Callable[[View], object]) -> None:
        """Have a function called, with the view, after each move.

        Parameters
        ----------
        function : callable
            Called in the thread that moved it: that of the notebook's kernel for pages. Held until `unobserve` or
            `close`.
        """
        self._check_open()
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
            If it is not called.
        """
        with self._watching:
            if function not in self._watchers:
                raise BadArgument(f"{function!r} does not observe this view")
            self._watchers.remove(function)

    def _move(self, window: Window) -> None:
        if window == self._window:
            return
        self._window = window
        with self._watching:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher(self)

    # ---- pictures for programs

    @property
    def aggregate(self) -> Aggregate:
        """The cells of what is shown now, folded if they are not at hand.

        Of counts, where nothing lies beyond the data's ranges, it may end there: its ranges say so.
        """
        self._check_open()
        with self._folding:
            folded = self._fold(self._window, None)
        if folded.aggregate is None:
            raise EmptyData("there is nothing in what this view shows")
        return folded.aggregate

    def image(self) -> Image:
        """The plot area as it is shown now.

        Returns
        -------
        Image
            Of the parts of the plot area that hold any data; with a margin where that is at hand.
        """
        assert self._told is not None or self.closed
        aggregate = self.aggregate
        assert self._told is not None
        return Image(self._told.shade(aggregate, dark=False))

    def value_at(self, x: Any, y: Any) -> object:
        """What the pixel shows at a place, as a page tells it under the pointer.

        Parameters
        ----------
        x, y : float
            In data units.

        Returns
        -------
        int, float, bool, dict of category to value, or None
            Of the pixel there, or of the nearest one within 3 pixels in which something fell; None if there is none.
        """
        self._check_open()
        grid, window = self._grid, self._window
        column = int(grid.x.home(_arguments.number(x, "x")) // window.width)
        row = int(grid.y.home(_arguments.number(y, "y")) // window.height)
        with self._folding:
            self._fold(window, None)
            return self._seen.value_at(column, row, window.width, window.height, _AROUND)

    # ---- folding

    @property
    def tiles_nbytes(self) -> int:
        """Bytes of the counts in tiles that moves are answered from."""
        tiles = ([] if self._home is None else [self._home]) + self._parts
        return sum(one.nbytes for one in tiles)

    def _fold(self, window: Window, tell: Callable[[float], object] | None) -> Folded:
        """The cells of a window, from what is at hand if that is possible. Call it with the lock."""
        told = self._told
        self._check_open()
        assert told is not None
        found = self._seen.find(window)
        if found is not None:
            return found
        wide = self._grid_only(window.grown(min(_MOST_CELLS, window.columns * window.rows * 3 // 2)))
        folded = self._from_tiles(wide) or self._from_tiles(window)
        if folded is None and self._slow and told.tiles and not self._hopeless:
            self._cut(window, tell)
            folded = self._from_tiles(wide) or self._from_tiles(window)
        if folded is None:
            wide = self._grid_only(window.grown(_MOST_CELLS))
            folded = Folded(wide, wide, self._read(wide, tell), True)
        self._seen.add(folded)
        return folded

    def _grid_only(self, window: Window) -> Window:
        return window if window.columns * window.rows <= _MOST_CELLS else self._window

    def _from_tiles(self, window: Window) -> Folded | None:
        for tiles in [*reversed(self._parts), self._home]:
            part = None if tiles is None else tiles.part(window)
            if tiles is not None and part is not None:
                empty = not (part.columns and part.rows)
                return Folded(window, part, None if empty else tiles.aggregate(part), False)
        return None

    def _cut(self, window: Window, tell: Callable[[float], object] | None) -> None:
        """Count into tiles around a window, or over all of home if that is fine enough for it."""
        told = self._told
        assert told is not None
        least = min(window.width, window.height)
        try:
            if self._home is None and least * _HOME_CELLS >= 4:
                cell = 1 / _HOME_CELLS
                box = (0, 0, self.width * _HOME_CELLS, self.height * _HOME_CELLS)
                if not told.affords(box):
                    self._hopeless = True
                    return
                self._home = Tiles(
                    self._grid, box, (cell, cell), lambda wide: self._read(wide, tell, tiled=True)
                )
                return
            finer = _PART_CELLS
            wide = window.grown(2**62, _PART_REACH)
            rows = None if self._home is None else self._home.count(wide)
            while finer > FEWEST and wide.columns * wide.rows * finer**2 * _FEWEST_ROWS > _TILE * (rows or 0):
                finer //= 2
            box, cells = Tiles.around(self._grid, window, finer, _PART_REACH)
            del self._parts[: len(self._parts) - _PARTS + 1]
            self._parts.append(
                Tiles(self._grid, box, cells, lambda wide: self._read(wide, tell, tiled=True))
            )
        except BudgetExceeded:
            self._hopeless = True  # passes with small canvases still fit

    def _read(
        self, window: Window, tell: Callable[[float], object] | None, tiled: bool = False
    ) -> Aggregate:
        told = self._told
        assert told is not None
        x_range, y_range = self._grid.ranges(window)
        self.passes += 1
        return told.fold(
            (window.columns, window.rows), x_range, y_range, None if tell is None else _progress(tell), tiled
        )

    # ---- pages

    @property
    def widget(self) -> Any:
        """The widget for layouts of ipywidgets and other hosts: an ``anywidget.AnyWidget``, made when first asked for.

        Its traits ``x_range`` and ``y_range`` follow the view and move it.

        Raises
        ------
        ImportError
            Without the package anywidget: ``pip install drypoint[notebook]``.
        """
        self._check_open()
        if self._widget is None:
            from .widget import widget_of

            self._widget = widget_of(self)
        return self._widget

    def _home_told(self) -> dict[str, Any]:
        """What a page must know before it asks for anything."""
        told = self._told
        assert told is not None
        return {
            "x": self._grid.x.told(),
            "y": self._grid.y.told(),
            "window": self._window._asdict(),
            "name": told.source.name,
            "reduction": repr(told.reduction),
            "most_pixels": _MOST_CELLS,
        }

    def _tell(self, message: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        send = self._send
        if send is not None:
            send(message, buffers or [])

    def _receive(self, message: Any) -> None:
        """What a page asks; it is answered later, by the thread."""
        if self.closed or not isinstance(message, dict):
            return
        page, kind = str(message.get("page")), message.get("type")
        if kind == "draw":
            try:
                window = self._asked(message)
            except (DrypointError, KeyError, TypeError, ValueError) as error:
                self._tell({"type": "error", "page": page, "id": message.get("id"), "text": str(error)})
                return
            self._newest.put(page, (message.get("id"), window, bool(message.get("dark"))))
            self._move(window)
        elif kind == "value":
            self._tell(
                {"type": "value", "page": page, "id": message.get("id"), "text": self._under(message)}
            )
        elif kind == "gone":
            self._newest.forget(page)

    def _asked(self, message: dict[str, Any]) -> Window:
        whole = [_arguments.whole(message[name], name, -(2**53), 2**53) for name in ("column", "row")]
        sizes = [_arguments.whole(message[name], name, 1, 16_384) for name in ("columns", "rows")]
        sides = [_arguments.number(message[name], name) for name in ("width", "height")]
        if sizes[0] * sizes[1] > _MOST_CELLS:
            raise BadArgument(f"a view shows at most {_MOST_CELLS:,} pixels, not {sizes[0]} × {sizes[1]}")
        return self._grid.checked(Window(*whole, *sizes, *sides))

    def _under(self, message: dict[str, Any]) -> str:
        """What is told about the pixel under the pointer; nothing while its cells are not there."""
        told = self._told
        try:
            column, row = int(message["column"]), int(message["row"])
            sides = float(message["width"]), float(message["height"])
        except (KeyError, TypeError, ValueError):
            return ""
        value = self._seen.value_at(column, row, *sides, _AROUND)
        return "" if value is None or told is None else f"{told.reduction} {_shown(value)}"

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
            with self._folding:
                self._newest.check()
                folded = self._fold(window, tell)
                told = self._told
                if told is None:
                    return
                png = b"" if folded.aggregate is None else told.shade(folded.aggregate, dark).png()
        except Outdated:
            raise
        except Exception as error:  # whatever it is, whoever looks at the page must see it
            if not self.closed:
                text = str(error) or type(error).__name__
                self._tell({"type": "error", **about, "text": text})
            return
        milliseconds = round(1000 * (time.perf_counter() - begun), 1)
        self._tell(
            {
                "type": "picture",
                **about,
                "window": folded.window._asdict(),
                "part": folded.part._asdict(),
                "milliseconds": milliseconds,
                "read": folded.read,
            },
            [png] if png else [],
        )

    def _prepare(self) -> bool:
        """Count home into tiles while nobody asks for anything. Runs in the thread."""
        told = self._told
        if told is None or not (told.tiles and self._slow) or self._home is not None or self._hopeless:
            return False
        with self._folding:
            if self._told is None or self._home is not None:
                return False
            try:
                self._cut(self._grid.home, lambda share: self._open())
            except Outdated:
                raise
            except Exception:
                self._hopeless = True  # the next pass will tell the page what is wrong
        return False

    def _open(self) -> None:
        if self.closed:
            raise Outdated

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if self.closed:
            return {"text/plain": repr(self)}
        try:
            return self.widget._repr_mimebundle_(include=include, exclude=exclude)
        except ImportError as error:
            from .card import card

            return {"text/plain": repr(self), "text/html": card(repr(self), {"not moving": str(error)})}

    # ---- the end

    def close(self) -> None:
        """Stop what is being folded, let go of all cells and of the source, and leave the pages. Again it does nothing."""
        self._newest.end()
        widget, self._widget = self._widget, None
        self._tell({"type": "closed"})
        self._send = None
        self._told = None
        with self._watching:
            self._watchers.clear()
        with self._folding:  # waits for a pass to stop
            self._home = None
            self._parts.clear()
            self._seen.clear()
        if widget is not None:
            widget.close()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._told is None

    def __repr__(self) -> str:
        told = self._told
        if told is None:
            return "<View closed>"
        (left, right), (bottom, top) = self._grid.ranges(self._window)
        return (
            f"<View {self.width} × {self.height}: {told.y} over {told.x} of {told.source.name}, {told.reduction}, "
            f"x {left:.6g} to {right:.6g}, y {bottom:.6g} to {top:.6g}>"
        )


class _Told:
    """What a view was asked for: source, columns, mark, colours, memory."""

    def __init__(
        self,
        source: Source,
        x: str,
        y: str,
        reduction: Reduction,
        mark: str,
        options: dict[str, Any],
        shading: tuple[Any, Any, Any, Any],
        scales: tuple[str, str],
        memory: str | None,
        threads: int | None,
    ) -> None:
        self.source, self.x, self.y, self.reduction = source, x, y, reduction
        self.mark, self.options, self.scales = mark, options, scales
        self.memory, self.threads = memory, threads
        self._shading = shading
        self._pages: dict[bool, _core.PageSpec] = {}
        budget = _core.memory()["budget"] if memory is None else _core.budget_bytes(memory)
        self._bytes = int(budget)
        self.most_seen = self._bytes // 8
        #: Whether tiles can hold what is folded.
        self.tiles = mark == "points" and reduction.name in ("count", "any")

    def affords(self, box: tuple[int, int, int, int]) -> bool:
        """Whether tiles of all points would take less than half of the budget."""
        rows = self.source.rows
        if rows is None:
            return True  # they are packed and moved to disk if need be
        tiles = (box[2] - box[0]) * (box[3] - box[1]) / _TILE
        return _BYTES_OF_POINT * rows + _BYTES_OF_TILE * min(tiles, rows) < self._bytes / 2

    def fold(
        self,
        size: tuple[int, int],
        x_range: Any,
        y_range: Any,
        progress: Callable[[int, int | None], object] | None,
        tiled: bool,
    ) -> Aggregate:
        """One pass over the source."""
        canvas = Canvas(
            *size,
            x_range=x_range,
            y_range=y_range,
            x_scale=self.scales[0],  # type: ignore[arg-type]
            y_scale=self.scales[1],  # type: ignore[arg-type]
            tiled=tiled,
        )
        draw = getattr(canvas, self.mark)
        aggregate: Aggregate = draw(
            self.source,
            self.x,
            self.y,
            self.reduction,
            threads=self.threads,
            memory=self.memory,
            progress=progress,
            **self.options,
        )
        return aggregate

    def span(self, value: Any, name: str) -> tuple[float, float] | None:
        """A range as numbers in the unit of its column."""
        ends = axis_range(value, name)
        if ends is None:
            return None
        kind = self.source.schema.get(getattr(self, name[0]), "")
        start, end = (_instant(end, kind, name) if isinstance(end, str) else end for end in ends)
        if not start < end:
            raise BadArgument(f"{name} must be (start, end) with start < end, not {value!r}")
        return start, end

    def shade(self, aggregate: Aggregate, dark: bool) -> _core.Pixmap:
        """Give each cell its colour, on a light or a dark page."""
        page = self._pages.get(dark)
        if page is None:
            page = self._pages[dark] = _core.PageSpec(
                900,
                600,
                None,
                None,
                None,
                None,
                self.x,
                self.y,
                self.reduction._spec(),
                "dark" if dark else "light",
                1.0,
                self._shading,
                False,
                "points" if self.mark == "points" else "passes",
            )
        return page.shade(aggregate._inner)


def view(
    source: Any,
    x: str | None = None,
    y: str | None = None,
    color: Reduction | str | None = None,
    *,
    mark: Literal["points", "line"] = "points",
    group: str | None = None,
    width: int = 720,
    height: int = 480,
    x_range: _Range | None = None,
    y_range: _Range | None = None,
    x_scale: _ScaleName = "linear",
    y_scale: _ScaleName = "linear",
    cmap: str | list[str] | None = None,
    how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
    span: tuple[float, float] | None = None,
    spread: int | None = None,
    memory: str | int | None = None,
    threads: int | None = None,
) -> View:
    """Show a source in a notebook so that it can be moved and zoomed; each move is folded anew, exactly.

    Drag to move, turn the wheel to zoom (after a click, or with Ctrl), draw a box with Shift, double-click to see all;
    with the keyboard, arrows move, ``+`` and ``-`` zoom, ``0`` shows all. Under the pointer the values are told.

    Parameters
    ----------
    source : anything `scan` takes that can be read again
        Not copied, and held until the view is closed.
    x, y : str, optional
        Columns, as in `draw`.
    color : Reduction, optional
        What is folded in each pixel: `count` by default.
    mark : {"points", "line"}
        As in `draw`.
    group : str, optional
        For lines, as in `Canvas.line`.
    width, height : int, default 720 and 480
        Of the plot area, in pixels of the page, from 50 to 4000. Screens of high density get as many pixels as they
        have; narrow pages show less.
    x_range, y_range : (start, end), optional
        What is shown first; all by default.
    x_scale, y_scale : {"linear", "log"}
        As in `Canvas`.
    cmap, how, span, spread
        As in `Figure.points`.
    memory : str or int, optional
        A budget for the view: for each pass over the source and for what it keeps.
    threads : int, optional
        As in `Canvas.points`.

    Returns
    -------
    View
        A notebook shows it. ``view.close()`` ends it.

    Raises
    ------
    MissingColumn, NotNumeric, EmptyData, BudgetExceeded, BadArgument
        Now, not when it is moved. Errors of later passes are told in the view.

    Notes
    -----
    The source is read once to begin with, and before that for its ranges if it has no statistics. Counts of points
    (`count`, `any`) of sources that take long to read are then counted into tiles in the background, some 2.4 bytes a
    point in half of the budget: moves are answered from these in milliseconds. Windows far deeper than them, and all
    other folds, take a pass over the source each time that they leave what was read last; a margin around it is read
    along. Passes that nobody waits for any more are stopped.

    Needs the package anywidget to be shown: ``pip install drypoint[notebook]``.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> points = {"x": array("d", [0, 1, 2, 3]), "y": array("d", [0, 1, 4, 9])}
    >>> view = dp.view(points, "x", "y", width=400, height=300)
    >>> [round(end, 2) for end in view.x_range]
    [-0.08, 3.08]
    >>> view.close()
    """
    rows = scan(source)
    if rows.one_shot:
        raise BadArgument(
            f"{rows.name} can be read only once, and a view reads its source again at each move; "
            "give it a file, arrays or a table"
        )
    from .._draw import check_group

    check_group(_arguments.choice(mark, "mark", MARKS), group)
    x, y = choose_columns(rows, x, y)
    size = _arguments.whole(width, "width", 50, 4000), _arguments.whole(height, "height", 50, 4000)
    scales = _arguments.choice(x_scale, "x_scale", ("linear", "log")), _arguments.choice(
        y_scale, "y_scale", ("linear", "log")
    )
    told = _Told(
        rows,
        x,
        y,
        as_reduction(color),
        mark,
        {} if group is None else {"group": group},
        (
            _arguments.optional(_arguments.colors, cmap, "cmap"),
            _arguments.optional(_arguments.choice, how, "how", HOWS),
            _arguments.optional(_arguments.span, span, "span"),
            _arguments.optional(_arguments.whole, spread, "spread", 0, MOST_SPREAD),
        ),
        scales,
        None if memory is None else _arguments.budget(memory, "memory"),
        _arguments.optional(_arguments.whole, threads, "threads", 1),
    )
    ends = _reach(told)
    kinds = [rows.schema.get(name, "") for name in (x, y)]
    grid = Grid(
        Axis("x", x, kinds[0], *ends[0], scales[0], size[0]),
        Axis("y", y, kinds[1], *ends[1], scales[1], size[1]),
    )
    begun = time.perf_counter()
    ranges = grid.ranges(grid.home)
    first = Folded(grid.home, grid.home, told.fold(size, *ranges, None, False), True)
    made = View(told, grid, first, time.perf_counter() - begun)
    told.shade(first.aggregate, dark=False)  # what is wrong with the colours is told now
    if x_range is not None or y_range is not None:
        made.show(x_range, y_range)
    return made


def _reach(told: _Told) -> tuple[tuple[float, float], tuple[float, float]]:
    """From where to where the data go."""
    known = [
        told.source.extent(name) if scale == "linear" else None
        for name, scale in zip((told.x, told.y), told.scales, strict=True)
    ]
    if known[0] is not None and known[1] is not None:
        return known[0], known[1]
    small = told.fold((16, 16), known[0], known[1], None, False)
    return small.x_range, small.y_range


def _progress(tell: Callable[[float], object]) -> Callable[[int, int | None], object]:
    def progress(rows: int, of: int | None) -> None:
        tell(rows / of if of else 0.0)

    return progress


def _instant(text: str, kind: str, name: str) -> float:
    """An instant as text, in the unit of its column."""
    from datetime import datetime, timedelta, timezone

    units = {"date": 86_400_000_000, "timestamp[s": 10**6, "timestamp[ms": 1000, "timestamp[us": 1, "timestamp[ns": 0.001}
    unit = units.get(kind.split(",")[0].rstrip("]"))
    if unit is None:
        raise BadArgument(f"{name}: {text!r} is an instant, and the column is {kind or 'of numbers'}")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadArgument(f"{name}: {text!r} is no date as ISO 8601 has them") from None
    found = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    return (found - datetime(1970, 1, 1, tzinfo=timezone.utc)) / timedelta(microseconds=1) / unit


def _shown(value: object) -> str:
    if isinstance(value, dict):
        largest = sorted(value.items(), key=lambda item: -item[1])
        texts = [f"{name}: {_shown(one)}" for name, one in largest[:4]]
        return ", ".join([*texts, *(["…"] if len(largest) > 4 else [])])
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else f"{value:.6g}" if isinstance(value, float) else str(value)
