"""Numbers in a wider type than their values need: pixels divided by 255, float32 that became float64, small counts.

Whole numbers of a constant prove nothing (any fill fits a byte) and are passed over; a constant k/255 was a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

from .form import SMALLEST, Waste, array_text
from .sample import every_block, loaded, positions, sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["find"]

#: How far from a whole number a scaled value may be: float32 arithmetic leaves 2e-5, chance hits 2 of 10,000 values.
NEAR, EXACT = 1e-4, 1e-9
#: Evenly spaced numbers are an axis, made anew as easily: their type is rarely the matter.
RAMP_SURE = 0.3
#: Sides that a picture has at least.
SIDE, FLAT_SIDE = 8, 32


@dataclass(frozen=True, slots=True)
class Narrower:
    """A smaller type, the test that a block of values must pass, and how to say it."""

    dtype: str
    itemsize: int
    test: Callable[[Any], bool]
    why: str
    fix: str
    sure: float


def find(array: Any) -> Waste | None:
    """The waste of an array's type, or None."""
    if array.nbytes < SMALLEST or array.dtype.byteorder not in "=|":
        return None
    kind, itemsize = array.dtype.kind, array.dtype.itemsize
    with loaded("numpy").errstate(all="ignore"):
        seen = sample(array)
        if kind == "f" and itemsize >= 8:
            found = _of_floats(array, seen)
        elif kind in "iu" and itemsize == 8:
            found = _of_integers(array, seen)
        elif kind == "c" and itemsize >= 8:
            found = _of_complex(array, seen)
        else:
            return None
    if found is None:
        return None
    needed = array.size * found.itemsize
    sure = min(found.sure, RAMP_SURE) if _is_ramp(array, seen) else found.sure
    return Waste("dtype", array_text(array), int(array.nbytes), needed, found.why, found.fix, sure)


def _of_floats(array: Any, seen: Any) -> Narrower | None:
    if loaded("numpy").isnan(seen).all():
        return None
    forms = _float_forms(array)
    if (seen == seen[0]).all():
        forms = [scaled(255, 0, EXACT)] if 0 < seen[0] < 1 else []
    return next((form for form in forms if form.test(seen) and every_block(array, form.test)), None)


def _float_forms(array: Any) -> list[Narrower]:
    forms = [
        *(whole(dtype, array.dtype) for dtype in ("bool", "uint8", "int8")),
        scaled(255, 0),
        scaled(256, 0),
        scaled(127.5, -1),
        *(whole(dtype, array.dtype) for dtype in ("uint16", "int16")),
        scaled(65535, 0),
    ]
    if array.dtype.itemsize > 8:
        forms.append(rounded("float64", 8, 0.8))
        return forms
    forms += [rounded("float32", 4, 0.8), whole("int32", array.dtype)]
    if _is_picture(array):
        forms.append(shown())
    return forms


def _of_integers(array: Any, seen: Any) -> Narrower | None:
    if (seen == seen[0]).all():
        return None
    forms = (
        whole(name, array.dtype) for name in ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32")
    )
    return next((form for form in forms if form.test(seen) and every_block(array, form.test)), None)


def _of_complex(array: Any, seen: Any) -> Narrower | None:
    if (seen == seen[0]).all():
        return None
    half = array.dtype.itemsize // 2
    name = f"float{half * 8}"
    form = Narrower(
        name,
        half,
        lambda block: not block.imag.any(),
        f"its imaginary parts are all zero: {name} holds it",
        "Keep its `.real` part as a copy.",
        0.9,
    )
    return form if form.test(seen) and every_block(array, form.test) else None


def whole(name: str, now: Any) -> Narrower:
    """Whole numbers that a type of integers holds."""
    numpy = loaded("numpy")
    dtype = numpy.dtype(name)
    if name == "bool":
        low, high = 0, 1
        text = "its values are only 0 and 1: bool or uint8 holds them"
    else:
        limits = numpy.iinfo(dtype)
        low, high = int(limits.min), int(limits.max)
        text = f"its values are whole numbers {low}..{high}: {name} holds them"
    unsigned = now.kind == "u"

    def test(block: Any) -> bool:
        above = block.min() >= (max(low, 0) if unsigned else low)
        if not (above and block.max() <= high):  # false too where a value is NaN
            return False
        return now.kind != "f" or bool((block == numpy.floor(block)).all())

    pixels = dtype.itemsize == 1
    sure = (0.9 if pixels else 0.75) if now.kind == "f" else (0.8 if dtype.itemsize <= 2 else 0.7)
    if now.kind == "f" and dtype.itemsize == 4:
        sure = 0.6
    return Narrower(
        name, dtype.itemsize, test, text, f"Make it as {name} (`dtype=np.{name}`, `.astype`).", sure
    )


def scaled(factor: float, lowest: int, near: float = NEAR) -> Narrower:
    """Whole numbers divided by a factor; `lowest` is -1 for those around zero."""
    numpy = loaded("numpy")
    high = 65535 if factor == 65535 else 255
    name = "uint16" if high == 65535 else "uint8"

    def test(block: Any) -> bool:
        if not (block.min() >= lowest and block.max() <= 1):
            return False
        steps = (block - lowest) * factor
        places = numpy.rint(steps)
        return bool((abs(steps - places) <= near).all() and places.max() <= high)

    less = " less 1" if lowest else ""
    return Narrower(
        name,
        high.bit_length() // 8,
        test,
        f"its values are whole numbers 0..{high} divided by {factor}{less}: {name} holds them",
        f"Keep {name} and scale where it is used, or divide by np.float32({factor}) for float32.",
        0.95,
    )


def rounded(name: str, itemsize: int, sure: float) -> Narrower:
    """Values that a shorter float holds exactly."""
    numpy = loaded("numpy")
    shorter = numpy.dtype(name)

    def test(block: Any) -> bool:
        same = block.astype(shorter) == block
        return bool((same | numpy.isnan(block)).all())

    why = f"every value is exactly a {name}: it was made from one, or could be"
    return Narrower(name, itemsize, test, why, f"Keep it as {name} (`.astype(np.{name})`).", sure)


def shown() -> Narrower:
    """A picture in 0..1: 256 steps are shown, float32 has 16 million."""
    return Narrower(
        "float32",
        4,
        lambda block: bool((block.min() >= 0) & (block.max() <= 1)),
        "it looks like a picture (all values in 0..1): float32 is enough to show it",
        "Make it as float32 (`dtype=np.float32`), or uint8 if it is only shown.",
        0.5,
    )


def _is_ramp(array: Any, seen: Any) -> bool:
    """Whether the numbers are evenly spaced, as those of arange and linspace, and not all the same."""
    places = loaded("numpy").array(positions(array.size))
    first, last = complex(seen[0]), complex(seen[-1])
    if first == last:
        return False
    even = first + (last - first) * (places / places[-1])
    return bool((abs(seen - even) <= 1e-9 * abs(last - first)).all())


def _is_picture(array: Any) -> bool:
    shape: tuple[int, ...] = array.shape
    if len(shape) in (3, 4) and shape[-1] in (3, 4):
        return min(shape[-3:-1]) >= SIDE
    return len(shape) == 2 and min(shape) >= FLAT_SIDE
