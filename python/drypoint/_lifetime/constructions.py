"""How we see that something is made: constructors wrapped in place, as soon as their library is imported.

Python classes get an ``__init__`` that calls the original and then tells `made`. A compiled type that cannot be changed
is replaced, under its name in its module and wherever else that name was imported to, by a subclass that tells. All of
it is undone by `unwatch`, and a wrap that somebody else wrapped in the meantime falls silent instead. Libraries are
never imported here: what is not there yet is handled right after the program imports it.
"""

from __future__ import annotations

import gc
import sys
from _thread import RLock
from contextvars import ContextVar

from .. import _core
from .._errors import BadArgument
from .imports import after_import, forget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, Protocol

    class _Recorder(Protocol):
        """What a construction is told to: a scope, or the process."""

        @property
        def open_recorder(self) -> _Recorder | None:
            """The nearest one, from here outwards, that still takes things."""

        def record(self, thing: object, kind: str, place: str | None) -> None:
            """Remember a thing, weakly."""


__all__ = [
    "after_import",
    "current",
    "integration",
    "made",
    "observed",
    "observers",
    "on_unwatch",
    "only_observed",
    "replace",
    "replace_function",
    "stand_before",
    "unwatch",
    "watch",
    "watching",
    "wrap",
    "wrap_always",
    "wrap_named",
]

#: Where constructions in this context are written down: the innermost scope, or None.
current: ContextVar[Any] = ContextVar("drypoint_scope", default=None)

#: The recorder of all that is made outside scopes. Set by `process`.
process: _Recorder | None = None

#: Called with each thing made and its kind, on the thread that made it.
observers: list[Callable[[object, str], None]] = []

#: The module of a library, and the file of `drypoint.integrations` that knows it.
INTEGRATIONS = {
    "numpy": "numpy",
    "cv2": "opencv",
    "PIL.Image": "pillow",
    "h5py": "h5py",
    "mmap": "standard",
    "tempfile": "standard",
    "multiprocessing.shared_memory": "standard",
    "drypoint": "own",
    "matplotlib.figure": "matplotlib",
    "matplotlib.animation": "matplotlib",
    "matplotlib._pylab_helpers": "matplotlib",
}

_lock = RLock()
_watchers = 0
_observers_only = 0
_undo: list[Callable[[], None]] = []
_wrapped: set[tuple[type, str]] = set()
_IMMUTABLE = 1 << 8
_BASE = 1 << 10


def made(thing: object, kind: str | None = None) -> None:
    """Tell the current scope, or else the process, and all observers that `thing` was made.

    Parameters
    ----------
    thing : object
        What was made; only a weak reference to it is kept.
    kind : str, optional
        What reports call it; the name of its type if not given.

    Examples
    --------
    >>> made(object(), "picture")
    """
    if kind is None:
        kind = type(thing).__name__
    scope = current.get()
    recorder = process if scope is None else scope.open_recorder or process
    if recorder is not None:
        recorder.record(thing, kind, _core.place())
    for observer in observers:
        observer(thing, kind)


def on_unwatch(action: Callable[[], None]) -> None:
    """Run an action when the originals are put back."""
    _undo.append(action)


def observed(on: bool) -> None:
    """Whoever watches from now on only looks (or, False, no longer): nothing is to be freed for his sake."""
    global _observers_only
    _observers_only += 1 if on else -1


def only_observed() -> bool:
    """Whether constructors are wrapped for nobody but observers who only look."""
    return _observers_only > 0 and _watchers <= _observers_only and current.get() is None


def watching() -> bool:
    """Whether constructors are wrapped now."""
    return _watchers > 0


def watch() -> None:
    """See what is made from now on. Counted: each call wants one `unwatch`."""
    global _watchers
    with _lock:
        _watchers += 1
        if _watchers == 1:
            gc.callbacks.append(_core.collector_ran)
            for module in INTEGRATIONS:
                after_import(module, _integrate)
            for action in _others:
                action()


def unwatch() -> None:
    """Put the original constructors back when the last who watches leaves."""
    global _watchers
    with _lock:
        if _watchers == 0:
            return
        _watchers -= 1
        if _watchers == 0:
            if _core.collector_ran in gc.callbacks:
                gc.callbacks.remove(_core.collector_ran)
            while _undo:
                _undo.pop()()
            _wrapped.clear()


#: Wraps of types that others registered closers for.
_others: list[Callable[[], None]] = []


def wrap_always(owner: type) -> Callable[[], None]:
    """Wrap a class whenever constructors are watched, until the function that comes back is called.

    Raises
    ------
    BadArgument
        If its constructor cannot be seen.
    """
    if owner.__flags__ & _IMMUTABLE:
        module = sys.modules.get(owner.__module__)
        of_module = owner.__module__ != "builtins" and getattr(module, owner.__name__, None) is owner
        if not of_module or not owner.__flags__ & _BASE:
            raise BadArgument(
                f"constructors of {owner.__module__}.{owner.__qualname__} cannot be seen: a built-in type"
            )

        def action() -> None:
            replace(module, owner.__name__)  # type: ignore[arg-type]
    else:

        def action() -> None:
            wrap(owner)

    with _lock:
        _others.append(action)
        if _watchers:
            action()
    return lambda: _others.remove(action) if action in _others else None


def wrap_named(module: str, name: str) -> Callable[[], None]:
    """As `wrap_always`, for a class of a module that is perhaps not imported yet."""
    undo: list[Callable[[], None]] = []

    def action(found: ModuleType) -> None:
        owner = getattr(found, name, None)
        if not isinstance(owner, type):
            raise BadArgument(f"{module} has no class {name!r} to close (given to register_closer)")
        undo.append(wrap_always(owner))

    after_import(module, action)

    def remove() -> None:
        forget(module, action)
        while undo:
            undo.pop()()

    return remove


