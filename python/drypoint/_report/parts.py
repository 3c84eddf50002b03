"""What an object refers to by one name, each with its name: items, keys, attributes, slots, members of compiled types.

Nothing of the program runs for that: attributes are read from where they are kept, not asked for, and compiled members
only of types whose getters are compiled too.
"""

from __future__ import annotations

import sys
import types
from collections import deque
from contextvars import ContextVar
from functools import lru_cache, partial
from weakref import ReferenceType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Parts = Iterator[tuple[str, object]]

__all__ = ["cut", "kind_name", "member", "own_dict", "parts"]

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
    shown = [part for part in module.split(".") if not part.startswith("_")]
    return ".".join([*(shown or [module.lstrip("_")])[:1], str(name)])


def member(thing: object, name: str) -> Any:
    """An attribute by the way of `object`, past a ``__getattribute__`` of the program; None if it cannot be read."""
    try:
        return _getattribute(thing, name)
    except Exception:  # what cannot be read has no name
        return None


def own_dict(thing: object) -> dict[str, Any] | None:
    """Where an object keeps its attributes, if it is a plain dict."""
    if issubclass(type(thing), _local_kinds()):
        return None  # each thread has another, and asking may make one
    found = member(thing, "__dict__")
    return found if type(found) is dict else None


def _local_kinds() -> tuple[type, ...]:
    thread = sys.modules.get("_thread")
    return () if thread is None else (thread._local,)


def cut(key: object) -> str:
    """A key as it is written, if that is short and runs nothing; else its type."""
    plain = type(key) in _PLAIN or (type(key) is tuple and all(type(part) in _PLAIN for part in key))
    if type(key) is str or type(key) is bytes:
        text = repr(key[:LONGEST_KEY])  # a key may be as large as what is looked for
        return text if len(text) <= LONGEST_KEY else text[: LONGEST_KEY - 1] + "…"
    text = repr(key) if plain else kind_name(type(key))
    return text if len(text) <= LONGEST_KEY else text[: LONGEST_KEY - 1] + "…"


def parts(holder: Any) -> Parts:
    """What an object refers to by name, each with its name."""
    kind = type(holder)
    known = _BY_KIND.get(kind)
    if known is not None:
        yield from known(holder)
        return
    for key, value in (own_dict(holder) or {}).items():
        yield f".{key}", value
    for base in type.__getattribute__(kind, "__mro__"):
        slots = type.__getattribute__(base, "__dict__").get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            yield from _named(name)(holder)
    for base, found in _BY_BASE:
        if issubclass(kind, base):
            yield from found(holder)
    for module, name, members in _LIBRARIES:
        base = getattr(sys.modules.get(module), name, None)
        if isinstance(base, type) and issubclass(kind, base):
            for attribute in members:
                descriptor = vars(base).get(attribute)
                if descriptor is not None:
                    yield f".{attribute}", descriptor.__get__(holder)
    yield " → its class", kind


def _items(holder: Any) -> Parts:
    walk = next(base.__iter__ for base in (list, tuple, deque) if issubclass(type(holder), base))
    for place, item in enumerate(walk(holder)):  # not a subclass's own way, which may be Python
        if place > MOST:
            return
        yield f"[{place}]", item


def _mapping(holder: Any) -> Parts:
    for number, (key, value) in enumerate(dict.items(holder)):
        if number > MOST:
            return
        yield f"[{cut(key)}]", value
        yield f" → key {cut(key)}", key


def _named(*names: str) -> Callable[[Any], Parts]:
    def found(holder: Any) -> Parts:
        for name in names:
            try:
                yield f".{name}", _getattribute(holder, name)
            except Exception:  # what cannot be read has no name
                continue

    return found


def _referred(holder: Any, *but: object) -> Iterator[object]:
    """What can only be seen by the collector's way of looking."""
    import gc

    passed = (type(holder), *but)
    for item in gc.get_referents(holder):
        if not any(item is one for one in passed):
            yield item


def _cache(function: Any) -> Parts:
    wrapped = member(function, "__wrapped__")
    for item in _referred(function, wrapped, own_dict(function)):
        yield f" → cache of {member(wrapped, '__qualname__') or 'a function'}", item


def _variable(variable: Any) -> Parts:
    for item in _referred(variable, variable.name):
        yield " → its default", item


def _reference(reference: Any) -> Parts:
    yield " → callback of a weak reference", vars(ReferenceType)["__callback__"].__get__(reference)


_BY_KIND: dict[type, Callable[[Any], Parts]] = {
    list: _items,
    tuple: _items,
    dict: _mapping,
    types.MethodType: _named("__self__", "__func__"),
    types.BuiltinFunctionType: _named("__self__"),
    types.CellType: _named("cell_contents"),
    types.TracebackType: _named("tb_frame", "tb_next"),
    property: _named("fget", "fset", "fdel"),
    staticmethod: _named("__func__"),
    classmethod: _named("__func__"),
    ContextVar: _variable,
}
_BY_BASE: list[tuple[type, Callable[[Any], Parts]]] = [
    (BaseException, _named("__traceback__", "__context__", "__cause__", "args")),
    (list, _items),
    (tuple, _items),
    (dict, _mapping),
    (deque, _items),
    (_CACHE, _cache),
    (partial, _named("func", "args", "keywords")),
    (ReferenceType, _reference),
]
#: Members of types that may not be there; a subclass may have others of the name, written in Python.
_LIBRARIES = [
    ("numpy", "ndarray", ("base",)),
    ("_io", "TextIOWrapper", ("buffer",)),
    ("_io", "BufferedReader", ("raw",)),
    ("_io", "BufferedWriter", ("raw",)),
    ("_io", "BufferedRandom", ("raw",)),
    ("_asyncio", "Future", ("_result", "_exception")),
    ("_asyncio", "Task", ("_coro", "_fut_waiter", "_exception")),
]
