"""What a test held with its fixtures, and the tests that held most."""

from __future__ import annotations

import gc
from contextlib import suppress

from .. import _core
from .._errors import ScopeError
from .._lifetime import figures
from .._lifetime.scope import scope
from .._memory import _readable
from .peak import Peak

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Held", "table"]

#: Rows that are shown.
SHOWN = 10
#: Bytes left behind that are worth a collection, and a row.
WORTH = 1_000_000


class Held:
    """The memory of one test, from before its fixtures until after them.

    Attributes
    ----------
    peak : Peak
        The largest resident size.
    """

    def __init__(self) -> None:
        self.peak = Peak()
        self._scope = scope("test", close=False)
        self._scope.__enter__()
        self._figures = len(figures.managers())

    def numbers(self) -> dict[str, int]:
        """``peak``, ``left`` and ``arrays`` in bytes, and how many ``figures`` are open that were not."""
        growth = self.peak.growth()
        arrays, left = self._left()
        if max(arrays, left) >= WORTH:  # what waits for the collector is not held
            gc.collect()
            arrays, left = self._left()
        return {
            "peak": max(growth, int(self._arrays()["peak"])),
            "left": max(left, 0),
            "arrays": arrays,
            "figures": max(0, len(figures.managers()) - self._figures),
        }

    def _arrays(self) -> dict[str, int]:
        return {"live": 0, "peak": 0, **self._scope.report()["arrays"]}

    def _left(self) -> tuple[int, int]:
        _core.trim_pool()
        _core.trim_system()
        return int(self._arrays()["live"]), _core.resident_bytes() - self.peak.before

    def end(self) -> None:
        """The test is over."""
        with suppress(ScopeError):  # of a test that leaves a scope of its own open
            self._scope.__exit__(None, None, None)


def table(tests: dict[str, dict[str, int]]) -> Iterator[tuple[str, list[str]]]:
    """The tests that held most at their peak, and those that left most behind: a title and lines each."""
    by_peak = sorted(tests.items(), key=lambda one: (-one[1]["peak"], one[0]))[:SHOWN]
    leaving = [
        one for one in tests.items() if max(one[1]["left"], one[1]["arrays"]) >= WORTH or one[1]["figures"]
    ]
    leaving.sort(key=lambda one: (-max(one[1]["left"], one[1]["arrays"]), -one[1]["figures"], one[0]))
    if by_peak:
        yield "largest peaks", list(_rows(by_peak))
    if leaving:
        yield "most left behind", list(_rows(leaving[:SHOWN]))


def _rows(tests: list[tuple[str, dict[str, int]]]) -> Iterator[str]:
    yield f"{'peak':>10} {'left':>10} {'arrays':>10} {'figures':>8}  test"
    for name, held in tests:
        sizes = " ".join(_readable(held[what]).rjust(10) for what in ("peak", "left", "arrays"))
        yield f"{sizes} {held['figures'] or '·':>8}  {name}"