def integration(name: str) -> ModuleType:
    """A file of `drypoint.integrations`: what to wrap of a library, and how to close it."""
    from importlib import import_module

    return import_module(f"drypoint.integrations.{name}")


def _integrate(module: ModuleType) -> None:
    """The library is there: let the integration wrap its constructors, if they are still wanted."""
    with _lock:
        if _watchers and not _is_another(module):
            integration(INTEGRATIONS[module.__name__]).watch(module)


def _is_another(module: ModuleType) -> bool:
    """Whether it is a program's own file, with a name of the standard library."""
    import os

    file = getattr(module, "__file__", None)
    if module.__name__.partition(".")[0] not in sys.stdlib_module_names or not str(file).endswith(".py"):
        return False
    return not os.path.realpath(str(file)).startswith(os.path.dirname(os.path.realpath(os.__file__)) + os.sep)


def wrap(owner: type, kind: str | None = None, method: str = "__init__") -> bool:
    """Have each instance of a class told to `made` when its constructor has ended well.

    Of the wrapped classes in an object's inheritance only the outermost tells, so it tells once. Objects that come to be
    without the method are not seen.

    Parameters
    ----------
    owner : type
        A class whose attributes can be set.
    kind : str, optional
        What reports call its instances; the name of the class if not given.
    method : str
        Another method that makes an object usable, such as ``"__setstate__"``.

    Returns
    -------
    bool
        False if this method is wrapped already.

    Raises
    ------
    TypeError
        If the attributes of the class cannot be set.
    """
    with _lock:
        if (owner, method) in _wrapped:
            return False
        title = kind or owner.__name__
        active = True

        def told(thing: object) -> None:
            if active and (type(thing) is owner or _outermost(type(thing), method) is owner):
                made(thing, title)

        put_back = stand_before(owner, method, told)
        _wrapped.add((owner, method))

        def undo() -> None:
            nonlocal active
            active = False
            put_back()

        _undo.append(undo)
        return True


def stand_before(owner: type, method: str, told: Callable[[object], None]) -> Callable[[], None]:
    """Put a constructor in the place of a method: it calls the method, and then `told` with the object.

    Parameters
    ----------
    owner : type
        A class whose attributes can be set.
    method : str
        The name of its method, or of one that it inherits.
    told : callable
        Called when the method has ended well.

    Returns
    -------
    callable
        Puts back what was there, unless somebody has put another thing there since.
    """
    own = owner.__dict__.get(method)
    original: Any = getattr(owner, method)
    wrapped: Any = _core.Constructor(None if original is object.__init__ else original, told)
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(wrapped, name, getattr(original, name, None))
    wrapped.__wrapped__ = original
    setattr(owner, method, wrapped)

    def undo() -> None:
        if owner.__dict__.get(method) is not wrapped:
            return
        if own is None:
            delattr(owner, method)
        else:
            setattr(owner, method, own)

    return undo


def _outermost(kind: type, method: str) -> type | None:
    """The first class of a type's method resolution order whose method is wrapped."""
    return next((base for base in kind.__mro__ if (base, method) in _wrapped), None)


class _Stands(type):
    """The metaclass of a subclass that stands for its original: instances of either are instances of both."""

    def __instancecheck__(cls, instance: object) -> bool:
        if "_stands_for" in cls.__dict__:
            return isinstance(instance, cls.__dict__["_stands_for"])
        return super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        if "_stands_for" in cls.__dict__:
            return issubclass(subclass, cls.__dict__["_stands_for"])
        return super().__subclasscheck__(subclass)


def replace(module: ModuleType, name: str, kind: str | None = None) -> bool:
    """Put a subclass that tells `made` in the place of a compiled type whose attributes cannot be set.

    Parameters
    ----------
    module : module
        Where the type is defined.
    name : str
        What it is called there.
    kind : str, optional
        What reports call its instances.

    Returns
    -------
    bool
        False if it is replaced already.
    """
    with _lock:
        original = getattr(module, name)
        if type(original) is _Stands:
            return False
        kind = kind or name

        def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
            made(self, kind)

        names = {
            "__slots__": (),
            "__module__": original.__module__,
            "__qualname__": original.__qualname__,
            "__doc__": original.__doc__,
            "__init__": __init__,
            "_stands_for": original,
        }
        stand_in = _Stands(original.__name__, (original,), names)
        _rebind(original, stand_in)
        _undo.append(lambda: _rebind(stand_in, original))
        return True


def replace_function(module: ModuleType, name: str, kind: str | None = None) -> bool:
    """As `replace`, for a function that makes the thing: its result is told to `made`."""
    from functools import wraps

    with _lock:
        original = getattr(module, name)
        if getattr(original, "_tells", False):
            return False
        kind = kind or name

        @wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            thing = original(*args, **kwargs)
            made(thing, kind)
            return thing

        call._tells = True  # type: ignore[attr-defined]
        _rebind(original, call)
        _undo.append(lambda: _rebind(call, original))
        return True


def _rebind(old: object, new: object) -> None:
    """Every name in a module that means `old` means `new`."""
    for module in list(sys.modules.values()):
        try:  # not `vars`: a module that is loaded on first use must not be loaded by this
            names = object.__getattribute__(module, "__dict__")
        except AttributeError:
            continue
        if names is not globals() and isinstance(names, dict):
            for name in [name for name, value in names.copy().items() if value is old]:
                names[name] = new
