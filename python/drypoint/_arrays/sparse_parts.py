"""What a sparse array can be made of: other libraries' arrays, parts, dense items, triplets; each as one of the core."""

from __future__ import annotations

from .. import _arguments, _core
from .._errors import BadArgument, SchemaMismatch, UnsupportedData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    _Given = tuple[str, Any, str]

__all__ = ["coo_of", "csr_of", "from_triplets", "given", "held_dtype", "is_foreign", "shape_of"]

#: Triplets that come one at a time are gathered until there are this many.
_GATHERED = 65_536
#: Bytes of a strip of a dense array that has to be copied to be read.
_STRIP_BYTES = 4 << 20
#: More items along a dimension than this cannot be indexed.
_MOST = 2**63 - 1


def shape_of(value: Any, name: str = "shape") -> tuple[int, ...]:
    """A shape as plain numbers."""
    try:
        lengths = tuple(value)
    except TypeError:
        lengths = (value,)
    return tuple(_arguments.whole(length, name, 0, _MOST) for length in lengths)


def held_dtype(dtype: Any) -> Any:
    """The dtype of values that are kept as `dtype`, in this machine's byte order."""
    import numpy

    found = numpy.dtype(dtype)
    if found.kind not in "biufc" or found.itemsize > (16 if found.kind == "c" else 8):
        raise UnsupportedData(
            f"values of dtype {found} cannot be held in a sparse array; expected truth values, integers, floats "
            f"of up to 64 bits or complex numbers of up to 128: convert them with .astype"
        )
    return found.newbyteorder("=")


def given(name: str, values: Any) -> _Given:
    """An array of one dimension as the core takes it."""
    import numpy

    array = numpy.asarray(values)
    if array.ndim != 1:
        raise BadArgument(f"{name} has {array.ndim} dimensions, expected 1")
    return name, array, array.dtype.str


def _given_values(name: str, values: Any) -> _Given:
    import numpy

    array = numpy.asarray(values)
    held_dtype(array.dtype)
    return given(name, array)


def _given_places(name: str, values: Any) -> _Given:
    import numpy

    array = numpy.asarray(values)
    if array.dtype.kind not in "iu":
        if array.size:
            raise BadArgument(f"{name} must be integers, not {array.dtype}")
        array = array.astype("int64")
    return given(name, array)


def axis_names(ndim: int) -> list[str]:
    """What the coordinates of an array are called, here and as columns."""
    if ndim == 1:
        return ["index"]
    return ["row", "col"] if ndim == 2 else [f"axis{axis}" for axis in range(ndim)]


def is_foreign(source: Any) -> bool:
    """Whether it is a sparse array of scipy.sparse or of pydata/sparse."""
    return _is_scipy(source) or _is_pydata(source)


def _is_scipy(source: Any) -> bool:
    own = hasattr(source, "tocoo") and hasattr(source, "nnz") and not hasattr(source, "fill_value")
    return own and isinstance(getattr(source, "format", None), str)


def _is_pydata(source: Any) -> bool:
    return hasattr(source, "nnz") and hasattr(source, "fill_value") and hasattr(source, "todense")


def coo_of(source: Any, shape: Any, copy: bool | None) -> _core.Sparse:
    """An array by coordinates."""
    if isinstance(source, tuple):
        return _coo_of_parts(source, shape, copy)
    if shape is not None:
        raise BadArgument(f"shape is for parts, (data, coords); a {type(source).__name__} has its own")
    if _is_scipy(source):
        if source.format == "csr" and source.ndim == 2:
            return csr_of(source, None, copy).to_coo()
        if source.format != "coo":
            source = _converted(source, "tocoo", copy)
        return _coo(_scipy_coords(source), source.data, source.shape, copy)
    if _is_pydata(source):
        source = _pydata_coo(source, copy)
        return _coo(list(source.coords), source.data, source.shape, copy)
    if copy is False:
        raise BadArgument(
            f"a {type(source).__name__} is dense; a sparse array of it cannot be made without a copy"
        )
    return _of_dense(source)


def csr_of(source: Any, shape: Any, copy: bool | None) -> _core.Sparse:
    """A matrix row by row."""
    if isinstance(source, tuple):
        if len(source) == 3:
            return _csr_of_parts(source, shape, copy)
        return _as_matrix(_coo_of_parts(source, shape, copy)).to_csr(True)
    if _is_scipy(source) and shape is None and source.ndim == 2:
        if source.format == "csr":
            return _csr(source, source.shape, copy)
        if source.format == "csc":
            if copy is False:
                raise BadArgument("a matrix by columns cannot become one by rows without a copy")
            return _csr(source, source.shape[::-1], None).transposed([1, 0])
        if source.format != "coo":
            return _csr(_converted(source, "tocsr", copy), source.shape, None)
    return _as_matrix(coo_of(source, shape, copy)).to_csr(True)


