"""Where the least and greatest items of arrays are that are read chunk by chunk."""

from __future__ import annotations

from .._late import Late
from .reduced import Reduced, Reducible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import numpy as np

    _Array = np.ndarray[Any, Any]
    _Axis = int | tuple[int, ...] | None
else:
    np = Late("numpy")

__all__ = ["Places"]


class Places(Reducible):
    """The places of extremes, of equals the first in C order."""

    def argmin(self, axis: int | None = None, out: _Array | None = None, *, keepdims: bool = False) -> Any:
        """Where the least item is, the first of equals; where the first NaN is, if there is one.

        Parameters
        ----------
        axis : int, optional
            Along which axis; by default the place in C order among all.
        out, keepdims
            As for `sum`.

        Returns
        -------
        numpy.ndarray of int or int
            As `numpy.argmin` gives it.

        Raises
        ------
        ValueError
            If there are no items.
        """
        return self._place(np.argmin, np.less, axis, out, keepdims)

    def argmax(self, axis: int | None = None, out: _Array | None = None, *, keepdims: bool = False) -> Any:
        """Where the greatest item is, the first of equals; where the first NaN is, if there is one.

        Parameters
        ----------
        axis, out, keepdims
            As for `argmin`.

        Returns
        -------
        numpy.ndarray of int or int
            As `numpy.argmax` gives it.

        Raises
        ------
        ValueError
            If there are no items.
        """
        return self._place(np.argmax, np.greater, axis, out, keepdims)

    def _place(
        self,
        reduce: Callable[..., Any],
        better: np.ufunc,
        axis: int | None,
        out: _Array | None,
        keepdims: bool,
    ) -> Any:
        if self._is_empty:
            return self._of_nothing(reduce.__name__, axis=axis, out=out, keepdims=keepdims)
        whole = Reduced(self.shape, axis)
        best = np.empty(whole.kept, self.dtype)
        found = np.zeros(whole.kept, np.intp)
        for place, items in self.iter_chunks():
            where = whole.where(place)
            here = np.asarray(reduce(items, axis=axis, keepdims=True))
            if axis is None:
                inside = np.unravel_index(int(here.reshape(-1)[0]), items.shape)
                value = items[inside].reshape(whole.kept)
                outside = [at + part.start for at, part in zip(inside, place, strict=True)]
                flat = np.ravel_multi_index(outside, self.shape) if outside else 0
                number = np.full(whole.kept, flat, np.intp)
            else:
                value = np.take_along_axis(items, here, axis)
                number = here + place[whole.axes[0]].start
            if whole.is_first(place):
                best[where], found[where] = value, number
                continue
            before, known = best[where], found[where]
            wins = _wins(better, value, number, before, known)
            best[where] = np.where(wins, value, before)
            found[where] = np.where(wins, number, known)
        return whole.result(found, out, keepdims)


def _wins(better: np.ufunc, value: _Array, number: _Array, before: _Array, known: _Array) -> _Array:
    """Whether new values come before those known: what is not a number comes first, of equals the earlier one."""
    with np.errstate(invalid="ignore"):
        ahead: _Array = better(value, before) | ((value == before) & (number < known))
    if value.dtype.kind not in "fcmM":
        return ahead
    nothing = np.isnat if value.dtype.kind in "mM" else np.isnan
    new, old = nothing(value), nothing(before)
    found: _Array = np.where(new | old, new & (~old | (number < known)), ahead)
    return found
