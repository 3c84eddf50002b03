"""Sums, extremes and the like of arrays that are read chunk by chunk: each chunk is reduced alone, then the results.

The results are NumPy's, types included: exact for integers, within rounding for floats, whose chunks are added up in a
wider type where there is one.
"""

from __future__ import annotations

from .._late import Late
from .moments import Moments
from .places import Places
from .reduced import Reduced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import numpy as np
    from numpy.typing import DTypeLike

    _Array = np.ndarray[Any, Any]
    _Axis = int | tuple[int, ...] | None
else:
    np = Late("numpy")

__all__ = ["Reductions"]


class Reductions(Moments, Places):
    """The methods of an array that give less than the array. `np.sum(array)` and its like call them too."""

    def sum(
        self,
        axis: _Axis = None,
        dtype: DTypeLike | None = None,
        out: _Array | None = None,
        keepdims: bool = False,
    ) -> Any:
        """The sum over all items, or along axes.

        Parameters
        ----------
        axis : int or tuple of int, optional
            Which axes go; all by default.
        dtype : data-type, optional
            Of the result and of the adding; NumPy's choice by default.
        out : numpy.ndarray, optional
            Where to put the result.
        keepdims : bool
            Whether axes that go stay with length 1.

        Returns
        -------
        numpy.ndarray or scalar
            As `numpy.sum` gives it.

        Raises
        ------
        TypeError
            For items that cannot be added, such as instants.
        """
        return self._folded("sum", np.add, 0, axis, dtype, out, keepdims)

    def prod(
        self,
        axis: _Axis = None,
        dtype: DTypeLike | None = None,
        out: _Array | None = None,
        keepdims: bool = False,
    ) -> Any:
        """The product of all items, or along axes.

        Parameters
        ----------
        axis, dtype, out, keepdims
            As for `sum`.

        Returns
        -------
        numpy.ndarray or scalar
            As `numpy.prod` gives it.

        Raises
        ------
        TypeError
            For items that cannot be multiplied.
        """
        return self._folded("prod", np.multiply, 1, axis, dtype, out, keepdims)

    def min(self, axis: _Axis = None, out: _Array | None = None, keepdims: bool = False) -> Any:
        """The least item, or those along axes; NaN where there is one.

        Parameters
        ----------
        axis, out, keepdims
            As for `sum`.

        Returns
        -------
        numpy.ndarray or scalar
            As `numpy.min` gives it.

        Raises
        ------
        ValueError
            If there are no items.
        """
        return self._extreme("min", np.minimum, axis, out, keepdims)

    def max(self, axis: _Axis = None, out: _Array | None = None, keepdims: bool = False) -> Any:
        """The greatest item, or those along axes; NaN where there is one.

        Parameters
        ----------
        axis, out, keepdims
            As for `sum`.

        Returns
        -------
        numpy.ndarray or scalar
            As `numpy.max` gives it.

        Raises
        ------
        ValueError
            If there are no items.
        """
        return self._extreme("max", np.maximum, axis, out, keepdims)

    def ptp(self, axis: _Axis = None, out: _Array | None = None, keepdims: bool = False) -> Any:
        """The greatest item less the least one, or those along axes.

        Parameters
        ----------
        axis, out, keepdims
            As for `sum`.

        Returns
        -------
        numpy.ndarray or scalar
            As `numpy.ptp` gives it.

        Raises
        ------
        ValueError
            If there are no items.
        """
        whole = Reduced(self.shape, axis)
        most = self._extreme("max", np.maximum, axis, None, True)
        least = self._extreme("min", np.minimum, axis, None, True)
        return whole.result(np.subtract(most, least), out, keepdims)

    def _extreme(self, name: str, fold: np.ufunc, axis: _Axis, out: _Array | None, keepdims: bool) -> Any:
        reduce = getattr(np, name)
        if self._is_empty:
            return self._of_nothing(reduce.__name__, axis=axis, out=out, keepdims=keepdims)
        whole = Reduced(self.shape, axis)
        found = np.empty(whole.kept, self.dtype.newbyteorder("="))
        for place, items in self.iter_chunks():
            where = whole.where(place)
            least = reduce(items, axis=whole.axes, keepdims=True)
            # NumPy warns of NaN only when it compares, and so does not this.
            with np.errstate(invalid="ignore"):
                found[where] = least if whole.is_first(place) else fold(found[where], least)
        return whole.result(found, out, keepdims)

    def any(self, axis: _Axis = None, out: _Array | None = None, keepdims: bool = False) -> Any:
        """Whether any item is true, or along axes.

        Parameters
        ----------
        axis, out, keepdims
            As for `sum`.

        Returns
        -------
        numpy.ndarray or bool
            As `numpy.any` gives it.
        """
        return self._truth(np.any, np.logical_or, False, axis, out, keepdims)

    def all(self, axis: _Axis = None, out: _Array | None = None, keepdims: bool = False) -> Any:
        """Whether all items are true, or along axes.

        Parameters
        ----------
        axis, out, keepdims
            As for `sum`.

        Returns
        -------
        numpy.ndarray or bool
            As `numpy.all` gives it.
        """
        return self._truth(np.all, np.logical_and, True, axis, out, keepdims)

    def _truth(
        self,
        reduce: Callable[..., Any],
        fold: np.ufunc,
        first: bool,
        axis: _Axis,
        out: _Array | None,
        keepdims: bool,
    ) -> Any:
        whole = Reduced(self.shape, axis)
        found = np.full(whole.kept, first)
        for place, items in self.iter_chunks():
            where = whole.where(place)
            found[where] = fold(found[where], reduce(items, axis=whole.axes, keepdims=True))
            if not whole.kept_items and bool(found) is not first:
                break
        return whole.result(found, out, keepdims)

    def count_nonzero(self, axis: _Axis = None, keepdims: bool = False) -> Any:
        """How many items are not zero, or along axes.

        Parameters
        ----------
        axis, keepdims
            As for `sum`.

        Returns
        -------
        numpy.ndarray or int
            As `numpy.count_nonzero` gives it.
        """
        whole = Reduced(self.shape, axis)
        found = np.zeros(whole.kept, np.intp)
        for place, items in self.iter_chunks():
            found[whole.where(place)] += np.count_nonzero(items, axis=whole.axes, keepdims=True)
        return whole.result(found, None, keepdims)
