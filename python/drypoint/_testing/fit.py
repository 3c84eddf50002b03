"""How fast a row of numbers grows, whatever single jumps there are in it."""

from __future__ import annotations

from statistics import median

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["growth", "slope"]


def slope(values: Sequence[int]) -> float:
    """The median of the slopes between all pairs (Theil and Sen): a jump at one place does not change it.

    Parameters
    ----------
    values : sequence of int
        Measured one after the other; two at least.

    Returns
    -------
    float
        Growth from one to the next.

    Examples
    --------
    >>> slope([0, 10, 20, 30, 40])
    10.0
    >>> slope([0, 900, 900, 900, 900])
    0.0
    """
    count = len(values)
    return float(median((values[j] - values[i]) / (j - i) for i in range(count) for j in range(i + 1, count)))


def growth(values: Sequence[int]) -> float:
    """Growth that goes on: the slope of all, or of the second half if that is less. Never below 0.

    Examples
    --------
    >>> growth([0, 10, 20, 30, 40, 50])
    10.0
    >>> growth([0, 10, 20, 30, 30, 30, 30])
    0.0
    """
    later = values[len(values) // 2 - 1 :]
    return max(0.0, min(slope(values), slope(later)))
