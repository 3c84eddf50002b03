"""Indexing, reductions and products equal NumPy's and SciPy's of the same items."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

QUICK = settings(max_examples=120, deadline=None)
NUMBERS = ["bool", "int8", "uint8", "int32", "uint64", "int64", "float32", "float64", "complex128"]


def filled(dtype, shape, more=()):
    """Mostly zeros, and some small numbers."""
    if dtype == "bool":
        return hnp.arrays(dtype, shape, elements=st.booleans())
    return hnp.arrays(dtype, shape, elements=st.sampled_from([0, 0, 0, 1, 2, 5, *more]))


@st.composite
def items(draw, dtypes=NUMBERS):
    shape = tuple(draw(st.lists(st.integers(0, 6), min_size=1, max_size=4)))
    dtype = draw(st.sampled_from(dtypes))
    more = {"f": [-3.0, 0.5, float("nan")], "c": [-3, 0.5j]}.get(np.dtype(dtype).kind, [])
    return draw(filled(dtype, shape, more))


@st.composite
def matrices(draw):
    shape = draw(st.tuples(st.integers(0, 9), st.integers(0, 9)))
    return draw(filled(draw(st.sampled_from(NUMBERS)), shape))


def made(dense, how):
    """The same array by another way: in order, in another order, with entries in two halves."""
    if how == 0 or not dense.ndim:
        return dp.CooArray(dense)
    coords = np.nonzero(dense)
    data = dense[coords]
    order = np.random.default_rng(how).permutation(data.size)
    if how == 1 or dense.dtype.kind == "b":
        return dp.CooArray((data[order], [places[order] for places in coords]), dense.shape)
    twice = np.concatenate([order, order[::-1]])
    halves = np.concatenate([data[order] - 1, np.ones(data.size, data.dtype)])
    return dp.CooArray((halves, [places[twice] for places in coords]), dense.shape)


def equal(found, wanted):
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    if wanted.dtype.kind in "fc":
        np.testing.assert_allclose(found, wanted, rtol=1e-5 if wanted.dtype.itemsize <= 4 else 1e-12)
    else:
        np.testing.assert_array_equal(found, wanted)


@given(items(), st.data())
@QUICK
def test_boxes(dense, data):
    array = made(dense, data.draw(st.sampled_from([0, 1])))
    key = data.draw(hnp.basic_indices(dense.shape, allow_newaxis=False))
    wanted = dense[key]
    found = array[key]
    if isinstance(found, dp.CooArray):
        assert (found.shape, found.dtype) == (np.shape(wanted), dense.dtype)
        found = found.to_dense()
    np.testing.assert_array_equal(found, wanted)


@given(matrices(), st.data())
@QUICK
def test_parts_of_a_matrix(dense, data):
    matrix = dp.CsrArray(dense)
    height = dense.shape[0]
    rows = st.one_of(
        hnp.basic_indices(dense.shape[:1], allow_newaxis=False, allow_ellipsis=False).map(
            lambda key: (
                key[0]
                if isinstance(key, tuple) and key
                else key
                if not isinstance(key, tuple)
                else slice(None)
            )
        ),
        hnp.arrays("int64", st.integers(0, 6), elements=st.integers(-height, height - 1))
        if height
        else st.just([]),
        hnp.arrays(bool, height),
    )
    columns = hnp.basic_indices(dense.shape[1:], allow_newaxis=False, allow_ellipsis=False).map(
        lambda key: (
            key[0] if isinstance(key, tuple) and key else key if not isinstance(key, tuple) else slice(None)
        )
    )
    key = data.draw(rows), data.draw(columns)
    wanted = dense[np.asarray(key[0], "int64") if isinstance(key[0], list) else key[0], :][..., key[1]]
    found = matrix[key]
    if isinstance(found, dp.CsrArray | dp.CooArray):
        assert found.is_canonical
        found = found.to_dense()
    np.testing.assert_array_equal(found, wanted)


@given(items(), st.sampled_from([0, 1, 2]), st.data())
@QUICK
def test_reductions(dense, how, data):
    array = made(dense, how)
    if how == 2:
        dense = array.to_dense()  # halves of NaN, and of numbers without a sign
    axis = data.draw(
        st.one_of(st.none(), hnp.valid_tuple_axes(dense.ndim), st.integers(-dense.ndim, dense.ndim - 1))
    )
    keepdims = data.draw(st.booleans())
    arrays = [array] + ([array.tocsr()] if dense.ndim == 2 else [])
    for one in arrays:
        equal(one.sum(axis=axis, keepdims=keepdims), dense.sum(axis=axis, keepdims=keepdims))
        with np.errstate(all="ignore"):
            if dense.size:
                equal(one.mean(axis=axis, keepdims=keepdims), dense.mean(axis=axis, keepdims=keepdims))
        if dense.dtype.kind == "c":
            with pytest.raises(dp.UnsupportedData):
                one.max()
            continue
        for name in ("min", "max"):
            try:
                wanted = getattr(dense, name)(axis=axis, keepdims=keepdims)
            except ValueError:
                with pytest.raises(dp.BadArgument):
                    getattr(one, name)(axis=axis, keepdims=keepdims)
            else:
                equal(getattr(one, name)(axis=axis, keepdims=keepdims), wanted)


@given(matrices(), st.sampled_from(NUMBERS), st.data())
@QUICK
def test_a_matrix_times_a_vector(dense, dtype, data):
    vector = data.draw(filled(dtype, dense.shape[1]))
    equal(dp.CsrArray(dense) @ vector, dense @ vector)
    for how in (0, 1):
        equal(made(dense, how) @ vector, dense @ vector)
    if dense.shape[0]:
        equal(dp.CsrArray(dense)[0] @ vector, dense[0] @ vector)


@given(items(dtypes=["int64", "float64", "bool"]), st.sampled_from([1, 2]))
@QUICK
def test_entries_come_in_order_and_once(dense, how):
    array = made(dense, how)
    whole = array.sum_duplicates()
    assert whole.is_canonical
    np.testing.assert_array_equal(whole.to_dense(), array.to_dense())
    cells = np.ravel_multi_index(whole.coords, dense.shape) if whole.nnz else np.array([])
    assert (np.diff(cells.astype("int64")) > 0).all()
    if dense.ndim == 2:
        assert array.tocsr().is_canonical
        np.testing.assert_array_equal(array.tocsr().to_dense(), array.to_dense())


@pytest.mark.parametrize("shape", [(400, 700), (3, 200_000), (200_000, 3)])
def test_larger_ones_as_scipy(shape):
    theirs = sp.random_array(shape, density=0.05, format="coo", rng=3)
    order = np.random.default_rng(1).permutation(theirs.nnz)
    theirs = sp.coo_array((theirs.data[order], tuple(places[order] for places in theirs.coords)), shape)
    matrix, wanted = dp.CooArray(theirs).tocsr(), theirs.tocsr()
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(matrix, name), getattr(wanted, name))
    turned = wanted.T.tocsr()
    turned.sort_indices()
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(matrix.T, name), getattr(turned, name))
    vector = np.random.default_rng(2).random(shape[1])
    np.testing.assert_allclose(matrix @ vector, wanted @ vector)
    np.testing.assert_allclose(matrix.sum(0), wanted.sum(0))
    np.testing.assert_allclose(matrix.sum(1), wanted.sum(1))


def test_duplicates_of_rows_are_summed_in_their_order():
    values = np.array([1e16, 1.0, -1e16, 1.0])
    array = dp.CooArray((values, ([0] * 4, [1, 1, 1, 0])), (1, 2))
    assert array.tocsr().data.tolist() == [1.0, ((1e16 + 1.0) - 1e16)]
    unsummed = dp.CsrArray((values, [1, 1, 1, 0], [0, 4]), (1, 2))
    assert unsummed.nnz == 4 and not unsummed.is_canonical
    assert unsummed.sum_duplicates().nnz == 2


def test_rows_share_their_memory():
    theirs = sp.random_array((90, 80), density=0.3, format="csr", rng=1)
    matrix = dp.CsrArray(theirs)
    part = matrix[10:40]
    assert np.shares_memory(part.data, theirs.data) and part.nbytes < matrix.nbytes
    np.testing.assert_array_equal(part.to_dense(), theirs.toarray()[10:40])
    assert not np.shares_memory(part.copy().data, theirs.data)
    rows = list(matrix)
    assert len(rows) == len(matrix) == 90
    for number in (0, 17, -1):
        columns, values = matrix.row(number)
        assert np.shares_memory(values, theirs.data)
        dense = np.zeros(80)
        dense[columns] = values
        np.testing.assert_array_equal(dense, theirs.toarray()[number])
        np.testing.assert_array_equal(rows[number].to_dense(), dense)


def test_numpy_leaves_the_operators_to_us():
    matrix = dp.CsrArray(np.eye(3))
    with pytest.raises(TypeError):
        np.ones(3) + matrix
    with pytest.raises(dp.BadArgument, match="neither true nor false"):
        bool(matrix)
    with pytest.raises(dp.BadArgument, match="only a vector of 3 items"):
        matrix @ np.ones((3, 3))
