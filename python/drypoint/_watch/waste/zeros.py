"""Arrays that are nearly all zero: layers, masks, matrices of which a corner is used."""

from __future__ import annotations

from .form import Waste, array_text
from .sample import LARGEST_WHOLE, every_block, loaded, sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["find"]

SMALLEST = 2**20
#: From this part of zeros on; and from which on there is no doubt, except in a picture, which may well be black.
PART, NEARLY_ALL = 0.95, 0.99
DOUBTFUL, SURE = 0.6, 0.75
#: What a sparse array keeps with each value: where it is.
INDEX = 8


def find(array: Any, resident: int) -> Waste | None:
    """The waste of an array's zeros, or None; `resident` is how many of its bytes are in memory."""
    if array.nbytes < SMALLEST or array.dtype.kind not in "biufc":
        return None
    count_nonzero = loaded("numpy").count_nonzero
    seen = sample(array)
    share = int(count_nonzero(seen)) / seen.size
    if share > 1 - PART:
        return None
    filled = 0

    def count(block: Any) -> bool:
        nonlocal filled
        filled += int(count_nonzero(block))
        return bool(filled <= (1 - PART) * array.size)

    if not every_block(array, count):
        return None
    if array.nbytes > LARGEST_WHOLE:  # only the sample was counted
        filled = round(share * array.size)
    needed = filled * (array.itemsize + INDEX)
    if needed > resident / 2:
        return None
    zero = (
        "all of its values are zero"
        if not filled
        else f"{1 - filled / array.size:.1%} of its values are zero"
    )
    return Waste(
        "zeros",
        array_text(array),
        resident,
        needed,
        zero,
        "Keep only the part that is filled, with its place, or a sparse array (scipy.sparse).",
        SURE if 0 < filled <= (1 - NEARLY_ALL) * array.size and not _is_shown(array) else DOUBTFUL,
    )


def _is_shown(array: Any) -> bool:
    """Whether it has the form of pixels."""
    return array.dtype.kind == "u" and array.itemsize == 1 and (array.ndim > 2 and array.shape[-1] in (3, 4))
