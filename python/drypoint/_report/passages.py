"""Names that cover several references at once, since what lies between is the interpreter's own: the cells of a closure,
the frames of a traceback, the tree of a context, the tables of a thread-local object.

Each takes the holder and the objects that follow in a chain, and tells how many of them its name covers; None if it has
nothing to say.
"""

from __future__ import annotations

import sys
import types
from contextvars import Context
from weakref import ReferenceType

from .parts import cut, kind_name, member, own_dict
from .threads import data_of_threads, name_of, running
from .variables import variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Passage = tuple[int, str] | None

__all__ = ["call_name", "passage"]

_GENERATORS = {
    types.GeneratorType: ("generator", "gi"),
    types.CoroutineType: ("coroutine", "cr"),
    types.AsyncGeneratorType: ("async generator", "ag"),
}


def passage(holder: Any, steps: list[Any]) -> Passage:
    """How many steps one name covers, and the name; None where each has its own."""
    kind, held = type(holder), steps[0]
    weakref = sys.modules.get("weakref")
    if weakref is not None and holder is weakref.finalize._registry:
        return 1, f" → callback {call_name(member(held, 'func'))}"
    task = getattr(sys.modules.get("_asyncio"), "Task", None)
    if task is not None and issubclass(kind, task):
        return _from_task(holder, steps)
    if type(held) is types.TracebackType:
        return _from_exception(holder, steps)
    for base, found in _BY_BASE:
        if issubclass(kind, base):
            return found(holder, steps)
    thread = sys.modules.get("_thread")
    if thread is not None and issubclass(kind, thread._local):
        return _from_local(holder, steps)
    own = own_dict(holder)
    if len(steps) > 1 and own is not None and held is own:
        return 2, f".{key_of(own, steps[1], bare=True)}"
    return None


def key_of(mapping: dict[Any, Any], held: object, bare: bool = False) -> str:
    """The key of what a dict holds; texts without quotes if `bare`."""
    for key, value in mapping.items():
        if value is held:
            return key if bare and type(key) is str else cut(key)
        if key is held:
            return f"key {cut(key)}"
    return "?"


def _from_module(module: Any, steps: list[Any]) -> Passage:
    held = steps[0]
    if len(steps) > 1 and held is member(module, "__dict__"):
        return 2, f" → {key_of(held, steps[1], bare=True)}"
    return None


def _from_function(function: Any, steps: list[Any]) -> Passage:
    """The references of a function: variables of its closure, defaults, attributes."""
    held = steps[0]
    code, name = function.__code__, function.__qualname__
    if held is function.__closure__ and len(steps) > 2:
        for variable, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
            if cell is steps[1]:
                return 3, f" → closure variable {variable} of {name}"
    if held is function.__defaults__ and len(steps) > 1:
        arguments = code.co_varnames[: code.co_argcount]
        for variable, value in zip(arguments[::-1], (function.__defaults__ or ())[::-1], strict=False):
            if value is steps[1]:
                return 2, f" → default argument {variable} of {name}"
    if held is function.__kwdefaults__ and held is not None and len(steps) > 1:
        return 2, f" → default argument {key_of(held, steps[1], bare=True)} of {name}"
    if held is function.__globals__ and len(steps) > 1:
        return 2, f" → global {key_of(held, steps[1], bare=True)}"
    if held is function.__dict__ and len(steps) > 1:
        return 2, f".{key_of(held, steps[1], bare=True)}"
    return None


def _from_class(kind: Any, steps: list[Any]) -> Passage:
    if len(steps) > 1 and type(steps[0]) is dict:
        return 2, f".{key_of(steps[0], steps[1], bare=True)}"
    return None


def _from_memoryview(_view: Any, steps: list[Any]) -> Passage:
    return (2, ".obj") if len(steps) > 1 else None  # by way of a buffer that is nobody else's


def _from_frame(frame: Any, steps: list[Any]) -> Passage:
    name = local_of(frame, steps[0])
    return None if name is None else (1, f" → local {name} of {frame.f_code.co_name}")


