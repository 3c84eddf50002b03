"""Arrays and columns of Python objects that are numbers: a pointer and a box for each, and no arithmetic in C."""

from __future__ import annotations

from .boxed import Numbers
from .form import SMALLEST, Waste, array_text, number_text
from .records import headers
from .sample import is_array, is_instance, positions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["find", "in_table"]


def find(array: Any) -> Waste | None:
    """The waste of an array of objects, or None where they are no numbers, nor arrays of one shape."""
    if array.dtype != object or not array.size:
        return None
    items = array.flat
    places = positions(array.size)
    if is_array(items[0]):
        return _of_arrays(array, [items[place] for place in places])
    found = _of_numbers([items[place] for place in places], array.size)
    if found is None or found[0] < SMALLEST:
        return None
    now, needed, better = found
    return Waste(
        "object",
        array_text(array),
        now,
        needed,
        f"its items are numbers, each a Python object of its own: {better} holds them",
        f"Give the type when it is made (`dtype=np.{better}`), or `.astype(np.{better})`.",
        0.85,
    )


def in_table(thing: object) -> Waste | None:
    """The waste of the columns of a frame, a column or an index of pandas that hold numbers as objects; or None."""
    if is_instance(thing, "pandas", "DataFrame"):
        frame: Any = thing
        columns = [(name, frame.iloc[:, place]) for place, name in enumerate(frame.columns)]
    elif is_instance(thing, "pandas", "Series"):
        series: Any = thing
        columns = [(series.name, series)]
    else:
        return None
    names, now, needed, rows = [], 0, 0, len(columns[0][1]) if columns else 0
    for name, column in columns:
        if column.dtype != object or not rows:
            continue
        items = column.array
        found = _of_numbers([items[place] for place in positions(rows)], rows)
        if found is not None:
            names.append(str(name))
            now, needed = now + found[0], needed + found[1]
    if now < SMALLEST:
        return None
    one = len(names) == 1
    what = f"{type(thing).__name__} of {number_text(rows)} rows, column{'' if one else 's'} {', '.join(names[:5])}"
    why = f"dtype object, but {'its' if one else 'their'} items are numbers, each a Python object of its own"
    return Waste(
        "object", what, now, needed, why, "Convert with pandas.to_numeric, or give dtype= when reading.", 0.85
    )


def _of_numbers(some: list[Any], count: int) -> tuple[int, int, str] | None:
    numbers = Numbers()
    if not numbers.add(some) or numbers.seen == 0 or not numbers.itemsize:
        return None
    if len({id(item) for item in some}) == 1 and some[0] is None:
        return None
    size = numbers.itemsize
    if numbers.has_complex:
        better = "complex128"
    elif numbers.has_float or numbers.has_none:
        better = "float64"
    else:
        size = max(size, 4)  # the sample may have missed the largest
        better = f"int{size * 8}"
    return 8 * count + numbers.boxes(count), size * count, better


def _of_arrays(array: Any, some: list[Any]) -> Waste | None:
    header_bytes = headers(some, array.size)
    first = some[0]
    if header_bytes is None or header_bytes + array.size * (8 + int(first.nbytes)) < SMALLEST:
        return None
    needed = array.size * int(first.nbytes)
    return Waste(
        "object",
        array_text(array),
        needed + header_bytes + array.size * 8,
        needed,
        f"its items are arrays of one shape ({array_text(first)}), each with a header of its own",
        "Put them in one array with np.stack.",
        0.8,
    )
