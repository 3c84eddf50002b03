"""Whether anything may still look into memory that is to be unmapped.

An array over a mapping holds a reference to it and no export that would keep it open, and the collector does not see
arrays. So the references to a mapping are counted, and those that can be explained are taken off: names in running
functions, and containers, which can do nothing with the thing but hand it out. One that is left may be an array, or
native code at work, and the mapping stays.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from types import AsyncGeneratorType, CellType, CoroutineType, GeneratorType, MethodType

from .._core import references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

__all__ = ["unexplained"]

_OPTIMIZED = 0x1
_CONTAINERS: tuple[type, ...] = (dict, list, tuple, set, frozenset, deque, CellType, MethodType)
_SUSPENDED: tuple[type, ...] = (GeneratorType, CoroutineType, AsyncGeneratorType)


def unexplained(thing: object) -> int:
    """How many references to a thing are neither names of running functions nor held by containers or instances."""
    in_frames = _in_frames(thing)
    left = references(thing) - _OVERHEAD - in_frames
    if left <= 0:
        return 0
    for holder in gc.get_referrers(thing):
        kind = type(holder)
        if kind in _CONTAINERS or isinstance(holder, _SUSPENDED):
            left -= sum(held is thing for held in gc.get_referents(holder))
        elif kind.__flags__ & _HEAP and kind.__dictoffset__:
            names = getattr(
                holder, "__dict__", None
            )  # from here on the names are a dict of their own, counted once
            if type(names) is dict:
                left -= sum(held is thing for held in names.values())
    return max(left, 0)


_HEAP = 1 << 9


def _in_frames(thing: object) -> int:
    """How many local names of running functions, on all threads, mean the thing: ours included, but not this one's."""
    if not _LOCALS_COUNT:
        return 1  # the caller's
    count = 0
    at: FrameType | None
    for at in list(sys._current_frames().values()):
        while at is not None:
            if at.f_code is not _in_frames.__code__ and at.f_code.co_flags & _OPTIMIZED:
                count += _in_frame(at, thing)
            at = at.f_back
    at = None  # a frame that names itself would live on, with all its values
    return count


def _in_frame(frame: FrameType, thing: object) -> int:
    code = frame.f_code
    names: Any = frame.f_locals
    plain = set(code.co_varnames).difference(code.co_cellvars)
    count = sum(1 for name in plain if names.get(name) is thing)
    if type(names) is dict and sys.getrefcount(names) <= _OWN:
        names.clear()  # before 3.13 this is a copy that the frame would keep, and with it all its values
    return count


def _probe(thing: object) -> int:
    return references(thing)


def _snapshot_references() -> int:
    """What `sys.getrefcount` says of the names of a frame that nobody else holds."""
    names = sys._getframe().f_locals
    count = sys.getrefcount(names)
    if type(names) is dict:
        names.clear()
    return count


_sample = object()
#: What `references` counts beyond the names and containers: whatever the call itself holds.
_OVERHEAD = references(_sample) - 1
#: Whether an argument of a running function counts as a reference of its own.
_LOCALS_COUNT = _probe(_sample) == references(_sample) + 1
_OWN = _snapshot_references()
