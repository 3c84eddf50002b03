"""Checks of what callers give. Each names the argument, what is allowed and what came, and returns a plain value,
so that the compiled core is never asked with something that it cannot convert."""

from __future__ import annotations

import os
from _operator import index

from ._core import budget_bytes, nearest
from ._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    _T = TypeVar("_T")

__all__ = [
    "budget",
    "bytes_of",
    "choice",
    "color",
    "colors",
    "flag",
    "function",
    "number",
    "optional",
    "path",
    "span",
    "text",
    "whole",
]

#: Entries of a colour map that are looked at: more than a picture has colours.
_MAP_ENTRIES = 1024

#: More pixels, threads or rows of a batch than this are a slip of the pen.
MOST = 2**31 - 1


def optional(check: Callable[..., _T], value: Any, *rest: Any) -> _T | None:
    """None as it is, all else as `check` says."""
    return None if value is None else check(value, *rest)


def whole(value: Any, name: str, least: int = 0, most: int = MOST) -> int:
    """A whole number between two others."""
    try:
        found = index(value)
    except TypeError:
        found = None
    if found is None or isinstance(value, bool):
        raise BadArgument(f"{name} must be a whole number, not {value!r}")
    if found < least:
        raise BadArgument(f"{name} must be at least {least}, not {found}")
    if found > most:
        raise BadArgument(f"{name} must be at most {most}, not {found}")
    return found


def number(value: Any, name: str) -> float:
    """A number, and no text that looks like one."""
    try:
        if isinstance(value, str | bytes | bool):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise BadArgument(f"{name} must be a number, not {value!r}") from None


def span(value: Any, name: str) -> tuple[float, float]:
    """Two finite numbers, the lower first."""
    try:
        low, high = value
    except (TypeError, ValueError):
        raise BadArgument(f"{name} must be (low, high), not {value!r}") from None
    low, high = number(low, name), number(high, name)
    if not -float("inf") < low <= high < float("inf"):
        raise BadArgument(f"{name} must be two finite numbers, the lower first, not {value!r}")
    return low, high


def text(value: Any, name: str) -> str:
    """Text that can be written as UTF-8."""
    if not isinstance(value, str):
        raise BadArgument(f"{name} must be text (str), not {value!r}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadArgument(f"{name} holds characters that are no Unicode text: {value!r}") from None
    return value


def choice(value: Any, name: str, choices: Sequence[str]) -> str:
    """One of a few words."""
    if isinstance(value, str) and value in choices:
        return value
    close = nearest(value, list(choices)) if isinstance(value, str) and value.isprintable() else None
    hint = f" (did you mean {close!r}?)" if close else ""
    *others, last = map(repr, choices)
    listed = f"{', '.join(others)} or {last}" if others else last
    raise BadArgument(f"{name} must be {listed}, not {value!r}{hint}")


def flag(value: Any, name: str) -> bool:
    """True or False, also NumPy's."""
    if isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", None) == "b":
        return bool(value)
    raise BadArgument(f"{name} must be True or False, not {value!r}")


def function(value: Any, name: str) -> Any:
    """Something that can be called."""
    if not callable(value):
        raise BadArgument(f"{name} must be a function, not {value!r}")
    return value


def budget(value: Any, name: str) -> str:
    """Bytes, or a size such as ``"64MB"``, as the core reads it."""
    return text(value, name) if isinstance(value, str) else str(whole(value, name, 1, 2**63 - 1))


def bytes_of(value: Any, name: str) -> int:
    """A budget as bytes."""
    text = budget(value, name)
    try:
        return budget_bytes(text)
    except BadArgument as error:
        raise BadArgument(f"{name}: {error}") from None


def path(value: Any, name: str = "path") -> str:
    """A path that a file system can hold."""
    try:
        found = os.fsdecode(value)
        os.fsencode(found)
    except TypeError:
        raise BadArgument(f"{name} must be a str or a path, not {value!r}") from None
    except UnicodeEncodeError:
        raise BadArgument(f"{name} holds characters that no file's name has: {value!r}") from None
    if not found or "\0" in found:
        raise BadArgument(f"{name} must be the path of a file, not {value!r}")
    return found


def colors(value: Any, name: str) -> str | list[str] | dict[str, str]:
    """The name of a colour map or of one colour; a list of colours; a map of Matplotlib; or colours by category."""
    if isinstance(value, str):
        return text(value, name)
    if isinstance(value, dict):
        if not value:
            raise BadArgument(f"{name} is a dict without a category")
        return {text(key, f"a category of {name}"): color(shown, name) for key, shown in value.items()}
    if callable(value) and isinstance(getattr(value, "N", None), int):
        # A map of Matplotlib gives the color of each of its entries to a whole number.
        return [color(value(place), name) for place in range(min(value.N, _MAP_ENTRIES))]
    try:
        listed = list(value)
    except TypeError:
        listed = []
    if not listed:
        raise BadArgument(
            f"{name} must be the name of a colour map, a list of colours, a Colormap of Matplotlib or a dict of "
            f"category to colour, not {value!r}"
        )
    return [color(part, name) for part in listed]


def color(value: Any, name: str) -> str:
    """A colour as the core reads it: text, or red, green, blue and perhaps opacity from 0 to 1 (of bytes: to 255)."""
    if isinstance(value, str):
        return text(value, name)
    try:
        parts = [float(part) for part in value]
    except (TypeError, ValueError):
        parts = []
    most = 255 if getattr(getattr(value, "dtype", None), "kind", None) == "u" else 1
    if len(parts) not in (3, 4) or not all(0 <= part <= most for part in parts):
        raise BadArgument(
            f"{name}: {value!r} is no colour; give '#rrggbb', a CSS name, or 3 or 4 numbers from 0 to 1"
        )
    return "#" + "".join(f"{round(part * 255 / most):02x}" for part in parts)
