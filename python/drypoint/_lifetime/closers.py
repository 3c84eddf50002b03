"""How each kind of resource is closed: a table by type, filled by the integrations and by `register_closer`.

A closer says why when it leaves a thing alone: memory that something may still look into is never unmapped. Types are
given themselves or by name, so that the table can speak of libraries that are not imported.
"""

from __future__ import annotations

import sys

from .._errors import BadArgument
from . import constructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = ["Closed", "Closer", "Registration", "add", "by_method", "close_one", "find", "register_closer"]


class Closed:
    """What became of one thing that was to be closed.

    Attributes
    ----------
    kind : str
        What it is.
    freed_bytes : int or None
        What closing gave back, as far as it is known.
    held_by : list of str
        Who still holds it, such as ``"local `fig` in main() at app.py:12"``.
    refused : str or None
        Why it was left alone; None if it is closed.
    already : bool
        Whether it was closed before.
    name : str
        What a person calls it, such as ``"Figure 3 (1920×1080)"``; the kind if it has no name.
    """

    __slots__ = ("already", "freed_bytes", "held_by", "kind", "name", "refused")

    def __init__(
        self,
        kind: str,
        freed_bytes: int | None = None,
        held_by: list[str] | None = None,
        refused: str | None = None,
        already: bool = False,
        name: str | None = None,
    ) -> None:
        self.kind = kind
        self.freed_bytes = freed_bytes
        self.held_by = held_by or []
        self.refused = refused
        self.already = already
        self.name = name or kind

    def __repr__(self) -> str:
        if self.refused:
            return f"{self.name} was left open: {self.refused}"
        if self.already:
            return f"{self.name} was closed before"
        freed = "" if self.freed_bytes is None else f": freed {self.freed_bytes / 1e6:.1f} MB"
        held = "" if not self.held_by else f"; still held by {', '.join(self.held_by)}"
        return f"closed {self.name}{freed}{held}"


class Closer:
    """How things of one type are closed.

    Attributes
    ----------
    close : callable
        ``close(thing, failing)`` closes it; `failing` says that an exception is under way. It returns None, or a text
        that says why the thing was left alone, or a `Closed`.
    is_open : callable
        ``is_open(thing)``; what is not open is not closed again.
    size : callable
        ``size(thing)``: its bytes, or None where they are not known.
    parts : callable
        ``parts(thing)``: resources of its own that it closes itself. They are kept with it, and never closed before it.
    by_reference : bool
        Give `close` a weak reference in place of the thing, so that no frame of ours holds it.
    """

    __slots__ = ("by_reference", "close", "is_open", "parts", "size")

    def __init__(
        self,
        close: Callable[[Any, bool], str | Closed | None],
        is_open: Callable[[Any], bool] = lambda thing: True,
        size: Callable[[Any], int | None] = lambda thing: None,
        parts: Callable[[Any], Iterable[object]] = lambda thing: (),
        by_reference: bool = False,
    ) -> None:
        self.close = close
        self.is_open = is_open
        self.size = size
        self.parts = parts
        self.by_reference = by_reference


def by_method(thing: Any, failing: bool) -> None:
    """Call its ``close()``: the closer of most things."""
    thing.close()


_by_type: dict[type, Closer] = {}
_by_name: dict[str, Closer] = {}
_found: dict[type, Closer] = {}


def add(kind: type | str, closer: Closer) -> Callable[[], None]:
    """Put a closer into the table, for a type and its subclasses; the function that comes back takes it out again.

    Parameters
    ----------
    kind : type or str
        The type, or ``"module.Name"`` of one that is perhaps not imported yet.
    closer : Closer
        How its instances are closed.

    Returns
    -------
    callable
        Takes the closer out; what was there before is in force again.
    """
    table: dict[Any, Closer] = _by_name if isinstance(kind, str) else _by_type
    before = table.get(kind)
    table[kind] = closer
    _found.clear()

    def remove() -> None:
        if table.get(kind) is closer:
            if before is None:
                del table[kind]
            else:
                table[kind] = before
            _found.clear()

    return remove


def find(kind: type) -> Closer | None:
    """The closer of a type: its own, or that of its nearest base."""
    closer = _found.get(kind)
    if closer is None:
        for base in kind.__mro__:
            closer = _by_type.get(base) or _by_name.get(f"{base.__module__}.{base.__qualname__}")
            if closer is not None:
                _found[kind] = closer
                break
    return closer


