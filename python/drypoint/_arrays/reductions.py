"""Sums, extremes and the like of arrays that are read chunk by chunk: each chunk is reduced alone, then the results.

The results are NumPy's, types included: exact for integers, within rounding for floats, whose chunks are added up in a
wider type where there is one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from .._late import Late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    import numpy as np
    from numpy.typing import DTypeLike

    _Array = np.ndarray[Any, Any]
    _Axis = int | tuple[int, ...] | None
else:
    np = Late("numpy")

__all__ = ["Reductions"]


class Reductions(ABC):
    """The methods of an array that give less than the array. `np.sum(array)` and its like call them too."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Items along each axis."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """Type of the items."""

    @abstractmethod
    def iter_chunks(self) -> Iterator[tuple[tuple[slice, ...], _Array]]:
        """Each chunk's place and items."""

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

    def _folded(
        self,
        name: str,
        fold: np.ufunc,
        first: int,
        axis: _Axis,
        dtype: DTypeLike | None,
        out: _Array | None,
        keepdims: bool,
    ) -> Any:
        reduce = getattr(np, name)
        kind = reduce(np.empty(0, self.dtype), dtype=dtype).dtype
        # Half and single precision would lose digits from chunk to chunk.
        wide = (
            np.dtype(np.float64)
            if kind.kind == "f"
            else np.dtype(np.complex128)
            if kind.kind == "c"
            else kind
        )
        adds_in = None if kind.kind in "mM" else wide
        whole = Reduced(self.shape, axis)
        found = np.zeros(whole.kept, wide)
        if first:
            found[...] = first
        for place, items in self.iter_chunks():
            where = whole.where(place)
            with np.errstate(over="ignore", invalid="ignore"):
                found[where] = fold(
                    found[where], reduce(items, axis=whole.axes, dtype=adds_in, keepdims=True)
                )
        with np.errstate(over="ignore"):
            return whole.result(found.astype(kind, copy=False), out, keepdims)

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

    @property
    def _is_empty(self) -> bool:
        return 0 in self.shape

    def _of_nothing(self, name: str, **options: Any) -> Any:
        """What NumPy says of an array of this shape without items, or how it refuses."""
        return getattr(np, name)(np.empty(self.shape, self.dtype), **options)


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


class Reduced:
    """Which axes of a shape go, and where the results of a chunk belong."""

    def __init__(self, shape: tuple[int, ...], axis: _Axis) -> None:
        dimensions = len(shape)
        if axis is None:
            self.axes = tuple(range(dimensions))
        else:
            given = axis if isinstance(axis, tuple) else (axis,)
            self.axes = np.lib.array_utils.normalize_axis_tuple(given, dimensions)
        self.kept = tuple(1 if axis in self.axes else length for axis, length in enumerate(shape))
        #: Axes that stay.
        self.kept_items = tuple(length for axis, length in enumerate(shape) if axis not in self.axes)
        #: Items of which each result is made.
        self.each = int(np.prod([shape[axis] for axis in self.axes], dtype=np.int64))

    def where(self, place: tuple[slice, ...]) -> tuple[slice, ...]:
        """Where the results of the chunk at a place belong."""
        return tuple(slice(0, 1) if axis in self.axes else part for axis, part in enumerate(place))

    def is_first(self, place: tuple[slice, ...]) -> bool:
        """Whether no chunk with results for the same place came before, chunks coming in C order."""
        return all(place[axis].start == 0 for axis in self.axes)

    def result(self, found: _Array, out: _Array | None, keepdims: bool) -> Any:
        """What the caller sees of results that have kept all axes."""
        if not keepdims:
            found = found.reshape(self.kept_items)
        if out is not None:
            out[...] = found
            return out
        return found if found.ndim else found[()]
