"""Indices of sparse arrays: whole numbers and slices, one for each dimension."""

from __future__ import annotations

from .._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["expanded", "is_place", "picked", "refused"]


def picked(index: Any, length: int, axis: int) -> int | tuple[int, int, int]:
    """A whole number or a slice as a place, or as start, step and count."""
    if isinstance(index, slice):
        try:
            steps = range(*index.indices(length))
        except (TypeError, ValueError) as error:
            raise BadArgument(f"index of dimension {axis}: {error}") from None
        return steps.start if steps else 0, steps.step, len(steps)
    place = index.__index__()
    if not -length <= place < length:
        raise IndexError(f"index {place} is out of bounds for dimension {axis} of length {length}")
    return int(place) % length if place < 0 else int(place)


def is_place(index: Any) -> bool:
    """Whether it is a whole number, and neither a truth value nor an array."""
    return hasattr(index, "__index__") and not isinstance(index, bool) and getattr(index, "ndim", 0) == 0


def expanded(key: Any, ndim: int) -> list[Any]:
    """One index for each dimension, an ellipsis and what is left out as full slices."""
    keys = list(key) if isinstance(key, tuple) else [key]
    ellipses = [place for place, one in enumerate(keys) if one is Ellipsis]
    if len(ellipses) > 1:
        raise BadArgument("an index has one ellipsis at most")
    missing = ndim - (len(keys) - len(ellipses))
    if missing < 0:
        raise IndexError(f"{len(keys) - len(ellipses)} indices for an array of {ndim} dimensions")
    place = ellipses[0] if ellipses else len(keys)
    return keys[:place] + [slice(None)] * missing + keys[place + 1 :]


def refused(index: Any, what: str) -> BadArgument:
    """An index that a sparse array does not take."""
    return BadArgument(f"a sparse array is indexed by {what}, not by {type(index).__name__}")
