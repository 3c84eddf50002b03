"""A small view that keeps a large array alive. It is asked first: what a view shows matters less than what it holds."""

from __future__ import annotations

import sys

from .form import SMALLEST, Waste, array_text
from .sample import is_array, is_mapped, owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["find"]

#: A view of at most this part of its base is small.
PART = 1 / 8


def find(array: Any) -> Waste | None:
    """The waste of a view, or None. Who else holds the base cannot be seen from here, only that somebody does."""
    # The view's own reference and the argument; more, and the base is in use besides.
    others = array.base is not None and sys.getrefcount(array.base) > 2
    base, size = owner(array)
    if base is array or size < SMALLEST or array.nbytes > size * PART or is_mapped(array):
        return None
    shape = array_text(base) if is_array(base) else f"{type(base).__name__} of {size:,} bytes"
    return Waste(
        "view",
        f"view, {array_text(array)}",
        size,
        int(array.nbytes),
        f"it shows 1/{size // max(array.nbytes, 1)} of the {shape} that it keeps alive",
        "Store a copy of the part (`.copy()`), so that the whole can go.",
        0.5 if others else 0.95,
    )