def local_of(frame: types.FrameType, held: object) -> str | None:
    """The variable of a call that has this value."""
    return next((name for name, value in variables(frame) if value is held), None)


def _from_generator(generator: Any, steps: list[Any]) -> Passage:
    what, prefix = _GENERATORS[type(generator)]
    frame = member(generator, f"{prefix}_frame")
    told = f" → {what} {member(generator, '__name__')}()"
    if type(frame) is types.FrameType:
        # Somebody may have asked for the frame, or for a copy of its variables.
        covered = int(len(steps) > 1 and (steps[0] is frame or type(steps[0]) is dict))
        name = local_of(frame, steps[covered])
        if name is not None:
            return covered + 1, f"{told} local {name}"
    awaited = "yieldfrom" if prefix == "gi" else "await"
    if steps[0] is member(generator, f"{prefix}_{awaited}"):
        return 1, f"{told} awaits" if prefix != "gi" else f"{told} yields from"
    return None


def _from_exception(holder: Any, steps: list[Any]) -> Passage:
    """A traceback is a list of frames: what matters is the call whose variable it keeps."""
    place = 0
    while place < len(steps) and type(steps[place]) is types.TracebackType:
        place += 1
    told = ".__traceback__" if issubclass(type(holder), BaseException) else " → traceback"
    if type(holder) is types.TracebackType:
        told = ""
    if place == len(steps):
        return place, told
    frame = steps[place]
    if type(frame) is not types.FrameType:
        return None
    if place + 1 < len(steps):
        name = local_of(frame, steps[place + 1])
        if name is not None:
            return place + 2, f"{told} → local {name} of {frame.f_code.co_name}"
    return place + 1, f"{told} → call of {frame.f_code.co_name}"


def _from_context(context: Any, steps: list[Any]) -> Passage:
    """A context is a tree of the interpreter's making, which ends at variables and values."""
    place = 0
    while place < len(steps) and type(steps[place]).__name__.startswith("hamt"):
        place += 1
    if place == len(steps):
        return None
    for variable, value in Context.items(context):
        if value is steps[place]:
            return place + 1, f" → contextvar {variable.name}"
    return None


def _from_task(_task: Any, steps: list[Any]) -> Passage:
    """Its coroutine and its context need no words of their own: what they hold is named by both."""
    held = steps[0]
    if len(steps) > 1 and (type(held) is Context or type(held) in _GENERATORS):
        found = passage(held, steps[1:])
        return None if found is None else (1 + found[0], found[1])
    return None


def _from_local(local: Any, steps: list[Any]) -> Passage:
    """A thread-local object has a dict for each thread, under a mark that lies in the thread's data: from 3.13 on where
    nobody sees it, so that only a single thread is known.
    """
    if len(steps) < 3 or type(steps[0]) is not dict or type(steps[1]) is not dict:
        return None
    threads = running()
    whose = name_of(threads[0]._ident) if len(threads) == 1 else "a thread"
    for mark, table in steps[0].items():
        if table is steps[1]:
            mark = mark() if type(mark) is ReferenceType else mark
            owners = (name for name, data in data_of_threads() if _has(data, mark))
            whose = next(owners, whose)
    return 3, f" → thread-local data {key_of(steps[1], steps[2], bare=True)} of {whose}"


def _has(table: dict[Any, Any], value: object) -> bool:
    return any(one is value for one in table.values())


def call_name(call: Any) -> str:
    """What a callback is called: a function by its name, a bound method as its function, a partial by what it calls."""
    if type(call) is types.MethodType:
        return call_name(call.__func__)
    function = member(call, "func")
    if function is not None:
        return call_name(function)
    name = member(call, "__qualname__")
    return name if type(name) is str else kind_name(type(call))


_BY_BASE: list[tuple[type, Callable[[Any, list[Any]], Passage]]] = [
    (types.ModuleType, _from_module),
    (types.FunctionType, _from_function),
    (type, _from_class),
    (memoryview, _from_memoryview),
    (types.FrameType, _from_frame),
    (types.GeneratorType, _from_generator),
    (types.CoroutineType, _from_generator),
    (types.AsyncGeneratorType, _from_generator),
    (Context, _from_context),
]
