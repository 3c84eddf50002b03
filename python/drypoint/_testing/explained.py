"""Who holds what each turn left behind, in sentences.

Some turns are watched as ``drypoint watch`` watches a program: its findings say most, and tell the cure. What is too
little for it, or what a program may want to gather, is looked for here: a test that allows none means none. What is large
has a name in the heap's own list. What is small is found by its type: of the types of which there are more, one for each
turn at least, a new object is asked who holds it.
"""

from __future__ import annotations

import gc
import os
from array import array

from .. import _core
from .._report.growth import grown_since
from .._report.names import kind_name
from .._report.snapshot import holders, snapshot, walk
from .._watch.finding import size
from .._watch.observer import Observer, is_watching

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

__all__ = ["findings"]

#: Sentences, at most.
MOST = 3
#: Verdicts of the watch that tell of something left behind. Files that were open before are not that.
TOLD = ("leak", "handle", "garbage", "native")
#: The part of the whole growth that a finding has to explain.
PART = 0.2


def findings(turns: Callable[[], Iterator[int]], found: list[str], per_turn: float) -> Iterator[int]:
    """Watch some more turns, and say who holds what they leave behind.

    Parameters
    ----------
    turns : callable
        Gives the turns that are watched, each time it is called.
    found : list of str
        Gets the sentences, what holds most first.
    per_turn : float
        Bytes that each turn leaves behind, as measured.

    Yields
    ------
    int
        Each turn.
    """
    besides: list[str] = []
    if not is_watching():
        yield from _watched(turns(), found, besides, per_turn)
    if not found:
        yield from _looked_for(turns(), found, per_turn)
    found.extend(besides[: MOST - len(found)])


def _watched(turns: Iterator[int], found: list[str], besides: list[str], per_turn: float) -> Iterator[int]:
    """What the watch tells of things left behind, and of waste in what is left behind besides."""
    files = _files()
    observer = Observer()
    observer.start()
    _core.survey_by(None)  # two looks, before and after: none within a turn, where another plugin may measure
    observer.look()
    try:
        for turn in turns:
            yield turn
            observer.turn()
    finally:
        more_files = _files() > files
        document = observer.stop()
    for one in document["findings"]:
        if (one["bytes_per_turn"] or 0) < PART * per_turn:
            continue
        if one["verdict"] == "waste":
            besides.append(one["message"])
        elif one["verdict"] in TOLD and (one["verdict"] != "handle" or more_files):
            found.append(one["message"])
    del found[MOST:]


def _files() -> int:
    """Files that are open."""
    return len(os.listdir("/proc/self/fd"))


def _looked_for(turns: Iterator[int], found: list[str], per_turn: float) -> Iterator[int]:
    gc.collect()
    before = snapshot()
    known = set(map(id, gc.get_objects()))
    kinds = _Kinds()
    count = 0
    for turn in turns:
        yield turn
        count += 1
    gc.collect()
    more = [one for one in kinds.more() if one[1] >= count and one[2] > 0][:MOST]
    samples = _samples(more, known)
    known.clear()
    _, grown = grown_since(before)
    large = [_grew(row, count) for row in grown if row["bytes"] >= PART * per_turn * count]
    found.extend(large[:MOST] or _small(more, count, samples))


def _samples(more: list[tuple[type, int, int]], known: set[int]) -> list[Any]:
    """One new object of each type, last type first; None where there is none."""
    made = [thing for thing in gc.get_objects() if id(thing) not in known and thing is not known]
    samples: list[Any] = []
    for kind, _, _ in reversed(more):
        mine = [thing for thing in made if type(thing) is kind]
        samples.append(mine[len(mine) // 2] if mine else None)  # the ends may be of the looking itself
    return samples


class _Kinds:
    """How many objects of each type there are, without an object for each number: they would be counted too."""

    def __init__(self) -> None:
        found = _by_kind()
        self._kinds = [kind for kind, _ in found]
        self._counts = array("q", (numbers[0] for _, numbers in found))
        self._bytes = array("q", (numbers[1] for _, numbers in found))

    def more(self) -> list[tuple[type, int, int]]:
        """Types with how many objects and bytes there are more now, most bytes first."""
        found = _by_kind()
        before = dict(zip(self._kinds, zip(self._counts, self._bytes, strict=True), strict=True))
        changes = []
        for kind, (count, taken, _) in found:
            then = before.get(kind, (0, 0))
            changes.append((kind, count - then[0], taken - then[1]))
        return sorted(changes, key=lambda one: -one[2])


def _by_kind() -> list[tuple[type, tuple[int, int, int]]]:
    heap, _ = walk([])
    try:
        return heap.by_kind()
    finally:
        heap.forget()


def _grew(row: dict[str, Any], turns: int) -> str:
    line = f", made at {row['line']}" if row["line"] else ""
    return f"{row['name']} ({row['type']}) grew by {size(row['bytes'])} in {turns} turns{line}"


def _small(more: list[tuple[type, int, int]], turns: int, samples: list[Any]) -> list[str]:
    """By the types of which each turn left one or more."""
    told = []
    for kind, count, more_bytes in more:
        held = _held(samples.pop())  # not held by us any more when it is asked about
        told.append(f"{count:,} more {kind_name(kind)} ({size(more_bytes)}) in {turns} turns{held}")
    return told


def _held(thing: object) -> str:
    """Who holds an object, as the end of a sentence."""
    chains = [] if thing is None else holders(thing, 1).chains
    return f"; one is held by {chains[0]}" if chains else ""
