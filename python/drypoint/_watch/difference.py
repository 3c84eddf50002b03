"""Two watched runs of a program, before and after a change to it: what is new, what is gone, what takes more.

A change moves lines, so what is at another line of the same function, and is otherwise the same, is taken for the same.
Sizes of a whole run depend on how long it was; where both runs have bytes for each turn, those are compared instead.
"""

from __future__ import annotations

from .shape import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from typing import Any, TypeAlias

    from .document import Document

    _Row: TypeAlias = dict[str, Any]
    _Key: TypeAlias = Callable[[_Row], Hashable]

__all__ = ["Difference", "matches"]

#: What two runs of the same program may differ by: a tenth, or a block of 64 KiB.
PART, BYTES = 0.1, 65_536


class Difference:
    """What changed from one run to another.

    Parameters
    ----------
    before, after : Document
        The runs.

    Attributes
    ----------
    before, after : Document
        The same.
    new, gone : list of dict
        Findings that only one of them has, most bytes first.
    changed : list of (dict, dict)
        Findings of both whose verdict or bytes differ, the largest difference first.
    same : int
        How many findings are as before.
    lines : list of (dict or None, dict or None)
        Rows by line whose bytes differ, the largest difference at the end of the run first; None where a run has no
        such line.
    """

    def __init__(self, before: Document, after: Document) -> None:
        self.before, self.after = before, after
        pairs, gone, new = matches(before["findings"], after["findings"], _FINDING_KEYS)
        self.gone = sorted(gone, key=lambda found: -found["bytes"])
        self.new = sorted(new, key=lambda found: -found["bytes"])
        changed = [pair for pair in pairs if _differ(*pair)]
        self.changed = sorted(changed, key=lambda pair: -abs(pair[1]["bytes"] - pair[0]["bytes"]))
        self.same = len(pairs) - len(changed)
        lines, only_before, only_after = matches(before["by_line"], after["by_line"], _LINE_KEYS)
        rows: list[tuple[_Row | None, _Row | None]] = [pair for pair in lines if _grew(*pair)]
        rows += [(row, None) for row in only_before if _grew(row, _NOTHING)]
        rows += [(None, row) for row in only_after if _grew(_NOTHING, row)]
        self.lines = sorted(rows, key=_size, reverse=True)

    @property
    def sizes(self) -> list[tuple[str, float, float]]:
        """What the process took: a name, before, and after, in bytes."""
        parts = [
            ("resident at most", "resident", "peak"),
            ("resident at the end", "resident", "end"),
            ("large arrays at most", "live", "peak"),
            ("large arrays at the end", "live", "end"),
        ]
        return [(name, self.before[of][at], self.after[of][at]) for name, of, at in parts]

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data.

        Returns
        -------
        dict
            As `drypoint diff --json` prints it.
        """
        return {
            "version": VERSION,
            "before": _summary(self.before),
            "after": _summary(self.after),
            "sizes": [
                {"what": name, "before": before, "after": after, "change": after - before}
                for name, before, after in self.sizes
            ],
            "findings": {
                "new": self.new,
                "gone": self.gone,
                "changed": [{"before": before, "after": after} for before, after in self.changed],
                "same": self.same,
            },
            "by_line": [{"before": before, "after": after} for before, after in self.lines],
        }


def matches(
    before: Sequence[_Row], after: Sequence[_Row], keys: Sequence[_Key]
) -> tuple[list[tuple[_Row, _Row]], list[_Row], list[_Row]]:
    """Rows of two lists that are the same thing.

    Parameters
    ----------
    before, after : list of dict
        The lists.
    keys : list of functions
        What rows of the same thing agree in, the strictest first. Rows that agree are paired in their order where both
        lists have the same number of them, and otherwise left to the next key.

    Returns
    -------
    list of (dict, dict)
        The pairs.
    list of dict
        What only the first list has.
    list of dict
        What only the second has.

    Examples
    --------
    >>> matches([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 3}], [lambda row: row["a"]])
    ([({'a': 2}, {'a': 2})], [{'a': 1}], [{'a': 3}])
    """
    pairs: list[tuple[_Row, _Row]] = []
    ours, theirs = list(before), list(after)
    for key in keys:
        mine, other = _grouped(ours, key), _grouped(theirs, key)
        found = [name for name in mine if len(mine[name]) == len(other.get(name, ()))]
        for name in found:
            pairs += zip(mine[name], other[name], strict=True)
        taken = set(found)
        ours = [row for row in ours if key(row) not in taken]
        theirs = [row for row in theirs if key(row) not in taken]
    return pairs, ours, theirs


def _grouped(rows: list[_Row], key: _Key) -> dict[Hashable, list[_Row]]:
    groups: dict[Hashable, list[_Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _file(row: _Row) -> str:
    """The file of a line; nothing for what has none."""
    return (row.get("line") or "").rpartition(":")[0]


#: The same place; the same but for the line's number; the same but for what was said about it.
_FINDING_KEYS: list[_Key] = [
    lambda row: tuple(row.get(name) for name in ("verdict", "line", "function", "object", "holder")),
    lambda row: (_file(row), *(row.get(name) for name in ("verdict", "function", "object", "holder"))),
    lambda row: (row.get("line"), row.get("function"), row.get("object")),
]
_LINE_KEYS: list[_Key] = [
    lambda row: (row.get("line"), row.get("function"), row["kind"]),
    lambda row: (_file(row), row.get("function"), row["kind"]),
]
_NOTHING: _Row = {"live": 0, "peak": 0, "per_turn": 0}


def _differ(before: _Row, after: _Row) -> bool:
    """Whether a finding is not what it was."""
    if before["verdict"] != after["verdict"]:
        return True
    first, second = before.get("bytes_per_turn"), after.get("bytes_per_turn")
    if first is not None and second is not None:
        return _apart(first, second)
    return _apart(before["bytes"], after["bytes"])


def _grew(before: _Row, after: _Row) -> bool:
    """Whether a line takes more or less than it did."""
    return any(_apart(before.get(name) or 0, after.get(name) or 0) for name in _NOTHING)


def _apart(before: float, after: float) -> bool:
    return abs(after - before) > max(BYTES, PART * max(abs(before), abs(after)))


def _size(pair: tuple[_Row | None, _Row | None]) -> tuple[float, ...]:
    """By how much a row differs: at the end, at most, in each turn."""
    before, after = (row or _NOTHING for row in pair)
    return tuple(abs((after.get(name) or 0) - (before.get(name) or 0)) for name in _NOTHING)


def _summary(document: Document) -> dict[str, Any]:
    """Which run it was."""
    return {name: document[name] for name in ("drypoint", "command", "exit", "seconds", "turns")}
