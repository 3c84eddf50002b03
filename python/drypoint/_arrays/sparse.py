"""What both sparse layouts can do."""

from __future__ import annotations

from abc import abstractmethod

from .. import _arguments, _core
from .._card import Card, Facts
from .._closing import Closing
from .._errors import BadArgument, UnsupportedData
from .sparse_parts import axis_names, given, held_dtype

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from .coo import CooArray
    from .csr import CsrArray

__all__ = ["Sparse"]

#: A notebook shows where the values are of arrays with at most this many.
_PICTURED = 20_000_000


class Sparse(Card, Closing):
    """A sparse array; see `CooArray` and `CsrArray`."""

    # NumPy's operators leave it to us: nothing becomes dense by the way.
    __array_ufunc__ = None

    _held: _core.Sparse | None

    @classmethod
    def _of(cls, held: _core.Sparse) -> Self:
        made = cls.__new__(cls)
        made._held = held
        return made

    @property
    def _inner(self) -> _core.Sparse:
        self._check_open()
        assert self._held is not None
        return self._held

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._inner.shape)

    @property
    def ndim(self) -> int:
        return len(self._inner.shape)

    @property
    def size(self) -> int:
        cells = 1
        for length in self._inner.shape:
            cells *= length
        return cells

    @property
    def dtype(self) -> Any:
        import numpy

        return numpy.dtype(self._inner.dtype)

    @property
    def nnz(self) -> int:
        return self._inner.nnz

    @property
    def nbytes(self) -> int:
        return self._inner.stored_bytes

    @property
    def density(self) -> float:
        return self.nnz / self.size if self.size else 0.0

    @property
    def fill_value(self) -> Any:
        return self.dtype.type(0)

    @property
    def data(self) -> Any:
        """The values, a view that can be read."""
        import numpy

        return numpy.asarray(self._inner.data())

    @property
    def is_canonical(self) -> bool:
        """Whether the entries are in C order and no two have the same place."""
        return self._inner.sorted and self._inner.unique

    def _indices(self) -> list[Any]:
        import numpy

        return [numpy.asarray(part) for part in self._inner.indices()]

    def sum_duplicates(self) -> Self:
        """The same array with its entries in C order, those of the same place added up in the order they had.

        Returns
        -------
        CooArray or CsrArray
            Shares everything with this one if it is so already.
        """
        return self._of(self._inner.canonical(True))

    # What becomes of it

    def tocoo(self) -> CooArray:
        """The same entries by coordinates.

        Returns
        -------
        CooArray
            Shares values and columns; the rows of a `CsrArray` are made.
        """
        from .coo import CooArray

        return CooArray._of(self._inner.to_coo())

    def tocsr(self) -> CsrArray:
        """The same matrix row by row, entries of the same place added up.

        Returns
        -------
        CsrArray
            Shares values and columns where the entries are in order already.

        Raises
        ------
        BadArgument
            If it has not two dimensions.
        """
        from .csr import CsrArray

        if self.ndim != 2:
            raise BadArgument(f"only a matrix can be kept row by row, not an array of shape {self.shape}")
        return CsrArray._of(self._inner.to_csr(True))

    def to_dense(self) -> Any:
        """All items as a NumPy array, its memory from Drypoint's pool.

        Returns
        -------
        numpy.ndarray
            Entries of the same place are added up.

        Raises
        ------
        BudgetExceeded
            If the array would not fit in what is left of the budget; nothing is made then.

        Examples
        --------
        >>> import drypoint as dp
        >>> dp.CooArray(([5, 7], ([0, 1], [2, 0])), shape=(2, 3)).to_dense()
        array([[0, 0, 5],
               [7, 0, 0]])
        """
        from .._lifetime.reuse import zeros

        held = self._inner
        _core.check_room("dense array", self.size * self.dtype.itemsize)
        dense = zeros(self.shape, self.dtype)
        held.scatter(dense.reshape(-1).view("uint8"))
        return dense

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False:
            raise ValueError("a dense array of a sparse one cannot be made without a copy")
        dense = self.to_dense()
        return dense if dtype is None else dense.astype(dtype, copy=False)

    def to_sparse(self) -> Any:
        """The same entries in an array of the package sparse.

        Returns
        -------
        sparse.COO
            The values are shared, read-only; the coordinates are copied.

        Raises
        ------
        ImportError
            If the package is not installed.
        """
        try:
            import sparse  # type: ignore[import-not-found, import-untyped, unused-ignore]
        except ImportError:
            raise ImportError("to_sparse needs the package sparse: pip install sparse") from None
        import numpy

        entries = self.tocoo()
        kind = numpy.min_scalar_type(max(max(self.shape, default=1), 1))
        coords = numpy.empty((self.ndim, self.nnz), "int64" if kind.itemsize == 8 else kind)
        for places, own in zip(coords, entries.coords, strict=True):
            places[:] = own
        held = entries._inner
        return sparse.COO(
            coords, entries.data, shape=self.shape, has_duplicates=not held.unique, sorted=held.sorted
        )

    def astype(self, dtype: Any, copy: bool = True) -> Self:
        """The same entries with values of another type, converted as NumPy does.

        Parameters
        ----------
        dtype : data-type
            Truth values, integers, floats or complex numbers.
        copy : bool, default True
            Whether the values are copied where the type is the same.

        Returns
        -------
        CooArray or CsrArray
            The indices are shared.

        Raises
        ------
        UnsupportedData
            If it is another type.
        """
        kind = held_dtype(dtype)
        if kind == self.dtype and not _arguments.flag(copy, "copy"):
            return self
        return self._of(self._inner.with_values(given("data", self.data.astype(kind, copy=False)), True))

    # Numbers

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

    def __matmul__(self, vector: Any) -> Any:
        import numpy

        if not (hasattr(vector, "__array__") or isinstance(vector, list | tuple)) or isinstance(
            vector, Sparse
        ):
            return NotImplemented
        array = numpy.asarray(vector)
        if array.ndim != 1 or self.ndim not in (1, 2) or array.shape[0] != self.shape[-1]:
            raise BadArgument(
                f"an array of shape {self.shape} times one of shape {array.shape}: only a vector of "
                f"{self.shape[-1] if self.ndim else 0} items can be multiplied"
            )
        kind = numpy.result_type(self.dtype, held_dtype(array.dtype))
        wide = {"f": "float64", "c": "complex128"}.get(kind.kind, "int64")
        # Integers of 64 bits without a sign become those with one, and back, by their bits.
        with numpy.errstate(all="ignore"):
            factors = numpy.require(array.astype(wide, copy=False), requirements=["C", "A"])
        found = numpy.asarray(self._inner.product(factors, factors.dtype.str))
        product = (found != 0) if kind.kind == "b" else found.astype(kind)
        return product if self.ndim == 2 else product[0]

    # Drawing

    def _source(self, mirrored: int | None = None) -> _core.Source:
        """The entries as rows: their coordinates and their values."""
        return self._inner.source(type(self).__name__, [*axis_names(self.ndim), "value"], mirrored)

    # The object

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("an array without dimensions has no length")
        return self.shape[0]

    def __bool__(self) -> bool:
        raise BadArgument("a sparse array is neither true nor false; ask for .nnz or .max()")

    def close(self) -> None:
        """Let go of indices and values at once, unless an array still shows them. Calling it again does nothing."""
        self._held = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._held is None

    @abstractmethod
    def _index_types(self) -> str:
        """The types of the indices in words."""

    def __repr__(self) -> str:
        from .._memory import _readable

        name = type(self).__name__
        if self.closed:
            return f"<{name} closed>"
        size = " × ".join(f"{length:,}" for length in self.shape) or "()"
        stored = _readable(self.nbytes).strip()
        return f"<{name} {size} {self.dtype}: {self.nnz:,} stored ({self.density:.3g}), {self._index_types()}, {stored}>"

    def _facts(self) -> Facts:
        from .._memory import _readable

        facts = {
            "shape": " × ".join(f"{length:,}" for length in self.shape) or "()",
            "dtype": self.dtype,
            "stored": f"{self.nnz:,} ({self.density:.3g})",
            "indices": self._index_types(),
            "memory": _readable(self.nbytes).strip(),
        }
        name = type(self).__name__
        if self.ndim != 2 or not 0 < self.nnz <= _PICTURED:
            return Facts(name, facts)
        from .spy import thumbnail

        with thumbnail(self) as picture:
            return Facts(name, facts, picture._inner.png(), "where the values are")


