"""The cells of any window: those at hand, those that tiles hold, or those that a pass over the source gives.

Counts of points are cut into tiles where a pass takes long: once over all data, in a thread of its own while passes
answer, and again around what is looked at where that is too coarse. All other folds are passes, each with a margin, and
the last ones stay at hand.
"""

from __future__ import annotations

from contextvars import copy_context
from threading import RLock, Thread, current_thread

from .._aggregate import Aggregate
from .._errors import BudgetExceeded, ClosedError, DrypointError
from .grid import Window
from .seen import Folded, Seen
from .tiles import FEWEST, Tiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .drawing import Drawing
    from .grid import Grid

    _Tell = Callable[[float], object]

__all__ = ["MOST_CELLS", "Cells"]

#: Cells of a picture with its margin.
MOST_CELLS = 2**23
#: A pass that takes longer than this is worth tiles, in seconds.
_SLOW = 0.04
#: A pixel has at most so many cells along each side when tiles are cut for it.
_MOST_FINE = 256
#: As many where it is not known how many rows there are.
_FINE = 64
#: The first tiles of all data have so many for a home pixel, and a coarser level half of that.
_FIRST = 16
#: Windows beyond the one looked at, on each side, that tiles of a part have.
_PART_REACH = 2
#: Seconds that a close waits for tiles that are being cut; they look around ten times a second.
_ENDING = 10
#: Tiles of parts that are kept beside those of all data.
_PARTS = 2
#: Rows that a tile should hold on average, and rows of which no more than this is too little to ask.
_ROWS = 128
_FEW_ROWS = 500_000
#: Bytes that rows and tiles take, in all levels.
_BYTES_OF_ROW = 5
_BYTES_OF_TILE = 80
_TILE = 256 * 256


