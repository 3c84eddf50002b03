"""Who still holds a thing, in words that a person can act on: a local variable, a global, a list, an attribute.

Names of running functions are looked at first, for they are not seen by ``gc.get_referrers``, which then looks through
all objects once. That takes tens of milliseconds and more, so this is for what is asked by hand.
"""

from __future__ import annotations

import gc
import sys
from types import CellType, FrameType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["holders"]

_OPTIMIZED = 0x1
#: More holders than this are not named.
MOST = 8


def holders(things: list[Any], ours: set[int]) -> list[str]:
    """Who holds any of these things.

    Parameters
    ----------
    things : list
        What is held; the list itself does not count.
    ours : set of int
        Identities of objects that do not count either.

    Returns
    -------
    list of str
        Such as ``"local `fig` in main() at app.py:12"``; at most eight.
    """
    wanted = {id(thing): thing for thing in things}
    given = tuple(things)
    ours = {*ours, id(things), id(wanted), id(given)}
    told = _in_frames(wanted)
    for holder in gc.get_referrers(*given):
        if id(holder) not in ours and id(holder) not in wanted and not isinstance(holder, FrameType):
            told.extend(text for text in _named(holder, wanted) if text not in told)
    return told[:MOST]


def _in_frames(wanted: dict[int, Any]) -> list[str]:
    """The names of running functions, on all threads, that mean one of the things."""
    told: list[str] = []
    at: FrameType | None
    for at in list(sys._current_frames().values()):
        while at is not None:
            if at.f_code.co_flags & _OPTIMIZED and not at.f_globals.get("__name__", "").startswith(
                "drypoint."
            ):
                told.extend(_in_frame(at, wanted))
            at = at.f_back
    at = None
    return told


def _in_frame(frame: FrameType, wanted: dict[int, Any]) -> list[str]:
    code = frame.f_code
    place = f"{code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno}"
    names: Any = frame.f_locals
    found = [name for name, value in names.items() if id(value) in wanted and name.isidentifier()]
    if type(names) is dict:
        names.clear()  # before 3.13 this is a copy that the frame would keep, and with it all its values
    return [f"local `{name}` in {code.co_name}() at {place}" for name in found]


def _named(holder: Any, wanted: dict[int, Any]) -> list[str]:
    """What a holder is called, once for each name it has for one of the things."""
    if isinstance(holder, dict):
        keys = [key for key, value in list(holder.items()) if id(value) in wanted]
        module = _module_of(holder)
        if module is not None:
            return [f"global `{key}` of {module}" for key in keys]
        owner = next(
            (one for one in gc.get_referrers(holder) if getattr(one, "__dict__", None) is holder), None
        )
        if owner is not None:
            return [f"attribute `{key}` of a {type(owner).__name__}" for key in keys]
        return [f"{_called(holder, 'dict')}, key {key!r}" for key in keys]
    if isinstance(holder, CellType):
        return ["a variable of an enclosing function"]
    if isinstance(holder, list | tuple | set | frozenset):
        return [_called(holder, type(holder).__name__)]
    names = getattr(holder, "__dict__", None)
    if type(names) is dict:
        keys = [key for key, value in names.items() if id(value) in wanted]
        if keys:
            return [f"attribute `{key}` of a {type(holder).__name__}" for key in keys]
    return [f"a {type(holder).__name__}"]


def _called(container: object, kind: str) -> str:
    """A container by its global name, if it has one."""
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", None)
        if type(names) is dict:
            for name, value in list(names.items()):
                if value is container:
                    return f"{kind} `{name}` of {_module(module.__name__)}"
    return f"a {kind}"


def _module_of(names: object) -> str | None:
    for name, module in list(sys.modules.items()):
        if getattr(module, "__dict__", None) is names:
            return _module(name)
    return None


def _module(name: str) -> str:
    return f"module {name}"
