"""The limits of a norm that follow what is drawn. Limits that someone set by hand stay: they are told by being
others than those that were set here last."""

from __future__ import annotations

import numpy
from matplotlib.colors import LogNorm

from ._cells import filled
from ._norms import EqHistNorm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Fit"]


class Fit:
    """Fits a norm to cells.

    Parameters
    ----------
    norm : Normalize
        Those of its limits that are None follow the cells.
    follows : bool
        If not, it is someone else's norm: limits that it lacks are set once.
    """

    def __init__(self, norm: Any, follows: bool) -> None:
        self._norm: Any = norm if follows else None
        # True: not fitted yet; a number: what it was given; False: set by hand.
        self._low: Any = norm.vmin is None
        self._high: Any = norm.vmax is None

    def free(self, norm: Any) -> None:
        """Let both limits of a norm follow from now on."""
        self._norm, self._low, self._high = norm, True, True

    def to(self, cells: Any, norm: Any) -> None:
        """Fit the norm to cells, and tell its listeners if that changed it.

        Parameters
        ----------
        cells : ndarray, shape (height, width)
            Empty ones are left out.
        norm : Normalize
            The norm the artist has now.
        """
        there = cells[filled(cells)]
        if norm is not self._norm:
            norm.autoscale_None(there)
            if isinstance(norm, EqHistNorm):
                norm.fit(there)
            return
        low_free = _is_free(self._low, norm.vmin)
        high_free = _is_free(self._high, norm.vmax)
        low, high = _limits(there, norm)
        before = (norm.vmin, norm.vmax)
        with norm.callbacks.blocked():
            if low_free:
                norm.vmin = low
            if high_free:
                norm.vmax = high
            if isinstance(norm, EqHistNorm):
                norm.fit(there, lower=low_free)
        self._low = low_free and norm.vmin
        self._high = high_free and norm.vmax
        if before != (norm.vmin, norm.vmax) or isinstance(norm, EqHistNorm):
            norm.callbacks.process("changed")


def _is_free(given: Any, now: Any) -> bool:
    return given is True or (given is not False and given == now)


def _limits(there: Any, norm: Any) -> tuple[float, float]:
    """The ends of the values that this norm can place; never equal, so that single points have the colour of the top."""
    logarithmic = isinstance(norm, LogNorm)
    if logarithmic:
        there = there[there > 0]
    if there.dtype.kind == "f":
        there = there[numpy.isfinite(there)]
    if not len(there):
        return (1.0, 10.0) if logarithmic else (0.0, 1.0)
    low, high = float(there.min()), float(there.max())
    if low < high or isinstance(norm, EqHistNorm):
        return low, high
    return (high / 10, high) if logarithmic else (high - 1, high)
