"""Names that a person knows for the references from one object to the next: ``app.ICONS[3].base``.

A walk of the heap knows that one object refers to another, not by which name. The name is looked for in the holder, of
the few chains that are shown, by what each kind of object has for it: keys, places, attributes, variables. Nothing of the
program runs for that: attributes are read from where they are kept, not asked for.
"""

from __future__ import annotations

import sys
import types
from collections import deque
from contextvars import Context
from functools import lru_cache, partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

__all__ = ["chain", "kind_name"]

#: Items of a container that are looked through for one of them.
MOST = 1_000_000
#: Keys that are longer are cut.
LONGEST_KEY = 40

_getattribute = object.__getattribute__
_CACHE = type(lru_cache(len))
_PLAIN = (str, bytes, int, float, bool, type(None))


def kind_name(kind: type) -> str:
    """A type as people call it: without ``builtins``, and without the private modules of its package."""
    module = type.__getattribute__(kind, "__module__")
    name = type.__getattribute__(kind, "__qualname__")
    if not isinstance(module, str) or module in ("builtins", "__main__"):
        return str(name)
    parts = [part for part in module.split(".") if not part.startswith("_")]
    return ".".join([*parts[:1], str(name)])


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
    text = root or _nameless(objects[0])
    steps = objects[1:]
    before = objects[0]
    while steps:
        taken, piece = _step(before, steps)
        text += piece
        before = steps[taken - 1]
        del steps[:taken]
    return text


def _nameless(thing: object) -> str:
    if type(thing) is Context:
        return "the context of a thread or task"
    return f"{_article(thing)} that compiled code or a running call holds"


def _article(thing: object) -> str:
    name = kind_name(type(thing))
    return f"an {name}" if name[:1].lower() in "aeio" else f"a {name}"


def _step(holder: object, steps: list[Any]) -> tuple[int, str]:
    """How many steps one name covers, and the name."""
    kind = type(holder)
    held = steps[0]
    if issubclass(kind, types.ModuleType) and len(steps) > 1 and held is _getattribute(holder, "__dict__"):
        return 2, f" → {_key_of(held, steps[1], bare=True)}"
    if kind is types.FunctionType:
        return _from_function(holder, steps)  # type: ignore[arg-type]
    if issubclass(kind, type) and len(steps) > 1 and type(held) is dict:
        return 2, f".{_key_of(held, steps[1], bare=True)}"
    if kind is Context:
        return _from_context(holder, steps)  # type: ignore[arg-type]
    if kind is memoryview and len(steps) > 1:
        return 2, ".obj"  # by way of a buffer that is nobody's else
    own = _own_dict(holder)
    if own is not None and held is own and len(steps) > 1:
        return 2, f".{_key_of(own, steps[1], bare=True)}"
    for name, found in _parts(holder):
        if found is held:
            return 1, name
    return 1, f" → {kind_name(type(held))}"


def _own_dict(thing: object) -> dict[str, Any] | None:
    try:
        found = _getattribute(thing, "__dict__")
    except AttributeError:
        return None
    return found if type(found) is dict else None


def _key_of(mapping: dict[Any, Any], held: object, bare: bool = False) -> str:
    for number, (key, value) in enumerate(mapping.items()):
        if number > MOST:
            break
        if value is held:
            if bare and isinstance(key, str):
                return key
            return _cut(key)
        if key is held:
            return f"key {_cut(key)}"
    return "?"


def _cut(key: object) -> str:
    plain = type(key) in _PLAIN or (type(key) is tuple and all(type(part) in _PLAIN for part in key))
    text = repr(key) if plain else kind_name(type(key))
    return text if len(text) <= LONGEST_KEY else text[: LONGEST_KEY - 1] + "…"


def _from_function(function: types.FunctionType, steps: list[Any]) -> tuple[int, str]:
    """The references of a function: variables of its closure, defaults, attributes."""
    held = steps[0]
    code = function.__code__
    name = function.__qualname__
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
        return 2, f" → default argument {_key_of(held, steps[1], bare=True)} of {name}"
    if held is function.__globals__ and len(steps) > 1:
        return 2, f" → global {_key_of(held, steps[1], bare=True)}"
    if held is function.__dict__ and len(steps) > 1:
        return 2, f".{_key_of(held, steps[1], bare=True)}"
    return 1, f" → {kind_name(type(held))}"


