"""One call of a marked test: its first turn, which is held to the limits of peak and figures, and the turns after it."""

from __future__ import annotations

from functools import wraps
from inspect import iscoroutinefunction

from .._lifetime import figures
from .._lifetime.scope import scope
from .._memory import _readable
from .peak import Peak
from .turns import Turns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .held import Held
    from .limits import Limits

__all__ = ["Run"]


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
        self._open: list[str] = []
        self._peak: Peak | None = None
        self._growth = 0
        self._arrays = 0
        self._turns: Turns | None = None

    def wrapped(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """The body as often as it is wanted, as a function of the same kind."""
        if iscoroutinefunction(body):

            @wraps(body)
            async def later(*args: Any, **kwargs: Any) -> Any:
                result = None
                for _ in self._calls_of(body):
                    result = await body(*args, **kwargs)
                return result

            return later

        @wraps(body)
        def now(*args: Any, **kwargs: Any) -> Any:
            result = None
            for _ in self._calls_of(body):
                result = body(*args, **kwargs)
            return result

        return now

    def _calls_of(self, body: Callable[..., Any]) -> Iterator[None]:
        self._begin()
        yield
        self._first_done()
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

    def _begin(self) -> None:
        self._known = {id(manager.canvas.figure) for manager in figures.managers()}
        if self._limits.limit is not None:
            if self._held is not None:
                self._held.peak.note()
            self._peak = Peak()

    def _first_done(self) -> None:
        """The body has run once."""
        self._calls += 1
        if self._peak is not None:
            self._growth = self._peak.growth()
            self._arrays = int(self.scope.report()["arrays"].get("peak") or 0)
            self._peak = None
        for manager in figures.managers():
            figure = manager.canvas.figure
            if id(figure) not in self._known:
                place = getattr(self.scope.resources.things.get(id(figure)), "place", None)
                self._open.append(f"{figures.name_of(figure)}{f', made at {place}' if place else ''}")

    def failures(self) -> list[str]:
        """The limits that were passed, a sentence each."""
        if not self._calls:
            return [
                "@pytest.mark.drypoint needs a test function: this kind of test is not called by pytest itself"
            ]
        limits = self._limits
        told = []
        peak = max(self._growth, self._arrays)
        if limits.limit is not None and peak > limits.limit:
            told.append(
                f"memory grew by {_bytes(peak)} at its peak, {_bytes(self._arrays)} of NumPy's arrays; "
                f"limit= allows {_bytes(limits.limit)}"
            )
        if limits.figures is not None and len(self._open) > limits.figures:
            many = f"{len(self._open)} figures are" if len(self._open) > 1 else "a figure is"
            told.append(
                f"{many} left open, figures= allows {limits.figures}: "
                f"{'; '.join(self._open)}. Close them with plt.close(fig)."
            )
        if self._turns is not None and limits.leaks is not None and self._turns.per_turn > limits.leaks:
            told.append(
                f"each turn leaves {_bytes(self._turns.per_turn)} behind, leaks= allows {_bytes(limits.leaks)}; "
                f"seen in {self._turns.done} turns"
            )
            told += [f"  {sentence}" for sentence in self._turns.found]
        return told


def _bytes(count: float) -> str:
    return _readable(int(count)).strip()
