"""Arrays in which every row, or every column, is the same: the full coordinates of a grid.

Only numbers of eight bytes are asked, and only where they change along the row: pixels may well be a plain ramp, and one
constant is a cleared buffer.
"""

from __future__ import annotations

from .form import Waste, array_text, number_text
from .sample import BLOCK, LARGEST_WHOLE, loaded, positions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["find"]

SMALLEST = 2**20
#: So often something has to be repeated.
OFTEN = 16
#: A few elements are compared first.
FIRST = 512


def find(array: Any) -> Waste | None:
    """The waste of an array's repetitions, or None."""
    if array.nbytes < SMALLEST or array.ndim < 2 or array.dtype.kind not in "fi" or array.itemsize != 8:
        return None
    for axis in range(array.ndim):
        if array.shape[axis] >= OFTEN and _repeats(array, axis):
            return _waste(array, axis)
    return None


def _repeats(array: Any, axis: int) -> bool:
    numpy = loaded("numpy")
    index = tuple(slice(0, 1) if number == axis else slice(None) for number in range(array.ndim))
    repeated = numpy.broadcast_to(array[index], array.shape)
    places = positions(array.size, FIRST)
    seen = array.flat[places]
    if (seen == seen[0]).all() or not (seen == repeated.flat[places]).all():
        return False
    if array.nbytes > LARGEST_WHOLE:
        places = positions(array.size)
        return bool((array.flat[places] == repeated.flat[places]).all())
    flags = ["external_loop", "buffered"]
    pairs = numpy.nditer([array, repeated], flags=flags, order="K", buffersize=BLOCK)
    return all((one == other).all() for one, other in pairs)


def _waste(array: Any, axis: int) -> Waste:
    times = array.shape[axis]
    which = ("rows", "columns")[axis] if array.ndim == 2 else f"slices along axis {axis}"
    return Waste(
        "repeated",
        array_text(array),
        int(array.nbytes),
        int(array.nbytes) // times,
        f"its {number_text(times)} {which} are all the same, as the coordinates that np.meshgrid makes",
        "Keep one of them and let NumPy repeat it: np.meshgrid(..., sparse=True), np.ogrid, or np.broadcast_to.",
        0.75,
    )
