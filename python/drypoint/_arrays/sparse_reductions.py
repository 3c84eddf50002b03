"""Sums and extremes of sparse arrays, to which the zeros that are not stored belong."""

from __future__ import annotations

from abc import abstractmethod

from .. import _arguments, _core
from .._closing import Closing
from .._errors import BadArgument, UnsupportedData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["SparseReductions"]


class SparseReductions(Closing):
    """The methods of a sparse array that give less than the array, and give it dense."""

    @property
    @abstractmethod
    def _inner(self) -> _core.Sparse:
        """The entries."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Items along each dimension."""

    @property
    @abstractmethod
    def ndim(self) -> int:
        """Number of dimensions."""

    @property
    @abstractmethod
    def dtype(self) -> Any:
        """Type of the values."""

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
        """The sum of all items, or along dimensions.

        Parameters
        ----------
        axis : int or tuple of int, optional
            Dimensions to add up; all by default.
        dtype : data-type, optional
            Of the result; by default as NumPy has it: integers in 64 bits, floats as they are.
        keepdims : bool, default False
            Whether these dimensions stay, with a length of 1.

        Returns
        -------
        number or numpy.ndarray
            Dense, of the dimensions that are left. Floats are added in float64, integers wrap at 64 bits.

        Raises
        ------
        BudgetExceeded
            If the result does not fit.

        Examples
        --------
        >>> import drypoint as dp
        >>> matrix = dp.CsrArray(([5, 7], ([0, 1], [2, 0])), shape=(2, 3))
        >>> int(matrix.sum()), matrix.sum(axis=0).tolist()
        (12, [7, 0, 5])
        """
        import numpy

        kind = numpy.zeros(1, self.dtype).sum(dtype=dtype).dtype
        if kind.kind in "fc" and self.dtype.kind in "biu":
            return self._sums(axis, keepdims, kind, True)
        return self._sums(axis, keepdims, kind, False)

    def mean(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
        """The mean of all items, or along dimensions; as `sum`.

        Parameters
        ----------
        axis, dtype, keepdims
            As of `sum`; the type is float64 for integers by default.

        Returns
        -------
        number or numpy.ndarray
            Zeros that are not stored count. NaN of no items.
        """
        import numpy

        with numpy.errstate(all="ignore"):
            kind = numpy.ones(1, self.dtype).mean(dtype=dtype).dtype
            wide = numpy.result_type(kind, "float64")
            sums = numpy.asarray(self._sums(axis, keepdims, wide, True))
            result = (sums / self._reduced(axis)[1]).astype(kind)
        return result[()]

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The least item, or along dimensions. Zeros that are not stored count; a NaN is what it is found with.

        Parameters
        ----------
        axis, keepdims
            As of `sum`.

        Returns
        -------
        number or numpy.ndarray
            Of the array's type.

        Raises
        ------
        BadArgument
            If there are no items.
        UnsupportedData
            If they are complex, which have no order.
        """
        return self._extremes(axis, keepdims, False)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The greatest item, or along dimensions; as `min`.

        Parameters
        ----------
        axis, keepdims
            As of `sum`.

        Returns
        -------
        number or numpy.ndarray
            Of the array's type.
        """
        return self._extremes(axis, keepdims, True)

    def _reduced(self, axis: Any) -> tuple[set[int], int]:
        """The dimensions that go, and how many items become one."""
        ndim = self.ndim
        axes = set(range(ndim))
        if axis is not None:
            given_axes = axis if isinstance(axis, tuple) else (axis,)
            wanted = (
                [_arguments.whole(one, "axis", -ndim, ndim - 1) % ndim for one in given_axes] if ndim else []
            )
            if len(set(wanted)) != len(wanted):
                raise BadArgument(f"axis {axis!r} names a dimension twice")
            axes = set(wanted)
        items = 1
        for one in axes:
            items *= self.shape[one]
        return axes, items

    def _laid_out(self, axes: set[int]) -> tuple[list[int], int]:
        """A stride for each dimension in the result, and the result's items."""
        strides, cells = [0] * self.ndim, 1
        for one in reversed(range(self.ndim)):
            if one not in axes:
                strides[one] = cells
                cells *= self.shape[one]
        return strides, cells

    def _shaped(self, flat: Any, axes: set[int], keepdims: bool) -> Any:
        keepdims = _arguments.flag(keepdims, "keepdims")
        lengths = [
            1 if one in axes else length
            for one, length in enumerate(self.shape)
            if keepdims or one not in axes
        ]
        return flat.reshape(lengths)[()]

    def _sums(self, axis: Any, keepdims: bool, kind: Any, as_float: bool) -> Any:
        import numpy

        axes, _ = self._reduced(axis)
        strides, cells = self._laid_out(axes)
        sums = numpy.asarray(self._inner.sums(strides, cells, as_float))
        if kind.kind == "u" and sums.dtype.kind == "i":
            sums = sums.view("uint64")
        if kind.kind == "b":
            sums = sums != 0
        return self._shaped(sums.astype(kind), axes, keepdims)

    def _extremes(self, axis: Any, keepdims: bool, greatest: bool) -> Any:
        import numpy

        if self.dtype.kind == "c":
            raise UnsupportedData("complex numbers have no least and greatest; take .data.real or abs first")
        axes, items = self._reduced(axis)
        strides, cells = self._laid_out(axes)
        if not items:
            raise BadArgument(f"an array of shape {self.shape} has no least or greatest item there")
        unique = self._inner.canonical(True) if not self._inner.unique else self._inner
        found = numpy.asarray(unique.extremes(strides, cells, items, greatest))
        return self._shaped(found.copy(), axes, keepdims)
