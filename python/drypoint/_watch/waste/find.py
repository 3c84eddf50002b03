"""One thing in, one waste or none out; of several, the one that would give back most, weighed by how sure it is."""

from __future__ import annotations

from . import boxed, drawn, objects, records, repeated, text, values, views, zeros
from .form import SMALLEST, Waste
from .sample import is_array, is_mapped, plain, resident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["find"]

#: An array of which less than this part was ever written takes less than it seems to.
WRITTEN = 0.5


def find(thing: object) -> Waste | None:
    """Say whether the form of a thing wastes memory.

    The thing is not changed, nor copied: some thousand elements are looked at, and all of them, in blocks, only where
    those agree and the array has at most 64 MiB.

    Parameters
    ----------
    thing : object
        An array, a text, a container of numbers or texts, a frame or column of pandas, or an artist of Matplotlib.
        For all else there is nothing to say.

    Returns
    -------
    Waste or None
        None also where another thread changes the thing meanwhile, or where it cannot be looked at.

    Examples
    --------
    >>> import numpy as np
    >>> from drypoint._watch import waste
    >>> found = waste.find(np.arange(60_000).reshape(100, 200, 3) % 256 / 255.0)
    >>> found.kind, found.what, found.bytes, found.needed
    ('dtype', 'float64 array of 100×200×3', 480000, 60000)
    >>> found.why
    'its values are whole numbers 0..255 divided by 255: uint8 holds them'
    """
    try:
        if is_array(thing):
            return _in_array(thing)
        if isinstance(thing, str | bytes):
            return text.find(thing)
        return boxed.find(thing) or records.find(thing) or drawn.find(thing) or objects.in_table(thing)
    except (
        Exception
    ):  # the program's own things answer here, in any state and from any thread: no answer is no finding
        return None


def _in_array(array: Any) -> Waste | None:
    found = views.find(array)
    if found is not None or array.nbytes < SMALLEST:
        return found
    held = plain(array)
    if held.dtype.hasobject:
        return objects.find(held)
    if 0 in held.strides or is_mapped(array):
        return None
    there = resident(held)
    if there < WRITTEN * held.nbytes:
        return None
    forms = (values.find(held), zeros.find(held, there), repeated.find(held))
    candidates = [found for found in forms if found is not None]
    return max(candidates, key=lambda found: found.saved * found.sure, default=None)
