"""The local variables of a call, read without a trace of having looked."""

from __future__ import annotations

from inspect import CO_OPTIMIZED
from sys import getrefcount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

__all__ = ["is_function", "variables"]

#: References to a frame's copy if the program has none: the frame's, the variable's, the argument's of the counting.
OURS = 3


def is_function(frame: FrameType) -> bool:
    """Whether a call has variables of its own; those of a module or a class body are somewhere else too."""
    return bool(frame.f_code.co_flags & CO_OPTIMIZED)


def variables(frame: FrameType) -> Iterator[tuple[str, Any]]:
    """Names and values."""
    found = frame.f_locals
    pairs = list(found.items())
    if type(found) is dict and is_function(frame) and getrefcount(found) <= OURS:
        # Before 3.13 the frame keeps this copy, and with it everything in it. What else was put there stays.
        code = frame.f_code
        for name in (*code.co_varnames, *code.co_cellvars, *code.co_freevars):
            found.pop(name, None)
    return iter(pairs)
