"""By which kind of reference something is kept: what a person has to know to let it go.

The ways are those of the language and of the libraries, not of any program: a registry of pyplot, a closure, a
traceback, a suspended generator, a cache. They are told from the objects on the chain.
"""

from __future__ import annotations

import functools
import sys
import types
from contextvars import Context

from .._report import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Way", "holder_name", "is_plain_holder", "of", "owner", "rank", "thing_name"]

_CACHE = type(functools.lru_cache(len))
_HISTORY = ("Out", "_oh", "out_history")


class Way:
    """How something is kept.

    Attributes
    ----------
    kind : str
        A word: ``"pyplot"``, ``"cache"``, ``"traceback"``, ``"generator"``, ``"coroutine"``, ``"future"``, ``"log
        record"``, ``"callback"``, ``"animation"``, ``"history"``, ``"default argument"``, ``"closure"``,
        ``"artists"``, ``"class"``, ``"thread-local"``, ``"context variable"``, ``"finalizer"``, ``"queue"``,
        ``"container"``, ``"frame"``.
    who : str
        What stands there in this case: a function, a variable, an event.
    bounded : bool
        Whether it ends by itself: a cache with a size.
    """

    __slots__ = ("bounded", "kind", "who")

    def __init__(self, kind: str, who: str = "", bounded: bool = False) -> None:
        self.kind, self.who, self.bounded = kind, who, bounded


def _is_own_dict(thing: object, held: object) -> bool:
    """Whether a dict is that of an object's attributes."""
    try:
        return object.__getattribute__(thing, "__dict__") is held
    except AttributeError:
        return False


def owner(objects: list[Any]) -> Any:
    """The last of the objects on a way; in place of a dict of attributes the object that has them."""
    if len(objects) > 1 and isinstance(objects[-1], dict) and _is_own_dict(objects[-2], objects[-1]):
        return objects[-2]
    return objects[-1]


def rank(root: str) -> int:
    """How well a root tells a person where to look: lower is better."""
    if root.startswith("module drypoint"):
        return 9
    if root.startswith("module "):
        name = root[7:]
        module = sys.modules.get(name)
        return 0 if name == "__main__" or _is_own(module) else 3
    return 1 if root else 5


def _is_own(module: object) -> bool:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return False
    standard = types.__file__.rsplit("/", 1)[0]
    return "/site-packages/" not in file and "/dist-packages/" not in file and not file.startswith(standard)


def is_plain_holder(thing: object) -> bool:
    """Whether a thing holds others because it is the world: a module, a frame, or the dict of one."""
    return isinstance(thing, types.ModuleType | types.FrameType) or (
        isinstance(thing, dict) and "__name__" in thing and "__builtins__" in thing
    )


def of(root: str | None, objects: list[Any], place: int) -> Way:
    """The way by which the last object is kept.

    Parameters
    ----------
    root : str, optional
        The name of the root.
    objects : list
        From the root to what is kept.
    place : int
        Which of them is the holder that keeps more and more.
    """
    if _is_pyplot(objects):
        return Way("pyplot")
    for thing, after in zip(objects, [*objects[1:], None], strict=True):
        found = _by_object(thing, after)
        if found is not None:
            return found
    if any(name in _last_key(root, objects, place) for name in _HISTORY):
        return Way("history", "Out")
    for thing, after in zip(objects, [*objects[1:], None], strict=True):
        found = _by_function(thing, after)
        if found is not None:
            return found
    if _is_artist(objects[-1]) and any(_is_artist(thing) for thing in objects[:-1]):
        owner = next(thing for thing in reversed(objects[:-1]) if _is_artist(thing))
        return Way("artists", type(owner).__name__)
    if root is not None and root.startswith("thread-local"):
        return Way("thread-local", root)
    if root is not None and root.startswith("contextvar"):
        return Way("context variable")
    holder = objects[place]
    if any(isinstance(thing, type) for thing in objects[: place + 1]):
        kind = next(thing for thing in objects if isinstance(thing, type))
        return Way("class", kind.__qualname__)
    if root is not None and "frame " in root and place == 0:
        return Way("frame", root)
    return Way("container", type(holder).__name__)


