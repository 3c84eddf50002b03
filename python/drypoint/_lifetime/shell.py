"""What is left of a closed figure for whoever still holds it: an object that holds nothing and says that it is closed.

The object itself stays, since its holders do; its attributes go and its class becomes `ClosedShell`. It still claims its
old class, so ``isinstance``, comparing, hashing, printing and deleting are as harmless as before.
"""

from __future__ import annotations

from .._errors import FigureClosed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["ClosedShell", "Ending", "empty", "is_shell"]


class Ending:
    """When and by whom a figure was closed, shared by all that is left of it."""

    __slots__ = ("name", "place", "scope")

    def __init__(self, name: str, scope: str | None, place: str | None) -> None:
        self.name = name
        self.scope = scope
        self.place = place

    def told(self, kind: str, attribute: str) -> str:
        """What to tell somebody who uses it."""
        thing = self.name if kind == "Figure" else f"the figure of this {kind}"
        made = f" (made at {self.place})" if self.place else ""
        if self.scope is None:
            return f"{attribute}: {thing}{made} was closed by dp.close; use it before it is closed"
        return (
            f"{attribute}: {thing}{made} was closed at the end of scope {self.scope!r}; "
            "use it before the end, or keep it with scope.keep(figure)"
        )


#: Attributes that the interpreter and its tools ask of any object.
_HARMLESS = frozenset(
    {
        "__class__",
        "__doc__",
        "__module__",
        "__dir__",
        "__eq__",
        "__ne__",
        "__hash__",
        "__repr__",
        "__str__",
        "__format__",
        "__sizeof__",
        "__init_subclass__",
        "__subclasshook__",
        "__weakref__",
        "__reduce_ex__",  # found, so that pickling calls it and hears why it cannot
    }
)


class ClosedShell:
    """Stands in for an object of a closed figure. Any use raises `FigureClosed`."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return _names(self)["was"]  # type: ignore[no-any-return]

    def __getattribute__(self, name: str) -> Any:
        if name not in _HARMLESS:
            _refuse(self, name)
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        _refuse(self, name)

    def __delattr__(self, name: str) -> None:
        _refuse(self, name)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        _refuse(self, "__reduce_ex__")

    def __dir__(self) -> list[str]:
        return []

    def __repr__(self) -> str:
        return f"<closed {_names(self)['was'].__name__}>"


def _names(shell: ClosedShell) -> dict[str, Any]:
    return object.__getattribute__(shell, "__dict__")  # type: ignore[no-any-return]


def _refuse(shell: ClosedShell, attribute: str) -> NoReturn:
    names = _names(shell)
    raise FigureClosed(names["ending"].told(names["was"].__name__, attribute))


def is_shell(thing: object) -> bool:
    """Whether a thing is what is left of a closed one."""
    return type(thing) is ClosedShell


def empty(thing: Any, ending: Ending) -> bool:
    """Make a thing a shell: whatever it held is let go at once.

    Returns
    -------
    bool
        False if its layout does not allow another class, as with objects of GUI toolkits; then it is left as it is.
    """
    was = type(thing)
    if was is ClosedShell:
        return True
    try:
        names = object.__getattribute__(thing, "__dict__")
        object.__setattr__(thing, "__class__", ClosedShell)
    except (AttributeError, TypeError):
        return False
    held = names.copy()
    names.clear()
    names["was"] = was
    names["ending"] = ending
    held.clear()  # not before: what this sets free may look at the thing
    return True
