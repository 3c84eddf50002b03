"""Numbers as Python objects: a pointer of 8 bytes to an object of 24 or more, where an array needs 1 to 8.

The types of all items of a container are asked where that is quick; rows and points in it are sampled. An object that
is there many times (small whole numbers, one constant) counts once.
"""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass, field
from itertools import islice

from .form import Waste, number_text
from .sample import is_instance, positions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Numbers", "find", "number_bytes"]

#: Numbers, or texts, from which a container is worth a word.
FEWEST = 10_000
#: Items of which all types are asked (some 20 ns each), rows that are looked into, and how deep.
MOST_WHOLE, MOST_ROWS, DEEPEST = 2_000_000, 512, 3
#: The part of its bytes that an array gives back at least: one constant many times is only pointers.
LEAST_SAVED = 0.25
#: Distinct texts may be at most this part of the texts that there are.
REPEATED = 1 / 8


@dataclass(slots=True)
class Numbers:
    """What a sample of numbers shows."""

    low: int = 0
    high: int = 0
    has_float: bool = False
    has_complex: bool = False
    has_none: bool = False
    identities: set[int] = field(default_factory=set)
    seen: int = 0
    object_bytes: int = 0

    def add(self, items: Iterable[Any]) -> bool:
        """Look at some; False where one is no number."""
        for item in items:
            kind = type(item)
            if kind is int:
                self.low, self.high = min(self.low, item), max(self.high, item)
            elif kind is float or is_instance(item, "numpy", "floating"):
                self.has_float = True
            elif kind is complex or is_instance(item, "numpy", "complexfloating"):
                self.has_complex = True
            elif is_instance(item, "numpy", "integer"):
                self.low, self.high = min(self.low, int(item)), max(self.high, int(item))
            elif item is None:
                self.has_none = True
            else:
                return False
            self.seen += 1
            if id(item) not in self.identities:
                self.identities.add(id(item))
                self.object_bytes += sys.getsizeof(item)
        return True

    def boxes(self, count: int) -> int:
        """Bytes of the objects of `count` such numbers."""
        if not self.seen:
            return 0
        if len(self.identities) < self.seen / 2:  # few objects, many pointers to them
            return self.object_bytes
        return self.object_bytes * count // self.seen

    @property
    def itemsize(self) -> int:
        """Bytes of one number in an array; 0 where no type holds them all."""
        return number_bytes(self.low, self.high, self.has_float or self.has_none, self.has_complex)

    @property
    def word(self) -> str:
        """The numbers, as one says it."""
        return "complex numbers" if self.has_complex else "floats" if self.has_float else "ints"


