"""Names that a person knows for the references from one object to the next: ``app.ICONS[3].base``.

A walk of the heap knows that one object refers to another, not by which name. The name is looked for in the holder, of
the few chains that are shown, by what each kind of object has for it: keys, places, attributes, variables.
"""

from __future__ import annotations

import sys
import types

from .._memory import _readable
from .files import path_of
from .parts import kind_name, member, parts
from .passages import call_name, passage
from .roots import unnamed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["chain", "described", "kind_name"]

#: How often a name is looked for in something that changes meanwhile.
TRIES = 5


def chain(root: str | None, objects: list[Any]) -> str:
    """A way from a root to an object, as one line.

    Parameters
    ----------
    root : str, optional
        The root's name; None if it has none.
    objects : list
        The root's object, then one after the other to the last.

    Returns
    -------
    str
        Such as ``"module app → ICONS[3].base"``.
    """
    before, *steps = objects
    text = _start(before, bool(steps)) if root is None else root
    while steps:
        if _is_task(steps[0]) and not _is_of_the_program(before):
            before = steps.pop(0)  # how the loop keeps its tasks is its own affair
            text = _task(before)
            continue
        taken, piece = _step(before, steps)
        text += piece
        before = steps[taken - 1]
        del steps[:taken]
    return text.removeprefix(" → ")


def described(thing: object) -> str:
    """What an object is, in words: its type, and what it stands for if that can be seen: ``open file /tmp/x``."""
    path = path_of(thing)
    if path is not None:
        return path
    if type(thing) is types.FunctionType or type(thing) is types.MethodType:
        return f"function {call_name(thing)}"
    for module, name, say in _OWN:
        if isinstance(thing, getattr(sys.modules.get(module), name, ())):
            return say(thing)
    return kind_name(type(thing))


def _compressed(array: Any) -> str:
    """A compressed array with the bytes of its items, and those that they are stored in."""
    core = array._core
    if core is None:
        return "closed CompressedArray"
    return f"CompressedArray of {_readable(core.nbytes).strip()} in {_readable(core.nbytes_stored).strip()}"


def _sparse(array: Any) -> str:
    """A sparse array with the bytes that it is stored in, and those that it would have if it were dense."""
    if array.closed:
        return f"closed {type(array).__name__}"
    dense = array.size * array.dtype.itemsize
    return f"{type(array).__name__} of {_readable(dense).strip()} in {_readable(array.nbytes).strip()}"


def _tiled(tiled: Any) -> str:
    """Counts in tiles with the bytes that all cells would take, and those that the tiles take, in memory and on disk."""
    if tiled.closed:
        return f"closed {type(tiled).__name__}"
    dense, held = (_readable(count).strip() for count in (tiled.nbytes_dense, tiled.nbytes))
    return f"{type(tiled).__name__} of {dense} in {held}"


#: Arrays of ours, told with the bytes that they would have and those they take.
_OWN = [
    ("drypoint._arrays.compressed", "CompressedArray", _compressed),
    ("drypoint._arrays.sparse", "Sparse", _sparse),
    ("drypoint._tiled", "TiledAggregate", _tiled),
]


def _start(thing: object, goes_on: bool) -> str:
    """What to say of a thing that is held by no object and no name."""
    if _is_task(thing):
        return _task(thing)
    if goes_on and type(thing) in (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType):
        return ""  # its name follows
    held_for = unnamed(thing)
    if held_for is not None:
        return held_for
    name = described(thing)
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name} that compiled code or a running call holds"


def _step(holder: object, steps: list[Any]) -> tuple[int, str]:
    """How many steps one name covers, and the name."""
    for _ in range(TRIES):
        try:
            found = passage(holder, steps) or _part(holder, steps[0])
        except RuntimeError:  # another thread has put something into what is being looked through
            continue
        if found is not None:
            return found
        break
    return 1, f" → {described(steps[0])}"


def _part(holder: object, held: object) -> tuple[int, str] | None:
    return next(((1, name) for name, value in parts(holder) if value is held), None)


def _is_task(thing: object) -> bool:
    kinds = (
        getattr(sys.modules.get("_asyncio"), "Task", None),
        getattr(sys.modules.get("asyncio.tasks"), "_PyTask", None),
    )
    return issubclass(type(thing), tuple(kind for kind in kinds if kind is not None))


def _is_of_the_program(holder: object) -> bool:
    """Whether somebody put a task there, and not asyncio: it holds those that wait by callbacks and handles."""
    kind = type(holder)
    return kind is not types.BuiltinFunctionType and member(kind, "__module__") not in (
        "_asyncio",
        "asyncio.events",
    )


def _task(task: Any) -> str:
    name = getattr(sys.modules.get("_asyncio"), "Task", None)
    if type(task) is name:
        return f"asyncio task {task.get_name()}"
    return f"asyncio task {member(task, '_name')}"
