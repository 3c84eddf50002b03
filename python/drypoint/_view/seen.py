"""What a view folded lately, so that going back and forth reads nothing: windows with their cells, oldest out first."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from .._aggregate import Aggregate
    from .grid import Window
else:
    from typing import NamedTuple

__all__ = ["Folded", "Seen"]


class Folded(NamedTuple):
    """A folded window."""

    #: What it tells about: nothing was drawn beyond `part` because there is nothing.
    window: Window
    #: What the cells cover, a part of the window.
    part: Window
    #: None if there is nothing in the window.
    aggregate: Aggregate | None
    #: Whether it was read from the source: else it costs little to make again.
    read: bool

    @property
    def nbytes(self) -> int:
        """Bytes of the cells."""
        return 0 if self.aggregate is None else self.aggregate.nbytes


class Seen:
    """Folded windows within a number of bytes; at least the last one.

    Parameters
    ----------
    most : int
        Bytes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._folded: list[Folded] = []

    def __len__(self) -> int:
        return len(self._folded)

    @property
    def nbytes(self) -> int:
        """Bytes of all cells."""
        return sum(one.nbytes for one in self._folded)

    def add(self, folded: Folded) -> None:
        """Keep this one; what it holds all of, and the oldest beyond the bytes, go."""
        self._folded = [one for one in self._folded if not folded.window.holds(one.window)]
        self._folded.append(folded)
        self.shrink(self._most)

    def shrink(self, most: int) -> None:
        """Let the oldest go until there are at most so many bytes, or one."""
        while len(self._folded) > 1 and self.nbytes > most:
            del self._folded[0]

    def find(self, window: Window) -> Folded | None:
        """One that holds a window, which then is the newest."""
        for place in range(len(self._folded) - 1, -1, -1):
            if self._folded[place].window.holds(window):
                self._folded.append(self._folded.pop(place))
                return self._folded[-1]
        return None

    def value_at(self, column: int, row: int, width: float, height: float, around: int) -> object:
        """The cell of a pixel, or the nearest filled one up to so many pixels around it, as Python has it.

        Returns
        -------
        int, float, bool, dict of str to number, or None
            None where nothing fell or nothing was folded yet.
        """
        for one in reversed(self._folded):
            part = one.part
            if (part.width, part.height) != (width, height) or one.aggregate is None:
                continue
            x, y = column - part.column, row - part.row
            if 0 <= x < part.columns and 0 <= y < part.rows:
                return _nearest(one.aggregate, x, y, around)
        return None

    def clear(self) -> None:
        """Let all go."""
        self._folded.clear()


def _nearest(aggregate: Aggregate, x: int, y: int, around: int) -> object:
    rows, columns = aggregate.shape[:2]
    cells = aggregate.cells
    places = [
        (dx * dx + dy * dy, dy, dx) for dy in range(-around, around + 1) for dx in range(-around, around + 1)
    ]
    for distance, dy, dx in sorted(places):
        if distance > (around + 0.5) ** 2 or not (0 <= x + dx < columns and 0 <= y + dy < rows):
            continue
        if len(aggregate.shape) == 2:
            value = cells[y + dy, x + dx]
            if _filled(value):
                return value
            continue
        names = aggregate.categories or [str(place + 1) for place in range(aggregate.shape[2])]
        values = {name: cells[y + dy, x + dx, place] for place, name in enumerate(names)}
        filled = {name: value for name, value in values.items() if _filled(value)}
        if filled:
            return filled
    return None


def _filled(value: object) -> bool:
    """No zero count, no False, no NaN."""
    return value == value and not (isinstance(value, int) and not value)