def _from_context(context: Context, steps: list[Any]) -> tuple[int, str]:
    """The value of a context variable; the tree in which a context keeps them is nothing that a person knows."""
    for place, thing in enumerate(steps):
        for variable, value in context.items():
            if value is thing:
                return place + 1, f" → context variable {variable.name}"
        if not type(thing).__name__.startswith("hamt"):
            break
    return 1, f" → {kind_name(type(steps[0]))}"


def _items(holder: Any) -> Iterator[tuple[str, object]]:
    walk = next(base.__iter__ for base in (list, tuple, deque) if issubclass(type(holder), base))
    for place, item in enumerate(walk(holder)):  # not a subclass's own way, which may be Python
        if place > MOST:
            return
        yield f"[{place}]", item


def _mapping(holder: Any) -> Iterator[tuple[str, object]]:
    for number, (key, value) in enumerate(dict.items(holder)):
        if number > MOST:
            return
        yield f"[{_cut(key)}]", value
        yield f" → key {_cut(key)}", key


def _named(*names: str) -> Callable[[Any], Iterator[tuple[str, object]]]:
    def parts(holder: Any) -> Iterator[tuple[str, object]]:
        for name in names:
            try:
                yield f".{name}", _getattribute(holder, name)
            except Exception:  # what cannot be read has no name
                continue

    return parts


def _frame(frame: types.FrameType) -> Iterator[tuple[str, object]]:
    from .roots import variables

    for name, value in variables(frame):
        yield f" → local {name} of {frame.f_code.co_name}", value
    yield from _named("f_back", "f_locals")(frame)


def _generator(generator: Any) -> Iterator[tuple[str, object]]:
    frame = next((value for _, value in _named("gi_frame", "cr_frame", "ag_frame")(generator)), None)
    yield ".gi_frame", frame
    if isinstance(frame, types.FrameType):
        from .roots import variables

        for name, value in variables(frame):
            yield f" → local {name} of {frame.f_code.co_name}", value
    yield from _named("gi_yieldfrom", "cr_await")(generator)


def _cache(function: Any) -> Iterator[tuple[str, object]]:
    # What a cache keeps can only be seen by the collector's way of looking.
    import gc

    wrapped = getattr(function, "__wrapped__", None)
    for item in gc.get_referents(function):
        if item is not wrapped and item is not type(function):
            yield f" → cache of {getattr(wrapped, '__qualname__', 'a function')}", item


_BY_KIND: dict[type, Callable[[Any], Iterator[tuple[str, object]]]] = {
    list: _items,
    tuple: _items,
    dict: _mapping,
    types.FrameType: _frame,
    types.GeneratorType: _generator,
    types.CoroutineType: _generator,
    types.AsyncGeneratorType: _generator,
    types.MethodType: _named("__self__", "__func__"),
    types.BuiltinFunctionType: _named("__self__"),
    types.CellType: _named("cell_contents"),
    types.TracebackType: _named("tb_frame", "tb_next"),
    property: _named("fget", "fset", "fdel"),
    staticmethod: _named("__func__"),
    classmethod: _named("__func__"),
}


def _parts(holder: Any) -> Iterator[tuple[str, object]]:
    """What an object refers to by name, each with its name."""
    kind = type(holder)
    known = _BY_KIND.get(kind)
    if known is not None:
        yield from known(holder)
        return
    own = _own_dict(holder)
    if own is not None:
        for key, value in own.items():
            yield f".{key}", value
    for base in type.__getattribute__(kind, "__mro__"):
        slots = type.__getattribute__(base, "__dict__").get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            yield from _named(name)(holder)
    if issubclass(kind, BaseException):
        yield from _named("__traceback__", "__context__", "__cause__", "args")(holder)
    if issubclass(kind, list | tuple):
        yield from _items(holder)
    elif issubclass(kind, dict):
        yield from _mapping(holder)
    elif issubclass(kind, deque):
        yield from _items(holder)
    elif kind is _CACHE:
        yield from _cache(holder)
    elif issubclass(kind, partial):
        yield from _named("func", "args", "keywords")(holder)
    numpy = sys.modules.get("numpy")
    if numpy is not None and issubclass(kind, numpy.ndarray):
        yield ".base", numpy.ndarray.base.__get__(holder)
    yield " → its class", kind
