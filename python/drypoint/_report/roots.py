"""What is alive without help from any object, by the names that people know: modules, and variables of running calls.

Everything else that nothing explains, such as what compiled code keeps, is found by counting references, and has no name.
"""

from __future__ import annotations

import sys
from inspect import CO_OPTIMIZED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

__all__ = ["named", "variables"]

_OURS = __file__.rsplit("/_report/", 1)[0]


def named() -> tuple[list[str], list[Any]]:
    """Names, and what they name: all modules, then the variables of all threads' calls but our own."""
    names: list[str] = []
    things: list[Any] = []
    for name, module in list(sys.modules.items()):
        names.append(f"module {name}")
        things.append(module)
    threads = _thread_names()
    for number, call in _calls():
        where = f"{threads.get(number, '')}frame {call.f_code.co_name}()"
        for name, value in variables(call):
            names.append(f"{where} local {name}")
            things.append(value)
    return names, things


def _calls() -> list[tuple[int, FrameType]]:
    """The running calls of all threads, with the threads' numbers; none of ours: they would hold themselves."""
    found = []
    for number, innermost in sys._current_frames().items():
        call: FrameType | None = innermost
        while call is not None:
            code = call.f_code
            if not code.co_filename.startswith(_OURS) and code.co_flags & CO_OPTIMIZED:
                found.append((number, call))
            call = call.f_back
    del innermost
    return found


def variables(frame: FrameType) -> Iterator[tuple[str, Any]]:
    """The local variables of a call, without a trace of having looked."""
    found = frame.f_locals
    pairs = list(found.items())
    if type(found) is dict and frame.f_code.co_flags & CO_OPTIMIZED:
        found.clear()  # before 3.13 the frame keeps this copy, and with it everything in it
    return iter(pairs)


def _thread_names() -> dict[int, str]:
    """Prefixes for threads other than the main one."""
    threading: Any = sys.modules.get("threading")
    if threading is None:
        return {}
    main = threading.main_thread()
    return {
        thread.ident: f"thread {thread.name}: "
        for thread in threading.enumerate()
        if thread is not main and thread.ident is not None
    }
