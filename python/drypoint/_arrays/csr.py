"""A matrix whose entries are kept row by row."""

from __future__ import annotations

from .. import _arguments, _core
from .._errors import BadArgument
from .coo import CooArray, item, scipy_sparse, signed
from .sparse import Sparse
from .sparse_index import expanded, is_place, picked, refused
from .sparse_parts import csr_of, from_triplets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__all__ = ["CsrArray"]


class CsrArray(Sparse):
    """A sparse matrix, its entries row by row: the columns of row ``r`` are ``indices[indptr[r]:indptr[r + 1]]``.

    Parameters
    ----------
    source : sparse array, array, or tuple
        As for `CooArray`, of two dimensions, and parts ``(data, indices, indptr)`` or ``(data, (row, col))``. Entries
        of the same place are added up, except where the source is row by row already.
    shape : (rows, columns), optional
        For parts; as far as the indices reach, by default.
    copy : bool, optional
        As for `CooArray`.

    Attributes
    ----------
    shape, ndim, size, dtype, nnz, density, fill_value, data
        As of `CooArray`.
    nbytes : int
        Bytes stored: values, an index for each, and one more than there are rows.

    Raises
    ------
    BadArgument
        Indices that are negative, outside the shape or no integers; an ``indptr`` that does not go from 0 to ``nnz``
        without a step back; lengths that differ.
    UnsupportedData, BudgetExceeded
        As of `CooArray`.

    Notes
    -----
    ``indices`` are of the smallest type that the number of columns allows, ``indptr`` of the smallest that ``nnz``
    does: of 1, 2, 4 or 8 bytes, without a sign. Rows cost least: a row or a range of rows shares its columns and
    values with the matrix, and keeps them alive; `copy` makes it independent.

    Examples
    --------
    >>> import drypoint as dp
    >>> matrix = dp.CsrArray(([1, 2, 3], ([0, 2, 2], [1, 0, 2])), shape=(3, 3))
    >>> matrix
    <CsrArray 3 × 3 int64: 3 stored (0.333), indices uint8, indptr uint8, 31.0 B>
    >>> columns, values = matrix.row(2)
    >>> columns.tolist(), values.tolist()
    ([0, 2], [2, 3])
    >>> (matrix @ [1, 10, 100]).tolist()
    [10, 0, 302]
    """

    def __init__(self, source: Any, shape: Any = None, *, copy: bool | None = None) -> None:
        copy = _arguments.optional(_arguments.flag, copy, "copy")
        if isinstance(source, Sparse):
            if shape is not None:
                raise BadArgument("shape is for parts; a sparse array has its own")
            matrix = source if isinstance(source, CsrArray) else source.tocsr()
            self._held: _core.Sparse | None = matrix._inner if not copy else _copied(matrix._inner)
        else:
            self._held = csr_of(source, shape, copy)

    @classmethod
    def from_triplets(
        cls, triplets: Iterable[Any], shape: tuple[int, int] | None = None, *, dtype: Any = None
    ) -> CsrArray:
        """A matrix from entries that come one by one or in parts; those of the same place are added up.

        Parameters
        ----------
        triplets, shape, dtype
            As of `CooArray.from_triplets`.

        Returns
        -------
        CsrArray
            The columns of each row in order.

        Raises
        ------
        BadArgument, SchemaMismatch, BudgetExceeded
            As of `CooArray.from_triplets`.

        Examples
        --------
        >>> import drypoint as dp
        >>> dp.CsrArray.from_triplets([(0, 1, 2.0), (0, 1, 3.0)], (1, 2)).to_dense()
        array([[0., 5.]])
        """
        return CooArray._of(from_triplets(triplets, shape, dtype, True)).tocsr()

    @property
    def indices(self) -> Any:
        """The column of each value, a view that can be read."""
        return self._indices()[1]

    @property
    def indptr(self) -> Any:
        """Where each row begins, and where the last one ends, a view that can be read."""
        return self._indices()[0]

    def _index_types(self) -> str:
        indptr, indices = self._inner.index_types
        return f"indices {indices}, indptr {indptr}"

    def to_scipy(self, copy: bool = False) -> Any:
        """The same matrix in an array of scipy.sparse.

        Parameters
        ----------
        copy : bool, default False
            As of `CooArray.to_scipy`.

        Returns
        -------
        scipy.sparse.csr_array
            Shares what has the types that SciPy has, read-only: values always, indices of 4 or 8 bytes.

        Raises
        ------
        UnsupportedData, ImportError
            As of `CooArray.to_scipy`.
        """
        sparse = scipy_sparse(self.dtype)
        kind = "int32" if max(self.nnz, *self.shape) < 2**31 else "int64"
        indptr, indices = (signed(places, kind, copy) for places in self._indices())
        data = self.data.copy() if _arguments.flag(copy, "copy") else self.data
        return sparse.csr_array((data, indices, indptr), shape=self.shape, copy=False)

    def row(self, row: int) -> tuple[Any, Any]:
        """The columns and the values of a row.

        Parameters
        ----------
        row : int
            Its number, negative from the end.

        Returns
        -------
        tuple of (numpy.ndarray, numpy.ndarray)
            Views that can be read; nothing is copied.

        Raises
        ------
        IndexError
            If there is no such row.
        """
        found = self[_arguments.whole(row, "row", -(2**62), 2**62)]
        return found.coords[0], found.data

    def __iter__(self) -> Iterator[CooArray]:
        held = self._inner
        for row in range(held.shape[0]):
            yield CooArray._of(held.row(row))

    def transpose(self) -> CsrArray:
        """Rows as columns.

        Returns
        -------
        CsrArray
            Costs a pass over the entries and a new matrix.
        """
        return self._of(self._inner.transposed([1, 0]))

    @property
    def T(self) -> CsrArray:
        """Rows as columns."""
        return self.transpose()

    def copy(self) -> CsrArray:
        """A copy that shares nothing."""
        return self._of(_copied(self._inner))

    def __getitem__(self, key: Any) -> Any:
        rows, columns = expanded(key, 2)
        height, width = self.shape
        if not isinstance(columns, slice) and not is_place(columns):
            raise refused(columns, "whole numbers and slices along columns; by arrays along rows alone")
        column = picked(columns, width, 1)
        if is_place(rows):
            place = picked(rows, height, 0)
            assert isinstance(place, int)
            row = CooArray._of(self._inner.row(place))
            if column == (0, 1, width):
                return row
            found = CooArray._of(row._inner.pick([column]))
            return item(found) if isinstance(column, int) else found
        matrix = self._rows(rows, height)
        if column == (0, 1, width):
            return self._of(matrix)
        if isinstance(column, int):
            everything = (0, 1, matrix.shape[0])
            return CooArray._of(matrix.to_coo().pick([everything, column]))
        return self._of(matrix.pick_columns(*column))

    def _rows(self, rows: Any, height: int) -> _core.Sparse:
        if isinstance(rows, slice):
            found = picked(rows, height, 0)
            assert isinstance(found, tuple)
            return self._inner.pick_rows(*found)
        import numpy

        if not isinstance(rows, list) and not hasattr(rows, "__array__"):
            raise refused(rows, "whole numbers, slices and arrays of rows")
        numbers = numpy.asarray(rows)
        if numbers.ndim == 1 and not numbers.size:
            numbers = numbers.astype("int64")
        if numbers.ndim != 1 or numbers.dtype.kind not in "biu":
            raise BadArgument(
                f"rows must be integers or truth values in one dimension, not {numbers.dtype} in {numbers.ndim}"
            )
        if numbers.dtype.kind == "b":
            if len(numbers) != height:
                raise IndexError(f"a mask of {len(numbers)} rows for an array with {height}")
            numbers = numpy.flatnonzero(numbers)
        if numbers.size and not -height <= int(numbers.min()) <= int(numbers.max()) < height:
            far = int(numbers.max()) if int(numbers.max()) >= height else int(numbers.min())
            raise IndexError(f"index {far} is out of bounds for dimension 0 of length {height}")
        numbers = numbers.astype("int64")
        numbers[numbers < 0] += height
        return self._inner.take_rows(numpy.ascontiguousarray(numbers))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.data, self.indices, self.indptr, self.shape)


def _copied(held: _core.Sparse) -> _core.Sparse:
    import numpy

    indptr, indices = (numpy.asarray(part) for part in held.indices())
    return csr_of((numpy.asarray(held.data()), indices, indptr), held.shape, True)


def _rebuilt(data: Any, indices: Any, indptr: Any, shape: tuple[int, int]) -> CsrArray:
    return CsrArray((data, indices, indptr), shape, copy=True)