def _is_pyplot(objects: list[Any]) -> bool:
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    registry = getattr(getattr(helpers, "Gcf", None), "figs", None)
    return registry is not None and any(thing is registry for thing in objects)


def _is_artist(thing: object) -> bool:
    artist = getattr(sys.modules.get("matplotlib.artist"), "Artist", None)
    return artist is not None and isinstance(thing, artist)


def _by_object(thing: Any, after: Any) -> Way | None:
    kind = type(thing)
    if kind is _CACHE:
        size = thing.cache_parameters()["maxsize"]
        return Way("cache", getattr(thing, "__qualname__", "a function"), size is not None)
    if isinstance(thing, BaseException):
        return Way("traceback", kind.__name__)
    if isinstance(thing, types.TracebackType):
        return Way("traceback", "an exception")
    if isinstance(thing, types.GeneratorType | types.AsyncGeneratorType):
        return Way("generator", thing.__qualname__)
    if isinstance(thing, types.CoroutineType):
        return Way("coroutine", thing.__qualname__)
    names_of = {base.__qualname__ for base in kind.__mro__}
    module = kind.__module__.split(".")[0]
    if "Future" in names_of and module in ("concurrent", "asyncio", "_asyncio", "distributed"):
        return Way("future", kind.__name__)
    if "LogRecord" in names_of and module == "logging":
        return Way("log record", _attribute_of(thing, after))
    if "CallbackRegistry" in names_of and module == "matplotlib":
        return Way("callback", "CallbackRegistry")
    if "Animation" in names_of and module == "matplotlib":
        return Way("animation", kind.__name__)
    if "finalize" in names_of and module == "weakref":
        return Way("finalizer")
    if names_of & {"Queue", "SimpleQueue", "_PySimpleQueue"} and module in ("queue", "_queue", "asyncio"):
        return Way("queue", kind.__name__)
    if kind is Context:
        return Way("context variable")
    if kind.__name__ == "_local" and module in ("_thread", "threading"):
        return Way("thread-local", "threading.local")
    return None


def _by_function(thing: Any, after: Any) -> Way | None:
    if isinstance(thing, types.FunctionType) and after is not None:
        if after is thing.__defaults__ or after is thing.__kwdefaults__:
            return Way("default argument", thing.__qualname__)
        if after is thing.__closure__:
            return Way("closure", thing.__qualname__)
    if isinstance(thing, functools.partial):
        return Way("closure", "a functools.partial")
    return None


def _attribute_of(thing: Any, held: Any) -> str:
    own = vars(thing)
    return next((name for name, value in own.items() if value is held), "")


def _last_key(root: str | None, objects: list[Any], place: int) -> str:
    return holder_name(root, objects[: place + 1]).rsplit("[", 1)[-1].rsplit(" ", 1)[-1].strip("'\"]")


def thing_name(thing: Any) -> str:
    """The kind of a thing; of Axes also what they are for."""
    name = names.kind_name(type(thing))
    if _is_artist(thing) and name.endswith("Axes"):
        own = vars(thing)
        if own.get("_colorbar") is not None:
            return f"{name} (colorbar)"
        twins = own.get("_twinned_axes")
        if twins is not None and len(twins.get_siblings(thing)) > 1:
            return f"{name} (twin)"
    return name


def holder_name(root: str | None, objects: list[Any]) -> str:
    """The holder as a person calls it: its variable, without the module if that is the program's own."""
    if owner(objects) is not objects[-1]:
        objects = objects[:-1]
    text = names.chain(root, objects)
    head, arrow, rest = text.partition(" → ")
    if not arrow:
        return head
    if head.startswith("module ") and rank(head) > 0:
        return f"{head[7:]}.{rest}"
    return rest
