"""Threads by the names that the program gave them, and the data that each keeps for itself."""

from __future__ import annotations

import sys

from .. import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

__all__ = ["calls", "data_of_threads", "main_number", "name_of", "owner_of", "running"]

_OURS = __file__.rsplit("/_report/", 1)[0]


def running() -> list[Any]:
    """The threads that were started by `threading` and have not ended, without asking one."""
    threading = _threading()
    return [] if threading is None else list(threading._active.values())


def _threading() -> Any:
    """The module, if it is there and no program's own of that name."""
    module = sys.modules.get("threading")
    return module if hasattr(module, "_active") else None


def main_number() -> int | None:
    """The number of the main thread; None if that cannot be told."""
    threading = _threading()
    if threading is not None:
        return int(threading._main_thread._ident)
    numbers = list(sys._current_frames())
    return numbers[0] if len(numbers) == 1 else None


def name_of(number: int) -> str:
    """What a thread is called, by its number."""
    if number == main_number():
        return "the main thread"
    threading = _threading()
    thread = None if threading is None else threading._active.get(number)
    return f"thread {number}" if thread is None else f"thread {thread._name}"


def calls() -> list[tuple[int, FrameType]]:
    """The running calls of all threads, each thread's innermost first, with the threads' numbers. None of ours: they
    would hold themselves.
    """
    found = []
    for number, innermost in sys._current_frames().items():
        call: FrameType | None = innermost
        while call is not None:
            if not call.f_code.co_filename.startswith(_OURS):
                found.append((number, call))
            call = call.f_back
    del innermost
    return found


def data_of_threads() -> list[tuple[str, dict[Any, Any]]]:
    """What the interpreter and compiled code keep for each thread, with the threads' names: copies, since they change."""
    return [(name, data.copy()) for name, data in _data()]


def owner_of(data: object) -> str | None:
    """The thread whose data this is; None if it is no thread's."""
    return next((name for name, one in _data() if one is data), None)


def _data() -> list[tuple[str, dict[Any, Any]]]:
    frames = {id(frame): number for number, frame in sys._current_frames().items()}
    return [
        (name_of(frames[id(frame)]) if id(frame) in frames else "a thread without calls", data)
        for frame, data in _core.thread_data()
    ]
