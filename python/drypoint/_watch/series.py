"""What one holder gained from look to look: whether it grows with the turns, has flattened, or was emptied at the end."""

from __future__ import annotations

from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .growth import Growth
    from .look import Look

__all__ = ["Series", "gather"]

#: A holder that gains less than this part of its fastest gain, for each turn, has flattened.
FLAT = 0.2
#: One that keeps less than this part of what it kept was emptied.
EMPTIED = 0.5
#: A last interval of fewer turns than this part of all says nothing.
SHORT = 0.1


class Series:
    """The growth of one holder.

    Attributes
    ----------
    growths : list of Growth
        Those of the looks at which it had grown.
    intervals, grew_in : int
        Stretches between two looks that count, and those in which it grew.
    turns : int
        Turns in these.
    bytes, count : int
        What it gained in them.
    flat : bool
        Whether it had stopped growing when it was seen last.
    emptied : bool
        Whether it was emptied before the end.
    passing : bool
        Whether that was in the middle, or after it had grown once only: something of one turn.
    late : int or None
        The turns of the first interval in which it grew, if it had not grown in one before.
    """

    def __init__(self, looks: list[Look], key: str) -> None:
        self.growths: list[Growth] = []
        rates: list[float] = []
        self.turns = self.bytes = self.count = self.intervals = 0
        self.emptied = False
        self.late: int | None = None
        self.passing = False
        seen = waited = False
        for before, look in pairwise(looks):
            span = max(1, look.turn - before.turn)
            growth = next((one for one in look.growths if one.key == key), None)
            if growth is None and seen:
                kept, was = look.retained.get(key), self.growths[-1].retained
                if kept is None or kept < EMPTIED * was:
                    self.emptied = True
                    self.passing = look is not looks[-1] or len(self.growths) < 2
                    break
                if span < SHORT * look.turn:
                    break
            if growth is not None:
                if not seen and waited:
                    self.late = span
                seen = True
                self.growths.append(growth)
            if not seen:
                waited |= look.turn > before.turn
                continue
            self.intervals += 1
            self.turns += span
            self.bytes += 0 if growth is None else growth.bytes
            self.count += 0 if growth is None else growth.count
            rates.append(0.0 if growth is None else growth.bytes / span)
        self.grew_in = len(self.growths)
        if self.growths and self.grew_in < 2 and not self.last.root.startswith("module "):
            self.passing = True
        self.flat = len(rates) > 1 and rates[-1] < FLAT * max(rates)

    @property
    def last(self) -> Growth:
        """The growth that was seen last, by a name that lasts: not one of a call that ran just then."""
        lasting = [one for one in self.growths if one.root.startswith("module ")]
        return (lasting or self.growths)[-1]

    @property
    def per_turn(self) -> float:
        """Bytes that it gains with each turn."""
        return self.bytes / max(1, self.turns)

    @property
    def per_turn_count(self) -> float:
        """Objects that it gains with each turn."""
        return self.count / max(1, self.turns)


def gather(looks: list[Look]) -> list[Series]:
    """A series for each holder that ever grew, most bytes first."""
    keys = {growth.key: None for look in looks for growth in look.growths}
    found = [Series(looks, key) for key in keys]
    return sorted((one for one in found if one.growths), key=lambda one: -one.bytes)
