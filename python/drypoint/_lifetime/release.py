"""Giving memory back to the system that nobody uses: garbage, idle blocks, and what the C library keeps.

At the end of a scope the C library's heap is cut back only when it pays: the resident size must have grown since the last
time, and if little comes back, it must grow by twice as much before the next.
"""

from __future__ import annotations

from .. import _core
from . import open_figures
from .scope import ended

__all__ = ["at_scope_end", "release"]

#: Growth of the resident size that makes trimming worth a try, and the most that it is raised to.
LEAST_GROWTH = 16_000_000
MOST_GROWTH = 512_000_000


class _Heap:
    """When the C library's heap was last cut back, and how much it must grow before the next time."""

    def __init__(self) -> None:
        self.resident = 0
        self.growth = LEAST_GROWTH


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
    import gc

    before = _core.resident_bytes()
    open_figures.look(everything=True)
    gc.collect()
    _core.trim_pool()
    _core.trim_system()
    _heap.resident = _core.resident_bytes()
    _heap.growth = LEAST_GROWTH
    return max(0, before - _heap.resident)


def at_scope_end(scope: object = None) -> None:
    """Free figures that were dropped, and cut the C library's heap if that is likely to pay."""
    open_figures.look()
    resident = _core.resident_bytes()
    if _heap.resident == 0 or resident < _heap.resident:
        _heap.resident = resident
    if resident - _heap.resident < _heap.growth:
        return
    freed = _core.trim_system()
    _heap.resident = resident - freed
    enough = freed * 2 >= _heap.growth
    _heap.growth = LEAST_GROWTH if enough else min(_heap.growth * 2, MOST_GROWTH)


ended.append(at_scope_end)
