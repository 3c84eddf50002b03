"""What goes in comes out, bit for bit: every type of value, any shape, any layout, memory shared where types agree."""

from __future__ import annotations

import copy
import pickle

import drypoint as dp
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

DTYPES = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
SHAPES = [(), (0,), (7,), (0, 0), (0, 5), (5, 0), (1, 1), (6, 9), (3, 4, 5), (2, 0, 3), (2, 3, 2, 3)]


def bits(array):
    return np.ascontiguousarray(array).tobytes()


def same(left, right):
    left, right = np.asarray(left), np.asarray(right)
    assert (left.shape, left.dtype) == (right.shape, right.dtype)
    assert bits(left) == bits(right)


def sparse_items(shape, dtype, seed=0):
    """Mostly zeros; whatever bits the type has are among the rest."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = rng.integers(0, 256, size, dtype="u1")
    items = (raw % 2 if dtype == "bool" else raw).view(dtype).reshape(shape).copy()
    items[rng.random(shape) < 0.7] = 0
    return items


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_dense(dtype, shape):
    items = sparse_items(shape, dtype)
    array = dp.CooArray(items)
    assert (array.shape, array.ndim, array.size, array.dtype) == (shape, len(shape), items.size, items.dtype)
    same(array.to_dense(), items)
    same(np.asarray(array), items)
    same(pickle.loads(pickle.dumps(array)).to_dense(), items)
    same(copy.deepcopy(array).to_dense(), items)
    same(array.copy().to_dense(), items)
    same(array.T.to_dense(), items.T)
    if len(shape) == 2:
        matrix = dp.CsrArray(items)
        same(matrix.to_dense(), items)
        same(pickle.loads(pickle.dumps(matrix, protocol=5)).to_dense(), items)
        same(matrix.T.to_dense(), items.T)
        same(matrix.tocoo().to_dense(), items)
        same(array.tocsr().to_dense(), items)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex128"])
def test_negative_zero_and_the_payload_of_a_nan_are_kept(dtype):
    items = np.zeros((3, 4), dtype)
    items[0, 1] = -0.0
    raw = items.view("u1").reshape(3, 4, -1)
    raw[2, 3] = 0xFF  # a NaN that is not the usual one, in both parts of a complex number
    for array in (dp.CooArray(items), dp.CsrArray(items)):
        assert array.nnz == 2
        same(array.to_dense(), items)
    # The same when the order of the entries has to be found.
    coords = np.array([2, 0]), np.array([3, 1])
    unsorted = dp.CooArray((items[coords], coords), items.shape)
    assert not unsorted.is_canonical
    same(unsorted.to_dense(), items)
    same(unsorted.tocsr().to_dense(), items)
    same(unsorted.sum_duplicates().to_dense(), items)


@pytest.mark.parametrize("dtype", [">i4", ">f8", ">c16", ">u2"])
def test_the_other_byte_order_becomes_this_machines(dtype):
    items = sparse_items((5, 6), np.dtype(dtype).newbyteorder("=")).astype(dtype)
    native = items.astype(items.dtype.newbyteorder("="))
    coords = np.nonzero(native)
    same(dp.CooArray(items).to_dense(), native)
    same(dp.CooArray((items[coords], [places.astype(">i8") for places in coords]), (5, 6)).to_dense(), native)


def test_strided_memory():
    items = sparse_items((20, 30), "float64")
    same(dp.CooArray(items[::-2, 1::3]).to_dense(), items[::-2, 1::3])
    same(dp.CsrArray(items.T).to_dense(), items.T)
    row, col = np.nonzero(items)
    value = np.zeros((row.size, 2))
    value[:, 1] = items[row, col]
    pair = np.stack([row, col], axis=1)
    array = dp.CooArray((value[::-1, 1], (pair[::-1, 0], pair[::-1, 1])), items.shape)
    same(array.to_dense(), items)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_scipy_in_every_layout(data):
    shape = data.draw(st.tuples(st.integers(0, 12), st.integers(0, 12)))
    dtype = data.draw(st.sampled_from([name for name in DTYPES if name != "float16"]))
    layout = data.draw(st.sampled_from(["coo", "csr", "csc", "lil", "dok", "bsr", "dia"]))
    items = data.draw(hnp.arrays(dtype, shape, elements=st.sampled_from([0, 0, 0, 1])))
    if 0 in shape and layout in ("bsr", "dia"):
        layout = "csr"
    make = data.draw(st.sampled_from([f"{layout}_array", f"{layout}_matrix"]))
    scipy = getattr(sp, make)(items)
    for kind in (dp.CooArray, dp.CsrArray):
        array = kind(scipy)
        same(array.to_dense(), items)
        back = array.to_scipy()
        assert back.shape == shape and back.dtype == items.dtype
        same(back.toarray(), items)


def big(kind):
    return sp.random_array((70_000, 70_000), density=100_000 / 70_000**2, format=kind, rng=1)


def test_memory_is_shared_where_types_agree():
    scipy = big("coo")
    array = dp.CooArray(scipy)
    assert array.coords[0].dtype == "uint32"
    assert np.shares_memory(array.data, scipy.data)
    for ours, theirs in zip(array.coords, scipy.coords, strict=True):
        assert np.shares_memory(ours, theirs)
    back = array.to_scipy()
    assert np.shares_memory(back.data, scipy.data)
    assert all(np.shares_memory(a, b) for a, b in zip(back.coords, scipy.coords, strict=True))
    assert dp.memory()["consumers"].get("sparse arrays", {"reserved": 0})["reserved"] < 1_000_000

    scipy = big("csr")
    matrix = dp.CsrArray(scipy)
    for name in ("data", "indices", "indptr"):
        assert np.shares_memory(getattr(matrix, name), getattr(scipy, name)), name
        assert np.shares_memory(getattr(matrix.to_scipy(), name), getattr(scipy, name)), name
    assert not np.shares_memory(matrix.to_scipy(copy=True).data, scipy.data)
    assert not np.shares_memory(dp.CsrArray(scipy, copy=True).data, scipy.data)
    with pytest.raises(ValueError, match="read-only"):
        matrix.data[0] = 1


def test_kept_and_copied_on_request():
    small = sp.random_array((50, 60), density=0.2, format="csr", rng=1)
    assert dp.CsrArray(small).indices.dtype == "uint8"
    kept = dp.CsrArray(small, copy=False)
    assert kept.indices.dtype == "uint32" and np.shares_memory(kept.indices, small.indices)
    same(kept.to_dense(), small.toarray())
    for source in (small.toarray(), small.tocsc(), small.tolil()):
        with pytest.raises(dp.BadArgument, match="without a copy"):
            dp.CsrArray(source, copy=False)
    with pytest.raises(dp.BadArgument, match="without a copy"):
        dp.CooArray((small.tocoo().data[::-1], small.tocoo().coords), (50, 60), copy=False)


@pytest.mark.parametrize("shape", [(9,), (6, 7), (3, 4, 5)])
def test_the_package_sparse(shape):
    sparse = pytest.importorskip("sparse")
    theirs = sparse.random(shape, density=0.3, random_state=1)
    array = dp.CooArray(theirs)
    same(array.to_dense(), theirs.todense())
    assert np.shares_memory(array.data, theirs.data)
    back = array.to_sparse()
    assert isinstance(back, sparse.COO)
    same(back.todense(), theirs.todense())
    same(dp.CooArray(sparse.DOK(theirs)).to_dense(), theirs.todense())
    if len(shape) == 2:
        same(dp.CsrArray(sparse.GCXS(theirs)).to_dense(), theirs.todense())
    with pytest.raises(dp.UnsupportedData, match="only 0 can be held"):
        dp.CooArray(theirs + 1)


@pytest.mark.parametrize("ndim", [1, 3])
def test_scipy_of_other_dimensions(ndim):
    items = sparse_items((4, 5, 6)[:ndim], "int32")
    try:
        theirs = sp.coo_array(items)
    except (TypeError, ValueError):
        with pytest.raises(dp.UnsupportedData, match=f"{ndim} dimensions"):
            dp.CooArray(items).to_scipy()
        return
    same(dp.CooArray(theirs).to_dense(), items)
    same(dp.CooArray(items).to_scipy().toarray(), items)


def test_indices_are_as_small_as_the_shape_allows():
    def kinds(*shape):
        coords = [np.array([length - 1]) for length in shape]
        array = dp.CooArray(([1], coords), shape)
        assert [int(places[0]) for places in array.coords] == [length - 1 for length in shape]
        return [str(places.dtype) for places in array.coords]

    assert kinds(1, 256) == ["uint8", "uint8"]
    assert kinds(257, 65536) == ["uint16", "uint16"]
    assert kinds(65537, 2**32) == ["uint32", "uint32"]
    assert kinds(2**32 + 1, 2**30) == ["uint64", "uint32"]
    array = dp.CooArray((np.ones(3, "f4"), ([1, 2, 3], [1, 2, 3])), (1000, 100))
    assert array.nbytes == 3 * (4 + 2 + 1)
    assert dp.CsrArray(array).nbytes == 3 * (4 + 1) + 1001
    assert array.to_scipy().coords[0].dtype == "int32"


def test_more_cells_than_32_bits_count():
    places = np.array([2**40 - 1, 5, 2**39])
    array = dp.CooArray((np.array([1, 2, 3]), (places, places % 1000)), (2**40, 1000))
    assert array.sum_duplicates().data.tolist() == [2, 3, 1]
    assert int(array[2**40 - 1, (2**40 - 1) % 1000]) == 1
    assert array.to_scipy().coords[0].dtype == "int64"
    with pytest.raises(dp.BudgetExceeded):
        array.to_dense()
    with pytest.raises(dp.BudgetExceeded):
        np.asarray(array)
    with pytest.raises(dp.BadArgument, match="cells"):
        dp.CooArray(([1], ([0], [0])), (2**40, 2**40))


def test_strips_of_something_that_is_read_by_slices():
    items = sparse_items((1000, 37), "int16", 3)

    class Strips:
        shape, dtype, chunks = items.shape, items.dtype, (64, 37)
        asked: list[slice] = []  # noqa: RUF012

        def __getitem__(self, key):
            self.asked.append(key)
            return items[key]

    source = Strips()
    same(dp.CooArray(source).to_dense(), items)
    assert len(source.asked) >= 2 and all(key.start % 64 == 0 for key in source.asked)


def test_astype():
    array = dp.CooArray(sparse_items((6, 7), "int16"))
    for dtype in ("float32", "int64", "complex64", "bool"):
        same(array.astype(dtype).to_dense(), array.to_dense().astype(dtype))
        assert np.shares_memory(array.astype(dtype).coords[0], array.coords[0])
    assert array.astype("int16", copy=False) is array
    with pytest.raises(dp.UnsupportedData, match="datetime64"):
        array.astype("M8[s]")
