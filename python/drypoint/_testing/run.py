"""One call of a marked test: its first turn, which is held to the limits of peak and figures, and the turns after it."""

from __future__ import annotations

from functools import wraps
from inspect import iscoroutinefunction

from .. import _core
from .._lifetime import figures
from .._lifetime.scope import scope
from .._watch.finding import size
from .._watch.observer import LINES_FROM, Line, is_watching
from .._watch.places import place
from .peak import Peak
from .turns import Turns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .held import Held
    from .limits import Limits

__all__ = ["Run"]

#: Lines that are told of a peak.
LINES = 3


class Run:
    """A test with limits, while it runs.

    Parameters
    ----------
    limits : Limits
        What it may hold.
    held : Held, optional
        What measures the test besides.

    Attributes
    ----------
    scope : Scope
        To be entered around the whole; it closes nothing.
    """

    def __init__(self, limits: Limits, held: Held | None = None) -> None:
        self._limits = limits
        self._held = held
        self.scope = scope("test", close=False)
        self._calls = 0
        self._known: set[int] = set()
        self._told: list[str] = []
        self._turns: Turns | None = None

    def wrapped(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """The body as often as it is wanted, as a function of the same kind."""
        if iscoroutinefunction(body):

            @wraps(body)
            async def later(*args: Any, **kwargs: Any) -> Any:
                result = None
                for _ in self._calls_wanted():
                    try:
                        result = await body(*args, **kwargs)
                    except Exception as error:
                        self._failed(error)
                        raise
                return result

            return later

        @wraps(body)
        def now(*args: Any, **kwargs: Any) -> Any:
            result = None
            for _ in self._calls_wanted():
                try:
                    result = body(*args, **kwargs)
                except Exception as error:
                    self._failed(error)
                    raise
            return result

        return now

    def _calls_wanted(self) -> Iterator[None]:
        """The body is to be called once for each."""
        self._known = {id(manager.canvas.figure) for manager in figures.managers()}
        if self._limits.limit is None:
            yield
        else:
            yield from self._peaking(self._limits.limit)
        self._calls += 1
        self._note_figures()
        if self._limits.leaks is None:
            return
        self._turns = Turns(self._limits.turns, self._limits.leaks)
        if self._held is not None:
            self._held.peak.pause()  # looking at the heap takes more than many a test
        try:
            for _ in self._turns:
                yield
        finally:
            if self._held is not None:
                self._held.peak.resume()

    def _peaking(self, limit: int) -> Iterator[None]:
        """One call, with an eye on the peak and on the lines whose arrays make it."""
        if self._held is not None:
            self._held.peak.note()
        watched = is_watching()
        if not watched:
            _core.watch_lines(LINES_FROM)
        peak = Peak()
        try:
            yield
        finally:
            growth = peak.growth()
            arrays = int(self.scope.report()["arrays"].get("peak") or 0)
            rows = [Line(*row) for row in _core.array_lines()]
            if not watched:
                _core.watch_lines(None)
        if max(growth, arrays) > limit:
            self._told.append(
                f"memory grew by {size(max(growth, arrays))} at its peak, limit= allows {size(limit)}; "
                f"NumPy's arrays took {size(arrays)}{_made(rows)}"
            )

    def _note_figures(self) -> None:
        """Figures that the first call left open."""
        found = []
        for manager in figures.managers():
            figure = manager.canvas.figure
            if id(figure) not in self._known:
                at = getattr(self.scope.resources.things.get(id(figure)), "place", None)
                found.append(f"{figures.name_of(figure)}{f', made at {at}' if at else ''}")
        allowed = self._limits.figures
        if allowed is not None and len(found) > allowed:
            many = f"{len(found)} figures are" if len(found) > 1 else "a figure is"
            self._told.append(
                f"{many} left open, figures= allows {allowed}: {'; '.join(found)}. Close them with plt.close(fig)."
            )

    def _failed(self, error: Exception) -> None:
        """The body raised: in a later turn that is perhaps because it was called before."""
        if self._turns is not None:
            error.add_note(
                f"in turn {self._turns.done + 1} of the body, which leaks= calls again with the same fixtures"
            )

    def failures(self) -> list[str]:
        """The limits that were passed, a sentence each."""
        if not self._calls:
            return [
                "@pytest.mark.drypoint needs a test function: this kind of test is not called by pytest itself"
            ]
        turns, allowed = self._turns, self._limits.leaks
        if turns is None or allowed is None or turns.per_turn <= allowed:
            return self._told
        return [
            *self._told,
            f"each turn leaves {size(turns.per_turn)} behind, leaks= allows {size(allowed)}; seen in {turns.done} turns",
            *(f"  {sentence}" for sentence in turns.found),
        ]


def _made(rows: list[Line]) -> str:
    """The lines whose arrays were alive at the peak, as the end of a sentence."""
    rows = sorted((row for row in rows if row.at_peak), key=lambda row: -row.at_peak)
    told = [
        f"{size(row.at_peak)} made at {at}" for row in rows[:LINES] if (at := place(row.site)) is not None
    ]
    return f", {', '.join(told)}" if told else ""
