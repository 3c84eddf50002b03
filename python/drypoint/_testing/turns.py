"""What each turn of a test's body leaves behind.

After each turn the garbage collector runs and the heap is measured, every object of it and the arrays and pixels behind
them; not the resident size, which moves by itself. What grows is measured again over twice as many turns, since a cache
that fills looks like a leak until it is full. Only what still grows then is searched for who holds it.
"""

from __future__ import annotations

import gc
import logging
from array import array
from warnings import catch_warnings

from .. import _core
from .._report.snapshot import walk
from .explained import findings
from .fit import growth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Turns"]

#: Turns that are not measured: what is made once is there after them.
WARM_UP = 2


class Turns:
    """A body's turns, and what is found in them.

    Parameters
    ----------
    count : int
        Turns that are measured.
    allowed : int
        Bytes that each may leave behind.

    Attributes
    ----------
    done : int
        Turns until now.
    per_turn : float
        Bytes that each left behind in the end.
    found : list of str
        What was found, a sentence each; empty if no more than allowed was left behind.
    """

    def __init__(self, count: int, allowed: int) -> None:
        self.count, self.allowed = count, allowed
        self.done = 0
        self.per_turn = 0.0
        self.found: list[str] = []

    def __iter__(self) -> Iterator[int]:
        """The numbers of the turns; the body runs once for each."""
        yield from self._turns(WARM_UP)
        for count in (self.count, 2 * self.count):
            yield from self._measured(count)
            if self.per_turn <= self.allowed:
                return
        yield from findings(lambda: self._turns(self.count), self.found, self.per_turn)

    def _turns(self, count: int) -> Iterator[int]:
        for _ in range(count):
            self.done += 1
            _core.trim_pool()  # who counts this turn's memory shall see it, and not blocks of the one before
            _forget_records()
            with catch_warnings(record=True):  # or pytest keeps them; those of the first call it has
                yield self.done
            _forget_records()

    def _measured(self, count: int) -> Iterator[int]:
        sizes = array("q", bytes(8 * (count + 1)))  # nothing may be made here that would be measured
        sizes[0] = _size()
        for place, turn in enumerate(self._turns(count), 1):
            yield turn
            sizes[place] = _size()
        self.per_turn = growth(sizes)


def _forget_records() -> None:
    """Pytest keeps all that is logged until the test ends; a turn has only its own."""
    for handler in logging.getLogger().handlers:
        if type(handler).__module__ == "_pytest.logging" and hasattr(handler, "clear"):
            handler.clear()


def _size() -> int:
    """Bytes of all that is alive."""
    gc.collect()
    heap, _ = walk([])
    try:
        _, _, size, _, garbage = heap.totals()
    finally:
        heap.forget()
    return size - garbage
