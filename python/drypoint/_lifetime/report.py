"""What a scope did, as plain data that a person can read.

The numbers are gathered in a `Tally`, which a scope adds to the one around it when it ends; a `Report` is made of it on
request and holds nothing but dicts, lists, texts and numbers.
"""

from __future__ import annotations

from .. import _moment
from .._memory import _readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .resources import Fate, Resources

__all__ = ["Report", "Tally"]

#: How many things that were left alive are listed with their lines; all are counted.
MOST_ALIVE = 100
#: How many of them the repr shows.
SHOWN = 10
COUNTS = ("made", "closed", "kept", "gone", "left")


class Report(dict[str, "Any"]):
    """What was made in a scope and what became of it: a dict of plain data with a readable repr.

    Its keys:

    - ``name``; ``seconds``; ``open``, whether the scope has not ended; ``scopes``, how many ended inside it.
    - ``made``, ``closed``, ``kept`` (handed to the surrounding scope), ``gone`` (died by themselves) and ``left`` (open
      at the end of their scope): how many by kind, those of inner scopes included.
    - ``alive``: of those that were left, or are open now, up to 100 dicts with ``kind``, ``type``, ``line`` (that made
      it, or None), ``bytes`` (or None) and ``reason``.
    - ``arrays``: of NumPy's arrays of 64 KiB and more: ``allocations``, the bytes ``allocated`` by them, how many were
      ``reused`` (took a block that was used before) or ``fresh``, how many were ``refused`` by a budget; how many are
      alive now (``arrays``), their bytes (``live``) and the most there were (``peak``); the ``budget`` or None. Empty if
      they are not pooled.
    - ``collections``: ``runs`` of the garbage collector over all generations, their ``seconds``, and the bytes of arrays
    ``freed``
      in them.
    - ``resident``: ``before`` and ``after``, in bytes, of the whole process.
    """

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        ended = "open for" if self["open"] else "ended after"
        inside = f", {self['scopes']:,} scopes inside" if self["scopes"] else ""
        yield f"{self['name']}: {ended} {_time(self['seconds'])}{inside}"
        kinds = self._kinds()
        if kinds:
            width = max(map(len, kinds))
            yield f"  {'':{width}}" + "".join(f"{what:>9}" for what in COUNTS)
            for kind in kinds:
                yield f"  {kind:{width}}" + "".join(
                    f"{_count(self[what].get(kind, 0)):>9}" for what in COUNTS
                )
        for title, texts in self._paragraphs():
            for number, text in enumerate(texts):
                yield f"  {title if number == 0 else '':<9} {text}"

    def _kinds(self) -> list[str]:
        return sorted({kind for what in COUNTS for kind in self[what]})

    def _paragraphs(self) -> Iterator[tuple[str, list[str]]]:
        alive = self["alive"]
        if alive:
            texts = [_alive(one) for one in alive[:SHOWN]]
            more = sum(self["left"].values()) if not self["open"] else len(alive)
            if more > SHOWN:
                texts.append(f"and {more - SHOWN:,} more")
            yield "alive", texts
        arrays = self["arrays"]
        if arrays.get("allocations"):
            yield "arrays", [_arrays(arrays)]
        collections = self["collections"]
        if collections["runs"]:
            freed = f", freed {_bytes(collections['freed'])}" if collections["freed"] else ""
            yield "collected", [f"{collections['runs']:,} times in {_time(collections['seconds'])}{freed}"]
        before, after = self["resident"]["before"], self["resident"]["after"]
        sign = "+" if after >= before else "−"
        yield (
            "resident",
            [f"{_bytes(before)} before, {_bytes(after)} after ({sign}{_bytes(abs(after - before))})"],
        )

    def _repr_html_(self) -> str:
        """For notebooks: the page's own colours and font, light or dark."""
        from html import escape

        cell = "padding:0 .6em;text-align:"
        rows = "".join(
            f'<tr><th style="{cell}left">{escape(kind)}</th>'
            + "".join(f'<td style="{cell}right">{_count(self[what].get(kind, 0))}</td>' for what in COUNTS)
            + "</tr>"
            for kind in self._kinds()
        )
        head = "".join(f'<th style="{cell}right">{what}</th>' for what in COUNTS)
        table = f"<table><tr><th></th>{head}</tr>{rows}</table>" if rows else ""
        texts = "".join(
            f"<div><b>{escape(title)}</b> {'<br>'.join(escape(text.strip()) for text in texts)}</div>"
            for title, texts in self._paragraphs()
        )
        return f"<div><div>{escape(next(self._lines()))}</div>{table}{texts}</div>"

    def to_json(self, indent: int | None = 2) -> str:
        """As JSON text.

        Parameters
        ----------
        indent : int, optional
            Spaces for each level; None for one line.

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

    __slots__ = ("_start", "alive", "arrays", "counts", "ended", "scopes")

    def __init__(self, start: _moment.Moment | None = None) -> None:
        self.alive: list[Fate] = []
        self.counts: dict[str, dict[str, int]] = {what: {} for what in COUNTS}
        self.scopes = 0
        self.arrays: dict[str, Any] = {}
        self.ended: tuple[float, dict[str, Any], int] | None = None
        self._start = start or _moment.now()

    def begin(self) -> None:
        """The scope is entered."""
        self._start = _moment.now()

    def leave(self, fate: Fate) -> None:
        """A thing is left open at the end."""
        self.counts["left"][fate.kind] = self.counts["left"].get(fate.kind, 0) + 1
        if len(self.alive) < MOST_ALIVE:
            self.alive.append(fate)

    def end(self, counts: dict[str, dict[str, int]], arrays: dict[str, Any]) -> None:
        """The scope has ended."""
        _merge(self.counts, counts)
        self.arrays = arrays
        self.ended = self._now()

    def add(self, other: Tally) -> None:
        """A scope ended inside."""
        self.scopes += 1 + other.scopes
        _merge(self.counts, other.counts)
        for name, number in other.arrays.items():
            if name in ("peak", "budget"):
                self.arrays[name] = max(self.arrays.get(name) or 0, number or 0) or None
            else:
                self.arrays[name] = self.arrays.get(name, 0) + number
        self.alive.extend(other.alive[: MOST_ALIVE - len(self.alive)])

    def _now(self) -> tuple[float, dict[str, Any], int]:
        seconds, collections, resident = _moment.now()
        began, before, _ = self._start
        gone = (now - then for now, then in zip(collections, before, strict=True))
        return seconds - began, dict(zip(("runs", "seconds", "freed"), gone, strict=True)), resident

    def report(self, name: str, resources: Resources, arrays: dict[str, Any] | None = None) -> Report:
        """As plain data, so far or in all."""
        counts = {what: dict(kinds) for what, kinds in self.counts.items()}
        alive = [fate.plain() for fate in self.alive]
        if self.ended is None:
            _merge(counts, resources.counts)
            alive = [fate.plain() for fate in resources.fates("its scope has not ended")][:MOST_ALIVE] + alive
        seconds, collections, after = self.ended or self._now()
        return Report(
            name=name,
            seconds=seconds,
            open=self.ended is None,
            scopes=self.scopes,
            **counts,
            alive=alive,
            arrays=dict(self.arrays if arrays is None else arrays),
            collections=collections,
            resident={"before": self._start[2], "after": after},
        )


def _merge(into: dict[str, dict[str, int]], other: dict[str, dict[str, int]]) -> None:
    for what, kinds in other.items():
        for kind, count in kinds.items():
            into[what][kind] = into[what].get(kind, 0) + count


def _arrays(arrays: dict[str, Any]) -> str:
    """What large arrays took and where they had it from."""
    told = (
        f"{arrays['allocations']:,} ({_bytes(arrays['allocated'])}), {arrays['reused']:,} of them reused; "
        f"peak {_bytes(arrays['peak'] or 0)}"
    )
    if arrays.get("budget"):
        told += f" of {_bytes(arrays['budget'])}"
    if arrays["refused"]:
        told += f", {arrays['refused']:,} refused"
    return told


def _alive(one: dict[str, Any]) -> str:
    size = "" if one["bytes"] is None else f", {_bytes(one['bytes'])}"
    line = f", made at {one['line']}" if one["line"] else ""
    return f"{one['type']}{size}{line}: {one['reason']}"


def _count(count: int) -> str:
    """A number for a table, where nothing is a dot."""
    return f"{count:,}" if count else "·"


def _bytes(count: int) -> str:
    return _readable(count).strip()


def _time(seconds: float) -> str:
    """A time with a unit that suits it."""
    for factor, unit in ((1, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return (
                f"{seconds * factor:,.3g} {unit}"
                if seconds * factor < 1000
                else f"{seconds * factor:,.0f} {unit}"
            )
    return f"{seconds * 1e6:.0f} µs"