def _known(kind: type) -> Closer | None:
    """As `find`, with the integrations of all libraries that the program has imported."""
    for module, name in constructions.INTEGRATIONS.items():
        if module in sys.modules:
            constructions.integration(name)
    return find(kind)


def close_one(thing: object, failing: bool = False) -> Closed:
    """Close a thing as the end of a scope does.

    Parameters
    ----------
    thing : object
        A resource of a kind that Drypoint or a `register_closer` knows.
    failing : bool
        Whether an exception is under way.

    Returns
    -------
    Closed
        What became of it.

    Raises
    ------
    BadArgument
        If nothing is known about closing things of this type.
    """
    from _weakref import ref

    closer = find(type(thing)) or _known(type(thing))
    name = type(thing).__name__
    if closer is None:
        raise BadArgument(
            f"no closer is known for {_title(type(thing))}: register one with dp.register_closer"
        )
    if not closer.is_open(thing):
        return Closed(name, already=True)
    size = closer.size(thing)
    if closer.by_reference:
        weak = ref(thing)
        del thing
        told = closer.close(weak, failing)
    else:
        told = closer.close(thing, failing)
    if isinstance(told, Closed):
        return told
    return Closed(name, freed_bytes=None if told else size, refused=told)


class Registration:
    """A closer in force; `remove` takes it out. Also a context manager that removes it at its end."""

    def __init__(self, title: str, remove: Callable[[], None]) -> None:
        self._title = title
        self._remove: Callable[[], None] | None = remove

    def remove(self) -> None:
        """Take the closer out of the table. Calling it again does nothing."""
        remove, self._remove = self._remove, None
        if remove is not None:
            remove()

    def __enter__(self) -> Registration:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def __repr__(self) -> str:
        return f"<closer of {self._title}{'' if self._remove else ', removed'}>"


def register_closer(type: type | str, function: Callable[..., object]) -> Registration:
    """Have scopes close things of another type too.

    Parameters
    ----------
    type : type or str
        The class, or ``"module.Name"`` of one that need not be imported yet. Instances made inside a scope from then on
        are closed at its end, those of subclasses too.
    function : callable
        Called with the thing; if it takes a second argument named ``failing``, this says whether an exception is under
        way. A text (str) that it returns is the reason why it left the thing alone, and shown in the report.

    Returns
    -------
    Registration
        Its ``remove()`` takes the closer out again.

    Raises
    ------
    BadArgument
        If it is no class, or one whose constructor cannot be seen.

    Examples
    --------
    >>> import drypoint as dp
    >>> class Camera:
    ...     def stop(self):
    ...         print("stopped")
    >>> registration = dp.register_closer(Camera, Camera.stop)
    >>> with dp.scope():
    ...     camera = Camera()
    stopped
    >>> registration.remove()
    """
    if not callable(function):
        raise BadArgument(f"function must be a function that closes a thing, not {function!r}")
    takes_failing = _takes_failing(function)

    def close(thing: Any, failing: bool) -> str | None:
        told = function(thing, failing=failing) if takes_failing else function(thing)
        return told if isinstance(told, str) else None

    if isinstance(type, str):
        module, _, name = type.rpartition(".")
        if not all(part.isidentifier() for part in type.split(".")) or not module:
            raise BadArgument(f'type must be a class or "module.Name", not {type!r}')
        remove = add(type, Closer(close))
        forget = constructions.wrap_named(module, name)
        title = type
    elif isinstance(type, _TYPE):
        forget = constructions.wrap_always(type)
        remove = add(type, Closer(close))
        title = _title(type)
    else:
        raise BadArgument(f'type must be a class or "module.Name", not {type!r}')

    def undo() -> None:
        remove()
        forget()

    return Registration(title, undo)


_TYPE = type


def _title(kind: type) -> str:
    """What a person calls a type."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _takes_failing(function: Callable[..., object]) -> bool:
    """Whether a function has a parameter called ``failing``."""
    from inspect import Parameter, signature

    try:
        parameter = signature(function).parameters.get("failing")
    except (TypeError, ValueError):  # a compiled function that does not say
        return False
    return parameter is not None and parameter.kind in (
        Parameter.KEYWORD_ONLY,
        Parameter.POSITIONAL_OR_KEYWORD,
    )