def picked(index: Any, length: int, axis: int) -> int | tuple[int, int, int]:
    """A whole number or a slice as a place, or as start, step and count."""
    if isinstance(index, slice):
        try:
            steps = range(*index.indices(length))
        except (TypeError, ValueError) as error:
            raise BadArgument(f"index of dimension {axis}: {error}") from None
        return steps.start if steps else 0, steps.step, len(steps)
    place = index.__index__()
    if not -length <= place < length:
        raise IndexError(f"index {place} is out of bounds for dimension {axis} of length {length}")
    return int(place) % length if place < 0 else int(place)


def is_place(index: Any) -> bool:
    """Whether it is a whole number, and neither a truth value nor an array."""
    return hasattr(index, "__index__") and not isinstance(index, bool) and getattr(index, "ndim", 0) == 0


def expanded(key: Any, ndim: int) -> list[Any]:
    """One index for each dimension, an ellipsis and what is left out as full slices."""
    keys = list(key) if isinstance(key, tuple) else [key]
    ellipses = [place for place, one in enumerate(keys) if one is Ellipsis]
    if len(ellipses) > 1:
        raise BadArgument("an index has one ellipsis at most")
    missing = ndim - (len(keys) - len(ellipses))
    if missing < 0:
        raise IndexError(f"{len(keys) - len(ellipses)} indices for an array of {ndim} dimensions")
    place = ellipses[0] if ellipses else len(keys)
    return keys[:place] + [slice(None)] * missing + keys[place + 1 :]


def refused(index: Any, what: str) -> BadArgument:
    """An index that a sparse array does not take."""
    return BadArgument(f"a sparse array is indexed by {what}, not by {type(index).__name__}")
