"""What is reached from a thing that is kept: the resources in containers, instances, closures, and behind arrays.

Reaching too far only means that something stays open longer, so the walk is generous, but it ends: at modules, classes,
frames, and after some ten thousand objects.
"""

from __future__ import annotations

from collections import deque
from types import BuiltinMethodType, FunctionType, GeneratorType, MethodType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = ["owners", "reached"]

#: How many objects are looked at.
MOST = 20_000

#: Whom a thing belongs to, by the name of its type: an Artist to its Figure. Filled by the integrations.
owners: dict[str, Callable[[Any], object]] = {}

_PLAIN: tuple[type, ...] = (str, bytes, bytearray, int, float, complex, bool, type(None), type, ModuleType)
_arrays: Any = None


def reached(thing: object, wanted: Callable[[object], bool]) -> list[object]:
    """The objects from `thing` on that are wanted, `thing` included; the walk does not go on behind them."""
    found: list[object] = []
    seen: dict[int, object] = {}
    waiting = deque([thing])
    while waiting and len(seen) < MOST:
        one = waiting.popleft()
        if isinstance(one, _PLAIN) or id(one) in seen:
            continue
        seen[id(one)] = one
        if wanted(one):
            found.append(one)
        waiting.extend(_next(one))
    return found


def _next(one: Any) -> Iterable[object]:
    """What a thing holds, where it is one of those that hold things for others."""
    if isinstance(one, dict):
        return [*one.keys(), *one.values()]
    if isinstance(one, list | tuple | set | frozenset | deque):
        return list(one)
    if isinstance(one, FunctionType):
        cells = [cell.cell_contents for cell in one.__closure__ or () if _filled(cell)]
        return [*cells, *(one.__defaults__ or ()), *(one.__kwdefaults__ or {}).values()]
    if isinstance(one, MethodType | BuiltinMethodType):
        return (one.__self__,)
    if isinstance(one, GeneratorType):
        frame = one.gi_frame
        return () if frame is None else list(frame.f_locals.values())
    if isinstance(one, memoryview):
        return (one.obj,)
    kind = type(one)
    for base in kind.__mro__:
        owner = owners.get(f"{base.__module__}.{base.__qualname__}")
        if owner is not None:
            return (owner(one),)
    held: list[object] = []
    if any(base.__module__ == "numpy" and base.__name__ == "ndarray" for base in kind.__mro__):
        held.append(one.base)
        if one.dtype.hasobject and one.dtype.names is None:
            held.extend(one.ravel().tolist())
        return held
    if hasattr(one, "func") and hasattr(one, "args") and kind.__name__ == "partial":
        held += [one.func, *one.args, *one.keywords.values()]
    names = getattr(one, "__dict__", None)
    if isinstance(names, dict):
        held.extend(names.values())
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__"):
                held.append(getattr(one, name, None))
    return held


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
