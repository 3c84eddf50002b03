"""What a scope did, as plain data that a person can read."""

from __future__ import annotations

import gc
from time import perf_counter

from .. import _core
from .._memory import _readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .resources import Fate, Resources

__all__ = ["Report", "Tally"]

#: How many things that are alive are kept with their lines; more are only counted.
MOST_ALIVE = 100


class Report(dict[str, "Any"]):
    """What was made in a scope and what became of it. A dict of plain data.

    ``name``, ``seconds``, ``open`` (whether the scope has not ended), ``scopes`` (how many ended inside it), ``made``,
    ``closed``, ``kept``, ``gone`` (died by themselves): counts by kind. ``alive``: a list of dicts with ``kind``, ``type``,
    ``line``, ``bytes``, ``reason``, and ``alive_count``. ``arrays``: ``allocations``, ``bytes``, ``hits``, ``misses``, ``live``,
    ``peak_live``, ``refused``, and ``largest``, a list of (bytes, line) of the largest that live. ``collections``: ``count``
    and ``seconds`` (None where nobody measured). ``resident``: ``before``, ``after``, in bytes. What happened in inner scopes
    is counted too.
    """

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        lines = [f"scope {self['name']!r}, {'open for' if self['open'] else 'ended after'} {_time(self['seconds'])}"]
        kinds = sorted({kind for what in ("made", "closed", "kept", "gone") for kind in self[what]})
        if kinds:
            width = max(map(len, kinds))
            lines.append(f"  {'':{width}}  {'made':>7} {'closed':>7} {'kept':>7} {'gone':>7}")
            for kind in kinds:
                numbers = " ".join(
                    f"{self[what].get(kind, 0) or '·':>7}" for what in ("made", "closed", "kept", "gone")
                )
                lines.append(f"  {kind:{width}}  {numbers}")
        return lines

    def to_json(self, indent: int | None = 2) -> str:
        """As JSON text.

        Parameters
        ----------
        indent : int, optional
            Spaces per level; None for one line.

        Returns
        -------
        str
            The same names and values.

        Examples
        --------
        >>> import drypoint as dp
        >>> with dp.scope("empty") as scope:
        ...     pass
        >>> '"name": "empty"' in scope.report().to_json()
        True
        """
        from json import dumps

        return dumps(self, indent=indent)


class Tally:
    """The numbers of a scope, and of those that ended inside it."""

    def __init__(self) -> None:
        self.alive: list[Fate] = []
        self.counts: dict[str, dict[str, int]] = {"made": {}, "closed": {}, "kept": {}, "gone": {}}
        self.scopes = 0
        self.seconds = 0.0
        self._began = perf_counter()

    def begin(self) -> None:
        """The scope is entered."""
        self._began = perf_counter()

    def end(self, counts: dict[str, dict[str, int]], account: Any) -> None:
        """The scope has ended."""
        self.seconds = perf_counter() - self._began
        _merge(self.counts, counts)

    def add(self, other: Tally) -> None:
        """A scope ended inside."""
        self.scopes += 1 + other.scopes
        _merge(self.counts, other.counts)
        self.alive.extend(other.alive[: MOST_ALIVE - len(self.alive)])

    def report(self, name: str, resources: Resources, account: Any, open: bool) -> Report:
        """As plain data."""
        counts: dict[str, dict[str, int]] = {what: dict(kinds) for what, kinds in self.counts.items()}
        if open:
            _merge(counts, resources.counts)
        return Report(
            name=name,
            seconds=perf_counter() - self._began if open else self.seconds,
            open=open,
            scopes=self.scopes,
            **counts,
            alive=[fate.plain() for fate in self.alive],
        )


def _merge(into: dict[str, dict[str, int]], other: dict[str, dict[str, int]]) -> None:
    for what, kinds in other.items():
        for kind, count in kinds.items():
            into[what][kind] = into[what].get(kind, 0) + count


def _time(seconds: float) -> str:
    """A time with a unit that suits it."""
    for factor, unit in ((1, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.0f} µs"