def number_bytes(low: int, high: int, has_float: bool, has_complex: bool) -> int:
    """Bytes of the smallest type for whole numbers from `low` to `high`, with or without floats among them."""
    if has_complex:
        return 16
    if has_float:
        return 8 if low >= -(2**53) and high <= 2**53 else 0
    for size in (1, 2, 4, 8):
        if (low >= 0 and high < 256**size) or (low >= -(256**size) // 2 and high < 256**size // 2):
            return size
    return 0


def find(thing: object) -> Waste | None:
    """The waste of a list, tuple, deque, set or dict of numbers, of rows of numbers, or of equal texts; or None."""
    if type(thing) is dict:
        return _in_dict(thing)
    if not _is_container(thing) or not len(thing):  # type: ignore[arg-type]
        return None
    things: Any = thing
    first = next(iter(things))
    if isinstance(first, (list, tuple)):
        return _rows(things, len(things), sys.getsizeof(things), type(things).__name__)
    if type(first) is str:
        return _texts(things)
    return _flat(things)


def _flat(things: Any) -> Waste | None:
    count = len(things)
    numbers = Numbers()
    if count < FEWEST or not numbers.add(_some(things)) or not _all_numbers(things) or not numbers.itemsize:
        return None
    if not numbers.has_float and not numbers.has_complex and count <= MOST_WHOLE and not numbers.has_none:
        numbers.low, numbers.high = (
            int(min(things)),
            int(max(things)),
        )  # the sample may have missed the largest
        if not numbers.itemsize:
            return None
    now = sys.getsizeof(things) + numbers.boxes(count)
    is_set = isinstance(things, (set, frozenset))
    better = "a sorted NumPy array (np.unique, np.isin)" if is_set else "a NumPy array or array.array"
    return _told(
        f"{type(things).__name__} of {number_text(count)} {numbers.word}", now, count, numbers, better
    )


def _in_dict(things: dict[Any, Any]) -> Waste | None:
    if not things:
        return None
    count = len(things)
    values = things.values()
    if isinstance(next(iter(values)), (list, tuple)):
        return _rows(values, count, sys.getsizeof(things), "dict")
    numbers, keys = Numbers(), Numbers()
    if count < FEWEST or not numbers.add(_some(values)) or not _all_numbers(values) or not numbers.itemsize:
        return None
    now = sys.getsizeof(things) + numbers.boxes(count)
    what = f"dict of {number_text(count)} {numbers.word}"
    if keys.add(_some(things)) and keys.itemsize and not keys.has_none:
        needed = count * (numbers.itemsize + keys.itemsize)
        better, sure = "two NumPy arrays (sorted keys, values) or one that is indexed by the key", 0.7
        now += keys.boxes(count)
    else:  # the keys stay as they are, one pointer each
        needed = count * (numbers.itemsize + 8)
        better, sure = "a pandas Series, or an array of the values beside the list of keys", 0.5
    return Waste("boxed", what, now, needed, _why(now, count, numbers), f"Keep it as {better}.", sure)


def _rows(rows: Any, length: int, own: int, name: str) -> Waste | None:
    numbers = Numbers()
    found = _look(rows, length, numbers, 1)
    if found is None or not numbers.seen:
        return None
    count, boxes, inner = found
    if count < FEWEST or not numbers.itemsize:
        return None
    now = own + boxes + numbers.boxes(count)
    word = numbers.word
    if inner:
        shape = "×".join(map(number_text, (length, *inner)))
        what = f"{name} of {number_text(length)} rows of {'×'.join(map(number_text, inner))} {word}"
        return _told(what, now, count, numbers, f"a NumPy array of {shape}")
    what = f"{name} of {number_text(length)} rows, {number_text(count)} {word}"
    return _told(what, now, count, numbers, "one NumPy array and its offsets", 8 * length)


def _look(rows: Any, length: int, numbers: Numbers, depth: int) -> tuple[int, int, tuple[int, ...]] | None:
    """Numbers in rows (and in rows of rows), bytes of the rows themselves, and the shape of a row, if all have one."""
    if depth > DEEPEST:
        return None
    some = list(_some(rows, MOST_ROWS if depth == 1 else MOST_ROWS // 32))
    if not all(isinstance(row, (list, tuple)) for row in some):
        return None
    count = boxes = 0
    shapes = set()
    each = max(4096 // len(some), 4)
    for row in some:
        boxes += sys.getsizeof(row)
        if row and isinstance(row[0], (list, tuple)):
            inner = _look(row, len(row), numbers, depth + 1)
            if inner is None:
                return None
            count, boxes = count + inner[0], boxes + inner[1]
            shapes.add((len(row), *inner[2]) if inner[2] else ())
        elif numbers.add(_some(row, each)):
            count += len(row)
            shapes.add((len(row),))
        else:
            return None
    scale = length / len(some)
    return round(count * scale), round(boxes * scale), shapes.pop() if len(shapes) == 1 else ()


def _texts(things: Any) -> Waste | None:
    count = len(things)
    if count < FEWEST:
        return None
    some = list(_some(things))
    if any(type(item) is not str for item in some):
        return None
    distinct, objects = len(set(some)), len(set(map(id, some)))
    if distinct > objects * REPEATED or objects < len(some) / 2:
        return None
    size = sum(map(sys.getsizeof, some)) // len(some)
    now, needed = sys.getsizeof(things) + count * size, sys.getsizeof(things) + distinct * size
    why = f"{number_text(len(some))} of them that were looked at are only {number_text(distinct)} different texts"
    fix = "Pass each through sys.intern, or keep a pandas Categorical, so that equal texts are one object."
    return Waste(
        "strings", f"{type(things).__name__} of {number_text(count)} texts", now, needed, why, fix, 0.7
    )


def _told(what: str, now: int, count: int, numbers: Numbers, better: str, beside: int = 0) -> Waste | None:
    needed = count * numbers.itemsize + beside
    if now - needed < LEAST_SAVED * now:
        return None
    return Waste("boxed", what, now, needed, _why(now, count, numbers), f"Keep them in {better}.", 0.9)


def _why(now: int, count: int, numbers: Numbers) -> str:
    none = ", with NaN for None" if numbers.has_none else ""
    return f"each number takes {now / count:.0f} bytes as a Python object; an array needs {numbers.itemsize}{none}"


def _is_container(thing: object) -> bool:
    return type(thing) in (list, tuple, set, frozenset, deque)


def _some(things: Any, most: int = 4096) -> Iterable[Any]:
    count = len(things)
    if isinstance(things, (list, tuple)):
        return [things[place] for place in positions(count, most)]
    return list(islice(things, 0, None, max(count // most, 1)))  # no index: walked once, at the speed of C


def _all_numbers(things: Any) -> bool:
    if len(things) > MOST_WHOLE:
        return True
    return all(
        kind in (int, float, complex, type(None)) or _is_scalar(kind) for kind in set(map(type, things))
    )


def _is_scalar(kind: type) -> bool:
    number = getattr(sys.modules.get("numpy"), "number", None)
    return isinstance(number, type) and issubclass(kind, number)
