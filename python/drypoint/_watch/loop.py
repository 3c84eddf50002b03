"""The line of the loop whose turns were counted, from the instructions that it goes back between."""

from __future__ import annotations

import dis

from .. import _core
from .places import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

__all__ = ["loop_line"]


def loop_line() -> Place | None:
    """The line of the loop whose turns were counted."""
    clock = _core.turns_clock()
    if clock is None:
        return None
    code, start, end, caller = clock
    line = _loop_inside(code, start, end)
    if line is not None:
        return Place(code.co_filename, line, code.co_name)
    if caller is None:
        return None
    around, offset = caller
    return Place(around.co_filename, _line(around, offset), around.co_name)


def _loop_inside(code: CodeType, start: int, end: int) -> int | None:
    """The line of a loop in a code that goes from one instruction back to another."""
    found = None
    for step in dis.get_instructions(code):
        if "JUMP_BACKWARD" in step.opname and isinstance(step.argval, int):
            around = step.argval <= end and step.offset >= start
            if around:
                found = _line(code, step.argval)
                break
    return found


def _line(code: CodeType, offset: int) -> int:
    last = code.co_firstlineno
    for begin, end, line in code.co_lines():
        if line is not None and begin <= offset < end:
            return line
        if line is not None and begin <= offset:
            last = line
    return last