def _as_matrix(array: _core.Sparse) -> _core.Sparse:
    if len(array.shape) != 2:
        raise BadArgument(f"a CsrArray has 2 dimensions, not shape {tuple(array.shape)}; see CooArray")
    return array


def _converted(source: Any, method: str, copy: bool | None) -> Any:
    if copy is False:
        raise BadArgument(f"a {type(source).__name__} has another layout; it cannot be kept without a copy")
    return getattr(source, method)()


def _scipy_coords(source: Any) -> list[Any]:
    coords = getattr(source, "coords", None)
    return [source.row, source.col] if coords is None else list(coords)


def _pydata_coo(source: Any, copy: bool | None) -> Any:
    if source.fill_value != 0:
        raise UnsupportedData(
            f"this {type(source).__name__} is {source.fill_value!r} where nothing is stored; only 0 can be held"
        )
    if hasattr(source, "coords") and not callable(source.coords):
        return source
    return _converted(source, "tocoo" if hasattr(source, "tocoo") else "to_coo", copy)


def _coo(coords: list[Any], data: Any, shape: Any, copy: bool | None) -> _core.Sparse:
    names = axis_names(len(coords))
    places = [_given_places(name, array) for name, array in zip(names, coords, strict=True)]
    return _core.coo_array(list(shape_of(shape)), places, _given_values("data", data), copy)


def _coo_of_parts(source: tuple[Any, ...], shape: Any, copy: bool | None) -> _core.Sparse:
    import numpy

    if len(source) != 2:
        raise BadArgument(
            f"parts are (data, coords), with one array of coords a dimension; not {len(source)} parts"
        )
    data, coords = source
    coords = [numpy.asarray(places) for places in coords]
    if shape is None:
        if not coords or not all(places.size for places in coords):
            raise BadArgument("there are no coordinates to tell the shape; give shape")
        names = axis_names(len(coords))
        shape = [
            int(_given_places(name, places)[1].max()) + 1 for name, places in zip(names, coords, strict=True)
        ]
        shape = [max(length, 0) for length in shape]
    else:
        shape = shape_of(shape)
        if len(shape) != len(coords):
            raise BadArgument(f"coords has {len(coords)} arrays, shape {tuple(shape)} needs {len(shape)}")
    return _coo(coords, data, shape, copy)


def _csr(source: Any, shape: Any, copy: bool | None) -> _core.Sparse:
    """One of scipy's by its parts, whose indices and data may be longer than what is used of them."""
    used = int(source.indptr[-1])
    return _core.csr_array(
        list(shape_of(shape)),
        _given_places("indptr", source.indptr),
        _given_places("indices", source.indices[:used]),
        _given_values("data", source.data[:used]),
        copy,
    )


def _csr_of_parts(source: tuple[Any, ...], shape: Any, copy: bool | None) -> _core.Sparse:
    import numpy

    data, indices, indptr = (numpy.asarray(part) for part in source)
    if shape is None:
        if not indices.size or not indptr.size:
            raise BadArgument("there are no indices to tell the shape; give shape")
        shape = indptr.size - 1, max(int(_given_places("indices", indices)[1].max()) + 1, 0)
    shape = shape_of(shape)
    if len(shape) != 2:
        raise BadArgument(f"shape must be (rows, columns), not {shape}")
    return _core.csr_array(
        list(shape),
        _given_places("indptr", indptr),
        _given_places("indices", indices),
        _given_values("data", data),
        copy,
    )


def _of_dense(source: Any) -> _core.Sparse:
    """The entries of a dense array: a NumPy array as it lies, another strip by strip."""
    import numpy

    strips = hasattr(source, "shape") and hasattr(source, "dtype") and hasattr(source, "__getitem__")
    if not strips:
        source = numpy.asarray(source)
    if getattr(source, "mask", None) is not None and hasattr(source, "filled"):
        raise UnsupportedData("a masked array has no sparse form; fill it first: array.filled(0)")
    shape = shape_of(source.shape)
    dtype = held_dtype(source.dtype)
    entries = _core.SparseEntries(list(shape), dtype.str)
    for begin, run in _runs(source, shape, dtype):
        entries.count(run)
        del begin, run
    for begin, run in _runs(source, shape, dtype):
        entries.take(begin, run)
        del run
    return entries.finish()


