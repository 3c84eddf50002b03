"""Many small things of one form in a list: dicts with the same keys, arrays of one shape. Each has its own header."""

from __future__ import annotations

import sys

from .boxed import FEWEST, Numbers
from .form import Waste, array_text, number_text
from .sample import is_array, positions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["find", "headers"]

#: The part of an array's bytes that its header is at least.
LEAST_SAVED = 0.25


def find(thing: object) -> Waste | None:
    """The waste of a list or tuple of such things, or None."""
    if type(thing) not in (list, tuple):
        return None
    things: Any = thing
    count = len(things)
    if not count:
        return None
    some = [things[place] for place in positions(count)]
    name = f"{type(things).__name__} of {number_text(count)}"
    if type(some[0]) is dict:
        return _dicts(things, some, name)
    if is_array(some[0]) and count >= FEWEST:
        return _arrays(things, some, name)
    return None


def _dicts(things: Any, some: list[Any], name: str) -> Waste | None:
    keys = list(some[0]) if some else []
    if not keys or len(things) * len(keys) < FEWEST:
        return None
    if any(type(item) is not dict or item.keys() != some[0].keys() for item in some):
        return None
    if len({id(item) for item in some}) < len(some):
        return None
    columns = [Numbers() for _ in keys]
    for key, numbers in zip(keys, columns, strict=True):
        if not numbers.add([item[key] for item in some]) or not numbers.itemsize:
            return None
    count = len(things)
    each = sum(map(sys.getsizeof, some)) // len(some)
    now = sys.getsizeof(things) + count * each + sum(numbers.boxes(count) for numbers in columns)
    needed = count * sum(
        numbers.itemsize if numbers.has_float else max(numbers.itemsize, 4) for numbers in columns
    )
    shown = ", ".join(map(str, keys[:5])) + (", …" if len(keys) > 5 else "")
    why = (
        f"each is a dict of {each} bytes with the same keys ({shown}) and numbers; "
        f"a row of a table needs {needed // count}"
    )
    fix = "Keep one array for each key, a structured array, or a DataFrame."
    return Waste("boxed", f"{name} dicts", now, needed, why, fix, 0.85)


def _arrays(things: Any, some: list[Any], name: str) -> Waste | None:
    found = headers(some, len(things))
    if found is None:
        return None
    first = some[0]
    needed = len(things) * int(first.nbytes)
    now = sys.getsizeof(things) + needed + found
    why = f"each of them has a header of {found // len(things)} bytes for {first.nbytes} bytes of numbers"
    what = f"{name} arrays ({array_text(first)})"
    return Waste("boxed", what, now, needed, why, "Put them in one array with np.stack.", 0.8)


def headers(some: list[Any], count: int) -> int | None:
    """Bytes of the headers of `count` arrays like some; None where they differ, or the headers are the smaller part."""
    first = some[0]
    if any(not is_array(item) or item.shape != first.shape or item.dtype != first.dtype for item in some):
        return None
    if first.dtype.hasobject or len({id(item) for item in some}) < len(some):
        return None
    header = sys.getsizeof(first) - (int(first.nbytes) if first.base is None else 0)
    return count * header if header >= LEAST_SAVED * (header + int(first.nbytes)) else None
