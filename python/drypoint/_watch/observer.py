"""A program under observation, from `start` to `stop`: the parts that see, and when they look.

The heap is looked at between two steps of the program: at the fifth turn, and each time that the turns have
doubled; where no turns are found, each time that the time has doubled; or when the process has grown by a good
part; and once at the end. After the first looks they may take a fiftieth of the time. Nothing is closed, collected
or changed; large arrays come from the pool, which is how their lines are known.
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import NamedTuple

from .. import _arguments, _core
from .._errors import BadArgument, BudgetExceeded, HandlerConflict
from .._lifetime import constructions, reuse
from .look import Look
from .makings import Makings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

__all__ = ["Line", "Observer", "is_watching"]

#: The part of the time that looks may take, and the seconds that they may take in any case. What was spent before the
#: turns that are counted began is not held against those in them.
PART, SECONDS = 0.02, 0.3
#: When looks have taken so many seconds, the next one comes when the time since the first is so many times what it was at
#: the end of the last: what seem to be turns while a program begins are often the steps of a loop inside one.
AT_ONCE, LATER = 0.1, 1.25
#: Growth of less than this part of all does not count, and what came before this part of the time was early.
GROWS, LATE = 0.02, 0.5
#: Arrays from here on remember their line.
LINES_FROM = 64 << 10
#: Turns at which the first look comes.
FIRST_TURN = 5

_watching: Observer | None = None


class Line(NamedTuple):
    """The large arrays that a line made.

    Attributes
    ----------
    site : int
        The line; 0 are all that are not known.
    allocations, allocated : int
        Requests, and bytes that they asked for.
    arrays, live, at_peak : int
        Arrays that are alive, their bytes, and those at the peak of all lines.
    rising : int
        Requests for more than the one before.
    """

    site: int
    allocations: int
    allocated: int
    arrays: int
    live: int
    at_peak: int
    rising: int


class Observer:
    """Sees what a program makes and what stays.

    Parameters
    ----------
    every : float
        Seconds between two samples of the process.
    lines_from : int
        Arrays of at least so many bytes remember the line that made them; 64 KiB at least.
    first_turn : int
        The turn at which the heap is looked at first; then each time that the turns have doubled.

    Raises
    ------
    BadArgument
        If a number makes no sense, or the process is watched already.

    Examples
    --------
    >>> from drypoint._watch.observer import Observer
    >>> observer = Observer()
    >>> observer.start()
    >>> document = observer.stop()
    >>> document["version"]
    1
    """

    def __init__(
        self, every: float = 0.01, lines_from: int = LINES_FROM, first_turn: int = FIRST_TURN
    ) -> None:
        if not 0.001 <= every <= 60:
            raise BadArgument(f"samples can be taken every 1ms to 60s, not every {every * 1000:g}ms")
        self.every = every
        self.lines_from = max(LINES_FROM, _arguments.whole(lines_from, "lines_from", 1))
        self.first_turn = _arguments.whole(first_turn, "first_turn", 1)
        self.makings = Makings()
        self.looks: list[Look] = []
        self.began = 0.0
        self.resident = 0
        #: Why lines of arrays are not known, and why the heap could not be looked at, if it is so.
        self.blind: str | None = None
        self.refused: str | None = None
        self._looking = False
        self._sampler: _core.Sampler | None = None

    def start(self) -> None:
        """Begin to observe."""
        global _watching
        if _watching is not None:
            raise BadArgument("this process is watched already")
        _watching = self
        self.began = perf_counter()
        self.resident = _core.resident_bytes()
        constructions.observed(True)
        self.makings.start()
        try:
            reuse.pool_process(True)
        except HandlerConflict as conflict:
            self.blind = str(conflict)
        _core.watch_lines(self.lines_from)
        _core.watch_turns(True)
        self._lines_before = {row[0]: Line(*row) for row in _core.array_lines()}
        _core.survey_by(self._due, self.first_turn)
        self._sampler = _core.Sampler(self.every)

    def array_lines(self) -> list[Line]:
        """The large arrays of each line since the start."""
        found = []
        for row in map(Line._make, _core.array_lines()):
            before = self._lines_before.get(row.site)
            if before is not None:
                row = row._replace(
                    allocations=row.allocations - before.allocations,
                    allocated=row.allocated - before.allocated,
                    rising=row.rising - before.rising,
                )
            if row.allocations:
                found.append(row)
        return found

    def stopped(self) -> bool:
        """Whether the process had not grown for most of its time when it ended: what it gathered, it gathered before."""
        seconds, resident, live, *_ = self.samples
        for column in (resident, live):
            rise = (max(column) - column[0]) * GROWS
            late = next((at for at, value in enumerate(column) if value >= max(column) - rise), 0)
            if seconds[late] > LATE * seconds[-1]:
                return False
        return True

    def turn(self) -> None:
        """A turn has ended."""
        _core.tell_turn()

    def _due(self) -> None:
        """It may be time for a look: between two steps of the program."""
        if self._looking or _watching is not self:
            return
        if _is_importing():
            _core.survey_later()
            return
        elapsed = perf_counter() - self.began
        costs = [look.cost for look in self.looks]
        if sum(costs) > AT_ONCE:
            first, last = self.looks[0].seconds, self.looks[-1].seconds + self.looks[-1].cost
            if elapsed < first + LATER * (last - first):
                _core.survey_later()
                return
        if _core.turns()[0] > 0:
            costs = [cost for cost, turn in zip(costs, _core.turns_marked(), strict=False) if turn > 0]
        if sum(costs) + (costs[-1] if costs else 0.0) > max(SECONDS, PART * elapsed):
            return
        self.look()

    def look(self, last: bool = False) -> None:
        """Look at the heap now."""
        self._looking = True
        try:
            before = self.looks[-1] if self.looks else None
            look = Look(self.makings, before, self.began, last)
        except BudgetExceeded as refused:
            self.refused = str(refused)
            return
        finally:
            self._looking = False
        if before is not None:
            before.let_go()
        self.looks.append(look)
        _core.surveyed()

    def stop(self) -> dict[str, Any]:
        """End it: what was found, as a document.

        Returns
        -------
        dict
            Plain data: see the page on the format.
        """
        global _watching
        from . import findings

        assert self._sampler is not None, "start() comes before stop()"
        _core.survey_by(None)
        self.seconds = perf_counter() - self.began
        try:
            self.samples = self._sampler.stop()
            self.look(last=True)
            for look, turns in zip(self.looks, _core.turns_marked(), strict=False):
                look.turn = turns
            return findings.document(self)
        finally:
            _core.watch_turns(False)
            _core.watch_lines(None)
            self.makings.stop()
            if self.blind is None:
                reuse.pool_process(False)
            constructions.observed(False)
            _watching = None


def _is_importing() -> bool:
    """Whether the program is in the middle of an import: what comes then comes once."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def is_watching() -> bool:
    """Whether this process is watched."""
    return _watching is not None
