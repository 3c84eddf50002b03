"""Counts in tiles, finer than what is looked at, from which windows are answered without reading the source again.

There are levels: in the finest most tiles are lists of points, which takes time where a window holds many of them;
coarser ones, of few and narrow counters, answer those windows. A level answers windows whose pixels are whole numbers of
its cells, so that all counts are exact.
"""

from __future__ import annotations

from math import ceil

from .. import _core
from .._aggregate import Aggregate, aggregate_of
from .._errors import BudgetExceeded
from .grid import Window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .grid import Grid

    _Box = tuple[int, int, int, int]
    _Cell = tuple[float, float]

__all__ = ["FEWEST", "Tiles"]

#: A pixel of any size has a whole number of cells if it has at least so many: sizes are 4 to 7 times a power of two.
FEWEST = 4


class Tiles:
    """Counts of a box of home.

    Parameters
    ----------
    grid : Grid
        What the box is a part of.
    box : tuple of int
        Left, bottom, right and top in cells.
    cell : tuple of float
        Sides of a cell in home pixels, powers of two.
    levels : tuple of int
        Cells of the coarser levels: each has ``2**n`` times those of the finest along each side, increasing.
    fold : callable
        Folds a window in tiles, as `Canvas.points` does.
    """

    def __init__(
        self, grid: Grid, box: _Box, cell: _Cell, levels: tuple[int, ...], fold: Callable[[Window], Aggregate]
    ) -> None:
        self._grid, self._box, self._cell = grid, box, cell
        left, bottom, right, top = box
        folded = fold(Window(left, bottom, right - left, top - bottom, *cell))
        #: By how many powers of two its cells are larger than the finest, and the counts; the finest first.
        self._levels: list[tuple[int, _core.TiledAggregate]] = [(0, folded._in_tiles())]
        del folded
        for level in levels:
            done, tiles = self._levels[-1]
            try:
                coarser = aggregate_of(tiles.level(level - done))
                self._levels.append((level, coarser._in_tiles()))
            except BudgetExceeded:
                break  # those that are there answer everything, at the cost of time

    @property
    def nbytes(self) -> int:
        """Bytes held, in memory and on disk."""
        return sum(tiles.nbytes for _, tiles in self._levels)

    def part(self, window: Window) -> Window | None:
        """What of a window the tiles have: all of it, or what of it holds any data; None if they cannot tell."""
        if not self._suits(window, 0):
            return None
        x = self._held(0, window.column, window.columns, window.width)
        y = self._held(1, window.row, window.rows, window.height)
        if x is None or y is None:
            return None
        return window._replace(column=x[0], columns=x[1], row=y[0], rows=y[1])

    def _held(self, place: int, first: int, count: int, size: float) -> tuple[int, int] | None:
        """The first and the number of those pixels along an axis that lie in the box; all, or all that hold any data."""
        cells = round(size / self._cell[place])
        low, high = self._box[place], self._box[2 + place]
        if low == 0 and high * self._cell[place] >= self._grid[place].pixels:  # nothing lies beyond
            end = min(first + count, high // cells)
            first = max(first, 0)
            return first, max(end - first, 0)
        if first * cells < low or (first + count) * cells > high:
            return None
        return first, count

    def aggregate(self, part: Window) -> Aggregate:
        """The counts of what `part` gave.

        Parameters
        ----------
        part : Window
            With at least one pixel.

        Returns
        -------
        Aggregate
            Shape (rows, columns); exact.
        """
        level = max(at for at, (level, _) in enumerate(self._levels) if self._suits(part, level))
        return aggregate_of(
            self._levels[level][1].zoom(self._span(part, 0), self._span(part, 1), part.columns, part.rows)
        )

    def _suits(self, window: Window, level: int) -> bool:
        """Whether its pixels are whole numbers of a level's cells."""
        counts = [window[4 + place] / (self._cell[place] * 2**level) for place in (0, 1)]
        return all(count >= 1 and count == int(count) for count in counts)

    def _span(self, part: Window, place: int) -> tuple[float, float]:
        """From a cell's inside to another one's: moved outward to whole cells that is the part."""
        axis, size = self._grid[place], part[4 + place]
        inside = self._cell[place] / 2
        first, end = part[place] * size, (part[place] + part[2 + place]) * size
        return axis.value(first + inside), axis.value(end - inside)

    def count(self, window: Window) -> int:
        """How many rows fell in a window or near it, by one look at the coarse level."""
        left, bottom, right, top = window.box
        spans = []
        for place, ends in enumerate(((left, right), (bottom, top))):
            axis, cell = self._grid[place], self._cell[place]
            least, most = self._box[place] * cell, min(self._box[2 + place] * cell, float(axis.pixels))
            low, high = (min(max(end, least), most) for end in ends)
            if low >= high:
                return 0
            spans.append((axis.value(low), axis.value(high)))
        found = aggregate_of(self._levels[-1][1].zoom(spans[0], spans[1], 1, 1))
        return int(found.cells[0, 0])

    @staticmethod
    def around(grid: Grid, window: Window, wide: Window, finer: int) -> tuple[_Box, _Cell]:
        """A box and cells for what is around a window.

        Parameters
        ----------
        grid : Grid
            Home.
        window : Window
            What is looked at.
        wide : Window
            What the box holds of home; its pixels are those of the window.
        finer : int
            A pixel has at least so many cells along each side, a power of two; fewer where float64 has no more.

        Returns
        -------
        tuple
            Box and cell as `Tiles` takes them.
        """
        spans, cells = [], []
        for place, axis in enumerate(grid):
            size, cell = window[4 + place], 1.0
            while cell * finer > size and cell * FEWEST > axis.least:
                cell /= 2
            low = max(0, int(wide[place] * size / cell))
            high = min(ceil(axis.pixels / cell), int((wide[place] + wide[2 + place]) * size / cell))
            spans.append((low, max(high, low + 1)))
            cells.append(cell)
        (left, right), (bottom, top) = spans
        return (left, bottom, right, top), (cells[0], cells[1])
