"""What both sparse layouts can do."""

from __future__ import annotations

from abc import abstractmethod

from .. import _arguments, _core
from .._card import Card, Facts
from .._errors import BadArgument
from .sparse_parts import axis_names, given, held_dtype
from .sparse_reductions import SparseReductions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from .coo import CooArray
    from .csr import CsrArray

__all__ = ["Sparse"]

#: A notebook shows where the values are of arrays with at most this many.
_PICTURED = 20_000_000


class Sparse(SparseReductions, Card):
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

    # Products

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