class Cells:
    """What is folded for one view.

    Parameters
    ----------
    drawing : Drawing
        What is folded.
    grid : Grid
        What windows are cut from.
    seconds : float
        What a pass takes.
    """

    def __init__(self, drawing: Drawing, grid: Grid, seconds: float) -> None:
        self._drawing: Drawing | None = drawing
        self._grid = grid
        self._in_tiles = drawing.in_tiles and seconds > _SLOW
        #: Those of all data, coarse ones first, and those of parts, the newest last.
        self._all: list[Tiles] = []
        self._parts: list[Tiles] = []
        self._cutting: Thread | None = None
        #: Whether tiles of all data are there, so that those of parts are worth it.
        self._cut = False
        self.seen = Seen(drawing.budget // 8)
        self.passes = 0
        self._folding = RLock()

    @property
    def nbytes(self) -> int:
        """Bytes held, in memory and on disk."""
        return self.seen.nbytes + sum(one.nbytes for one in self._tiles())

    def fold(self, window: Window, tell: _Tell | None = None) -> Folded:
        """A window and a margin around it, from what is at hand if that is possible.

        Parameters
        ----------
        window : Window
            Up to `MOST_CELLS` pixels.
        tell : callable, optional
            Called during a pass with how much of it is done; it may raise, which ends the pass.
        """
        with self._folding:
            self._open()
            found = self.seen.find(window)
            if found is not None:
                return found
            folded = self._of_tiles(window)
            if folded is None and self._cut:
                self._cut_part(window, tell)
                folded = self._of_tiles(window)
            if folded is None:
                wide = window.grown(MOST_CELLS)
                folded = Folded(wide, wide, self._read(wide, tell), True)
            self.seen.add(folded)
            return folded

    def exactly(self, window: Window) -> Aggregate:
        """The cells of a window, without a margin."""
        with self._folding:
            self._open()
            found = self.seen.find(window)
            if found is not None and found.part == window and found.aggregate is not None:
                return found.aggregate
            for tiles in self._tiles():
                if tiles.part(window) == window:
                    return tiles.aggregate(window)
            aggregate = self._read(window, None)
            if found is None:
                self.seen.add(Folded(window, window, aggregate, True))
            return aggregate

    def prepare(self) -> None:
        """Begin to cut all data into tiles, in a thread, if that is worth it and was not begun."""
        with self._folding:
            if self._in_tiles and self._cutting is None and self._drawing is not None:
                context = copy_context()  # the budgets of scopes are known there
                name = "drypoint-view-tiles"
                thread = Thread(target=context.run, args=(self._cut_all,), name=name, daemon=True)
                thread.start()
                self._cutting = thread

    def join(self, seconds: float) -> bool:
        """Wait until `prepare` has done its work; whether it has in time."""
        thread = self._cutting
        if thread is not None and thread is not current_thread():
            thread.join(seconds)
        return thread is None or not thread.is_alive()

    def close(self) -> None:
        """Let all go, the source too, after the pass in work."""
        with self._folding:
            self._drawing = None
            self._cut = False
            self._all.clear()
            self._parts.clear()
            self.seen.clear()
        self.join(_ENDING)

    def _open(self) -> Drawing:
        if self._drawing is None:
            raise ClosedError("this View is closed")
        return self._drawing

    def _tiles(self) -> list[Tiles]:
        """Those that may tell about a window: coarse ones are quicker, the newest part is the likeliest."""
        return [*self._all, *reversed(self._parts)]

    def _of_tiles(self, window: Window) -> Folded | None:
        wide = window.grown(min(MOST_CELLS, window.columns * window.rows * 3 // 2))
        for wanted in (wide, window):
            for tiles in self._tiles():
                part = tiles.part(wanted)
                if part is not None:
                    empty = not (part.columns and part.rows)
                    return Folded(wanted, part, None if empty else tiles.aggregate(part), False)
        return None

    def _cut_all(self) -> None:
        """Count all data into tiles, coarse and then fine. Runs in the thread of `prepare`."""

        def check(share: float) -> None:
            self._open()

        home = self._grid.home
        pixels = home.columns * home.rows
        try:
            fine = _fineness(pixels, self._open().source.rows)
            for cells, levels in ((_FIRST, (1,)), (fine, ())):
                if (levels or cells > _FIRST) and not self._affords(pixels * cells**2):
                    return
                if levels or cells > _FIRST:
                    box = (0, 0, home.columns * cells, home.rows * cells)
                    tiles = Tiles(
                        self._grid,
                        box,
                        (1 / cells, 1 / cells),
                        levels,
                        lambda part: self._read(part, check, tiled=True),
                    )
                    with self._folding:
                        self._open()
                        self._all.append(tiles)
            self._cut = True
        except DrypointError:
            pass  # passes still answer, or fail for all to see

    def _cut_part(self, window: Window, tell: _Tell | None) -> None:
        """Count what is around a window into tiles."""
        del self._parts[: len(self._parts) - _PARTS + 1]
        wide = window.grown(2**62, _PART_REACH)
        fine = _fineness(wide.columns * wide.rows, self._all[0].count(wide))
        box, cell = Tiles.around(self._grid, window, wide, fine)
        try:
            tiles = Tiles(self._grid, box, cell, (), lambda part: self._read(part, tell, tiled=True))
        except BudgetExceeded:
            self._cut = False  # passes with small canvases still fit
            return
        self._parts.append(tiles)

    def _affords(self, cells: int) -> bool:
        """Whether tiles of all rows would take less than half of the budget; where it is not known, they are tried."""
        drawing = self._open()
        rows = drawing.source.rows
        if rows is None:
            return True
        return 2 * (_BYTES_OF_ROW * rows + _BYTES_OF_TILE * min(cells // _TILE, rows)) < drawing.budget

    def _read(self, window: Window, tell: _Tell | None, tiled: bool = False) -> Aggregate:
        self.passes += 1

        def progress(rows: int, of: int | None) -> None:
            if tell is not None:
                tell(rows / of if of else 0.0)

        ranges = self._grid.ranges(window)
        return self._open().fold((window.columns, window.rows), *ranges, progress, tiled)


def _fineness(pixels: int, rows: int | None) -> int:
    """How many cells a pixel should have along each side, of so many pixels with so many rows."""
    if rows is None:
        return _FINE
    if rows <= _FEW_ROWS:
        return _MOST_FINE
    fine = FEWEST
    while fine < _MOST_FINE and pixels * (2 * fine) ** 2 * _ROWS <= _TILE * rows:
        fine *= 2
    return fine
