"""Entries by their coordinates, in any number of dimensions."""

from __future__ import annotations

from .. import _arguments, _core
from .._errors import BadArgument, UnsupportedData
from .sparse import Sparse
from .sparse_index import expanded, is_place, picked, refused
from .sparse_parts import coo_of, from_triplets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["CooArray"]


class CooArray(Sparse):
    """A sparse array of any number of dimensions: values, and for each dimension an array of where they are.

    Parameters
    ----------
    source : sparse array, array, or tuple
        - an array of scipy.sparse in any layout, or of the package sparse; a `CsrArray`;
        - a dense array: of NumPy, or anything with a shape, a dtype and slices, which is read in strips;
        - parts ``(data, coords)``, with one array of coordinates a dimension.
    shape : tuple of int, optional
        For parts; as far as the coordinates reach, by default.
    copy : bool, optional
        Memory of the source is kept, not copied, where it is what would be made of it. True: never; such an array
        does not change when the source does. False: always, in whatever type the indices are; an error where that
        cannot be.

    Attributes
    ----------
    shape, ndim, size, dtype
        As of the dense array.
    nnz : int
        Entries stored; explicit zeros and entries of the same place count each.
    nbytes : int
        Bytes stored: ``nnz`` times the size of a value and of an index for each dimension.
    density : float
        ``nnz / size``.
    fill_value : number
        What is not stored: 0.
    data : numpy.ndarray
        The values, a view that can be read.

    Raises
    ------
    BadArgument
        Coordinates that are negative, outside the shape or no integers; lengths that differ.
    UnsupportedData
        Values that are no numbers; a ``fill_value`` other than 0.
    BudgetExceeded
        If it does not fit; nothing is made then.

    Notes
    -----
    Indices are of 1, 2, 4 or 8 bytes, without a sign, the smallest that a dimension's length allows: an entry of a
    matrix of up to 65,536 × 65,536 takes 4 bytes and its value. An item of a dense array is kept if any of its bits
    is set: negative zeros and NaNs come back as they were. Arrays whose cells are more than 2**63 - 1 are refused.

    Examples
    --------
    >>> import drypoint as dp
    >>> array = dp.CooArray(([1.5, 2.5], ([0, 999], [7, 3])), shape=(1000, 2000))
    >>> array
    <CooArray 1,000 × 2,000 float64: 2 stored (1e-06), indices uint16 uint16, 24.0 B>
    >>> float(array[999, 3]), float(array.sum())
    (2.5, 4.0)
    """

    def __init__(self, source: Any, shape: Any = None, *, copy: bool | None = None) -> None:
        copy = _arguments.optional(_arguments.flag, copy, "copy")
        if isinstance(source, Sparse):
            if shape is not None:
                raise BadArgument("shape is for parts, (data, coords); a sparse array has its own")
            held = source._inner.to_coo()
            self._held: _core.Sparse | None = held if not copy else _copied(held)
        else:
            self._held = coo_of(source, shape, copy)

    @classmethod
    def from_triplets(
        cls,
        triplets: Iterable[Any],
        shape: tuple[int, ...] | None = None,
        *,
        dtype: Any = None,
        sum_duplicates: bool = False,
    ) -> CooArray:
        """An array from entries that come one by one or in parts.

        Parameters
        ----------
        triplets : iterable of tuples
            ``(row, column, value)``, numbers or arrays of one dimension; for other numbers of dimensions so many
            coordinates before the value. Read once, never held.
        shape : tuple of int, optional
            As far as the coordinates reach, by default.
        dtype : data-type, optional
            Of the values; that of the first ones by default.
        sum_duplicates : bool, default False
            Whether entries of the same place are added up, as they come.

        Returns
        -------
        CooArray
            Its entries in C order, those of the same place in the order in which they came.

        Raises
        ------
        BadArgument
            As for `CooArray`; the message says which item.
        SchemaMismatch
            If values are of a type that cannot be converted to that of the array.
        BudgetExceeded
            If it does not fit.

        Notes
        -----
        Bringing the entries in order takes, beside what came, as much again and 16 bytes an entry. With
        ``sum_duplicates`` what is held follows the number of different places, however many entries come.

        Examples
        --------
        >>> import drypoint as dp
        >>> visits = ((user % 3, user % 2, 1) for user in range(600))
        >>> dp.CooArray.from_triplets(visits, (3, 2), sum_duplicates=True).to_dense()
        array([[100, 100],
               [100, 100],
               [100, 100]])
        """
        return cls._of(
            from_triplets(triplets, shape, dtype, _arguments.flag(sum_duplicates, "sum_duplicates"))
        )

    @property
    def coords(self) -> tuple[Any, ...]:
        """An array for each dimension of where the values are, views that can be read."""
        return tuple(self._indices())

    def _index_types(self) -> str:
        return " ".join(["indices", *self._inner.index_types])

    def to_scipy(self, copy: bool = False) -> Any:
        """The same entries in an array of scipy.sparse.

        Parameters
        ----------
        copy : bool, default False
            Whether everything is copied, so that it can be written to.

        Returns
        -------
        scipy.sparse.coo_array
            Values and indices of 4 and 8 bytes are shared, read-only; smaller indices are copied to the types that
            SciPy has.

        Raises
        ------
        UnsupportedData
            For float16, and for dimensions that the installed SciPy does not have.
        ImportError
            If SciPy is not installed.
        """
        sparse = scipy_sparse(self.dtype)
        kind = "int32" if max(self.shape, default=0) < 2**31 else "int64"
        coords = tuple(signed(places, kind, copy) for places in self.coords)
        data = self.data.copy() if _arguments.flag(copy, "copy") else self.data
        try:
            return sparse.coo_array((data, coords), shape=self.shape, copy=False)
        except (TypeError, ValueError) as error:
            if self.ndim == 2:
                raise
            raise UnsupportedData(
                f"this SciPy has no sparse array of {self.ndim} dimensions: {error}"
            ) from None

    def transpose(self, *axes: Any) -> CooArray:
        """The same entries with the dimensions in another order.

        Parameters
        ----------
        *axes : int
            The order; reversed by default.

        Returns
        -------
        CooArray
            Shares everything. Costs a look at the order of the entries.
        """
        order = axes[0] if len(axes) == 1 and isinstance(axes[0], tuple | list) else axes
        ndim = self.ndim
        places = [_arguments.whole(axis, "axes", -ndim, ndim - 1) % ndim for axis in order]
        return self._of(self._inner.transposed(places if order else list(range(ndim))[::-1]))

    @property
    def T(self) -> CooArray:
        """The dimensions reversed."""
        return self.transpose()

    def copy(self) -> CooArray:
        """A copy that shares nothing."""
        return self._of(_copied(self._inner))

    def __getitem__(self, key: Any) -> Any:
        keys = expanded(key, self.ndim)
        picks = []
        for axis, (one, length) in enumerate(zip(keys, self.shape, strict=True)):
            if not isinstance(one, slice) and not is_place(one):
                raise refused(one, "whole numbers and slices (CsrArray also by arrays of rows)")
            picks.append(picked(one, length, axis))
        found = self._of(self._inner.pick(picks))
        return found if found.ndim or not picks else item(found)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.data, self.coords, self.shape)


def item(array: CooArray) -> Any:
    """The one item of an array without dimensions."""
    data = array.sum_duplicates().data
    return data[0] if data.size else array.fill_value


def _copied(held: _core.Sparse) -> _core.Sparse:
    import numpy

    coords = tuple(numpy.asarray(part) for part in held.indices())
    return coo_of((numpy.asarray(held.data()), coords), held.shape, True)


def _rebuilt(data: Any, coords: tuple[Any, ...], shape: tuple[int, ...]) -> CooArray:
    return CooArray((data, coords), shape, copy=True)


def scipy_sparse(dtype: Any) -> Any:
    """The package, if it can hold values of this type."""
    try:
        import scipy.sparse  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        raise ImportError("to_scipy needs SciPy: pip install scipy") from None
    if dtype == "float16":
        raise UnsupportedData("scipy.sparse holds no float16; convert with .astype('float32')")
    return scipy.sparse


def signed(places: Any, kind: str, copy: bool) -> Any:
    """Indices in one of SciPy's types, the same memory where they have as many bytes."""
    import numpy

    if not copy and places.dtype.itemsize == numpy.dtype(kind).itemsize:
        return places.view(kind)
    return places.astype(kind)
