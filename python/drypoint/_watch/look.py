"""The process at one moment: what grew since the look before, what is open, what waits for the collector."""

from __future__ import annotations

from time import perf_counter

from .. import _core
from .._report import names
from .._report.snapshot import walk
from . import garbage, growth, handles, wasted
from .walked import Walked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .growth import Growth
    from .handles import Handles
    from .makings import Makings

__all__ = ["Look"]


class Look:
    """The process at one moment.

    Attributes
    ----------
    turn : int
        Turns until now.
    seconds, cost : float
        When it was, and what it took.
    resident, bytes, idle : int
        Of the process, of all objects, of blocks that wait for reuse.
    heap : tuple of int
        Bytes in use in the C library's heaps, and bytes that they keep free.
    growths, handles, garbage, segments
        What was found.
    wasted : list of Finding
        Large things in a form that wastes memory; of the last look only.
    kinds : dict
        Bytes by kind of object.
    marks : Marks
        For the next look.
    """

    def __init__(self, makings: Makings, before: Look | None, began: float, last: bool = False) -> None:
        at = perf_counter()
        self.turn = _core.turns()[0]  # told anew at the end, when it is known what a turn is
        _core.mark_turns()
        self.seconds = at - began
        memory = _core.memory()
        self.resident: int = memory["resident"]
        self.idle: int = memory["idle"]
        self.heap: tuple[int, int] = _core.system_heap() or (0, 0)
        self.holders: dict[str, tuple[int, str] | None] = {} if before is None else before.holders
        self.roots: dict[str, int] = {} if before is None else before.roots
        heap, named = walk([])
        walked = Walked(heap, named, makings)
        try:
            self.bytes: int = heap.totals()[2]
            self.growths: list[Growth] = (
                []
                if before is None or before.marks is None
                else growth.find(walked, before.marks, self.roots)
            )
            self.handles: list[Handles] = handles.find(walked)
            self.garbage = garbage.find(walked)
            self.kinds = _kinds(heap)
            self.wasted = wasted.find(walked) if last else []
            self.marks: _core.Marks | None = heap.marks()
            self.retained = _retained(heap, before, self.roots)
        finally:
            heap.forget()
        self.segments = handles.segments(makings.segments)
        self.cost = perf_counter() - at

    def let_go(self) -> None:
        """The next look has been: the marks are needed no more."""
        self.marks = None


def _kinds(heap: _core.Heap) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for kind, (count, size, _) in heap.by_kind():
        name = names.kind_name(kind)
        before = found.get(name, (0, 0))
        found[name] = (before[0] + count, before[1] + size)
    return found


def _retained(heap: _core.Heap, before: Look | None, roots: dict[str, int]) -> dict[str, int]:
    """What the holders that grew at the look before keep now; those that are gone are missing."""
    if before is None:
        return {}
    before.holders.update((one.key, one.address) for one in before.growths)
    found = {
        key: roots.get(key) if address is None else heap.retained_at(*address)
        for key, address in before.holders.items()
    }
    return {key: kept for key, kept in found.items() if kept is not None}
