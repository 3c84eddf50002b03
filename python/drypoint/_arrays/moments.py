"""Means and spreads of arrays that are read chunk by chunk, in one pass."""

from __future__ import annotations

from .._late import Late
from .reduced import Reduced, Reducible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import DTypeLike

    _Array = np.ndarray[Any, Any]
    _Axis = int | tuple[int, ...] | None
else:
    np = Late("numpy")

__all__ = ["Moments"]


class Moments(Reducible):
    """Mean, variance and standard deviation."""

    def mean(
        self,
        axis: _Axis = None,
        dtype: DTypeLike | None = None,
        out: _Array | None = None,
        keepdims: bool = False,
    ) -> Any:
        """The mean of all items, or along axes.

        Parameters
        ----------
        axis, dtype, out, keepdims
            As for `sum`.

        Returns
        -------
        numpy.ndarray or scalar
            As `numpy.mean` gives it; NaN, with NumPy's warning, where there are no items.

        Raises
        ------
        TypeError
            For items that cannot be added.
        """
        if self._is_empty:
            return self._of_nothing("mean", axis=axis, dtype=dtype, out=out, keepdims=keepdims)
        whole = Reduced(self.shape, axis)
        if self.dtype.kind in "mM":
            total = self._folded("sum", np.add, 0, axis, dtype, None, True)
            return whole.result(np.asarray(total / whole.each), out, keepdims)
        kind = np.mean(np.zeros(1, self.dtype), dtype=dtype).dtype
        wide = np.complex128 if kind.kind == "c" else np.float64
        total = self._folded("sum", np.add, 0, axis, wide, None, True)
        with np.errstate(over="ignore", invalid="ignore"):
            return whole.result(np.asarray(total / whole.each).astype(kind), out, keepdims)

    def var(
        self,
        axis: _Axis = None,
        dtype: DTypeLike | None = None,
        out: _Array | None = None,
        ddof: float = 0,
        keepdims: bool = False,
    ) -> Any:
        """The variance of all items, or along axes, in one pass.

        Parameters
        ----------
        axis, dtype, out, keepdims
            As for `sum`.
        ddof : float
            The divisor is the number of items less this.

        Returns
        -------
        numpy.ndarray or scalar
            As `numpy.var` gives it.

        Raises
        ------
        TypeError
            For items that have no variance.
        """
        if self._is_empty:
            return self._of_nothing("var", axis=axis, dtype=dtype, out=out, ddof=ddof, keepdims=keepdims)
        variance: Any = np.var
        kind = variance(np.zeros(1, self.dtype), dtype=dtype).dtype
        wide = np.complex128 if self.dtype.kind == "c" else np.float64
        whole = Reduced(self.shape, axis)
        count = np.zeros(whole.kept)
        mean = np.zeros(whole.kept, wide)
        spread = np.zeros(whole.kept)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for place, items in self.iter_chunks():
                where = whole.where(place)
                more = items.astype(wide, copy=False)
                number = float(np.prod([more.shape[axis] for axis in whole.axes], dtype=np.int64))
                own = more.mean(axis=whole.axes, keepdims=True)
                # Chan, Golub and LeVeque: two parts are one by their counts, means and spreads.
                apart, all_of_both = own - mean[where], count[where] + number
                spread[where] += (np.abs(more - own) ** 2).sum(axis=whole.axes, keepdims=True)
                spread[where] += np.abs(apart) ** 2 * (count[where] * number / all_of_both)
                mean[where] += apart * (number / all_of_both)
                count[where] = all_of_both
            if whole.each <= ddof:
                import warnings

                warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
            found = np.true_divide(spread, max(whole.each - ddof, 0))
            return whole.result(found.astype(kind), out, keepdims)

    def std(
        self,
        axis: _Axis = None,
        dtype: DTypeLike | None = None,
        out: _Array | None = None,
        ddof: float = 0,
        keepdims: bool = False,
    ) -> Any:
        """The standard deviation of all items, or along axes, in one pass.

        Parameters
        ----------
        axis, dtype, out, keepdims, ddof
            As for `var`.

        Returns
        -------
        numpy.ndarray or scalar
            As `numpy.std` gives it.

        Raises
        ------
        TypeError
            For items that have no variance.
        """
        found = np.sqrt(self.var(axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims))
        if out is None:
            return found
        out[...] = found
        return out