def _runs(source: Any, shape: tuple[int, ...], dtype: Any) -> Iterator[tuple[int, Any]]:
    """Its items as runs of bytes in C order, each with the cell that it begins at."""
    import numpy

    if 0 in shape:
        return
    whole = isinstance(source, numpy.ndarray) and source.dtype == dtype and source.flags.c_contiguous
    if not shape or (whole and source.flags.aligned):
        yield 0, numpy.ascontiguousarray(source, dtype).reshape(-1).view("uint8")
        return
    cells = 1
    for length in shape[1:]:
        cells *= length
    chunks = getattr(source, "chunks", None)
    step = max(1, _STRIP_BYTES // (cells * dtype.itemsize))
    if isinstance(chunks, tuple) and chunks and isinstance(chunks[0], int) and chunks[0] > 0:
        step = max(chunks[0], step // chunks[0] * chunks[0])  # no chunk is read by two strips
    for first in range(0, shape[0], step):
        strip = numpy.require(source[first : first + step], dtype, ["C", "A"])
        yield first * cells, strip.reshape(-1).view("uint8")
        del strip


def from_triplets(triplets: Iterable[Any], shape: Any, dtype: Any, sum_duplicates: bool) -> _core.Sparse:
    """An array by coordinates from an iterable of (row, column, value), each a number or an array."""
    import numpy

    if not hasattr(triplets, "__iter__"):
        raise BadArgument(f"triplets must be an iterable of (row, column, value), not {triplets!r}")
    lengths = None if shape is None else list(shape_of(shape))
    kind = None if dtype is None else held_dtype(dtype)
    made = _core.SparseTriplets(lengths, sum_duplicates)
    for number, (coords, data) in _gathered(triplets, lengths):
        values = numpy.asarray(data)
        if kind is None:
            kind = held_dtype(values.dtype)
        elif values.dtype != kind:
            if values.size and not numpy.can_cast(values.dtype, kind, "same_kind"):
                raise SchemaMismatch(
                    f"triplets: item {number} has values of {values.dtype}, the array is of {kind}; give dtype="
                )
            values = values.astype(kind)
        names = axis_names(len(coords))
        places = [_given_places(name, array) for name, array in zip(names, coords, strict=True)]
        made.push(places, given("data", values))
        del coords, data, values, places
    return made.finish((numpy.dtype("float64") if kind is None else kind).str)


def _gathered(
    triplets: Iterable[Any], shape: list[int] | None
) -> Iterator[tuple[int, tuple[list[Any], Any]]]:
    """Arrays of coordinates and of values; what comes one by one is gathered."""
    import numpy

    rows: list[Any] = []
    number = -1
    for item in triplets:  # `enumerate` would hold the last item while the next one is made
        number += 1
        wanted = len(rows[0]) if rows else None if shape is None else len(shape) + 1
        if (
            not isinstance(item, tuple | list)
            or len(item) < 2
            or (wanted is not None and len(item) != wanted)
        ):
            what = "(row, column, value)" if wanted in (None, 3) else f"{wanted - 1} coordinates and a value"
            shown = repr(item)
            shown = shown if len(shown) <= 60 else shown[:59] + "…"
            raise BadArgument(f"triplets: item {number} is {shown}; expected {what}, numbers or arrays")
        if all(numpy.ndim(part) == 0 for part in item):
            rows.append(item)
            if len(rows) >= _GATHERED:
                yield number, _columns(rows)
                rows = []
            continue
        if rows:
            yield number, _columns(rows)
            rows = []
        *coords, data = item
        del item
        lengths = {numpy.size(part) for part in coords if numpy.ndim(part)}
        length = lengths.pop() if len(lengths) == 1 else numpy.size(data)
        yield number, ([_spread(part, length) for part in coords], _spread(data, length))
        del coords, data
    if rows:
        yield number, _columns(rows)


def _spread(part: Any, length: int) -> Any:
    """A number for each of `length` entries; an array as it is."""
    import numpy

    array = numpy.asarray(part)
    return numpy.full(length, array) if array.ndim == 0 else array


def _columns(rows: list[Any]) -> tuple[list[Any], Any]:
    import numpy

    *coords, data = (numpy.asarray(column) for column in zip(*rows, strict=True))
    return coords, data
