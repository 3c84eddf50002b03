"""Growth by copying: an array that is made again, a little larger, at each step of a loop."""

from __future__ import annotations

from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["growing"]

#: Sizes that make a row, the part of steps that must rise, and the part that may start anew.
FEWEST, RISING, ANEW = 5, 0.9, 0.25


def growing(sizes: Sequence[int]) -> bool:
    """Whether successive allocations at one line rise nearly each time, as with ``x = np.append(x, item)`` in a loop.

    Parameters
    ----------
    sizes : sequence of int
        Bytes, in the order of time.

    Returns
    -------
    bool
        False for fewer than 5 sizes. A fall back to where it began starts the row anew, and does not count against it.

    Examples
    --------
    >>> from drypoint._watch import waste
    >>> waste.growing([100, 200, 300, 400, 500, 600])
    True
    >>> waste.growing([100, 200, 100, 200, 100, 200])
    False
    """
    if len(sizes) < FEWEST:
        return False
    start = max(sizes[:2])
    steps = list(pairwise(sizes))
    rises = sum(1 for before, after in steps if after > before)
    anew = sum(1 for before, after in steps if after < before and after <= start)
    if anew > ANEW * len(steps):
        return False
    return rises >= RISING * (len(steps) - anew)
