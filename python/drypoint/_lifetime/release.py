"""Giving memory back to the system that nobody uses: garbage, idle blocks, and what the C library keeps.

At the end of a scope the C library's heap is cut back only when it pays. What a turn of a loop leaves free there the next
turn takes again, and cutting it off each time would cost page faults. So the size that was found when it was cut first is
allowed to come back; beyond it the heap has grown for another reason, and is cut again.
"""

from __future__ import annotations

from .. import _core
from . import open_figures
from .scope import ended

__all__ = ["at_scope_end", "release"]

#: Growth of the resident size that makes cutting worth a try, and the most that it is raised to when little comes back.
LEAST_GROWTH = 8_000_000
MOST_GROWTH = 512_000_000
#: What a turn may leave in the heap for the next one.
MOST_LEFT = 64_000_000


class _Heap:
    """The resident size that scopes may end with, and how far it may be passed before the heap is cut back."""

    def __init__(self, allowed: int = 0) -> None:
        self.allowed = allowed
        self.growth = LEAST_GROWTH
        self.settled = False


_heap = _Heap()


def release() -> int:
    """Give back to the system all memory that nobody uses.

    Frees figures that were dropped, runs the garbage collector, gives idle blocks back, and cuts the C library's heap.

    Returns
    -------
    int
        By how many bytes the resident size of the process fell.

    Notes
    -----
    Costs a full collection, 20 milliseconds and more, and milliseconds for each 100 MB given back. The next large
    allocations are slower, since their pages must come from the system again.

    Examples
    --------
    >>> import drypoint as dp
    >>> dp.release() >= 0
    True
    """
    global _heap
    import gc

    before = _core.resident_bytes()
    open_figures.look(everything=True)
    gc.collect()
    _core.trim_pool()
    _core.trim_system()
    after = _core.resident_bytes()
    _heap = _Heap(after)
    return max(0, before - after)


def at_scope_end(scope: object = None) -> None:
    """Free figures that were dropped, and cut the C library's heap if that is likely to pay."""
    open_figures.look()
    resident = _core.resident_bytes()
    if _heap.allowed == 0:
        _heap.allowed = resident
    if resident - _heap.allowed < _heap.growth:
        return
    freed = _core.trim_system()
    if freed * 2 >= _heap.growth:
        _heap.growth = LEAST_GROWTH
        if not _heap.settled:
            _heap.settled = True
            _heap.allowed = min(resident, resident - freed + MOST_LEFT)
    else:
        _heap.growth = min(_heap.growth * 2, MOST_GROWTH)
    _heap.allowed = max(_heap.allowed, resident - freed)


ended.append(at_scope_end)
