"""What is given wrongly is told in one sentence, and never a crash."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

COO = [
    (([1.0], ([3], [0])), (3, 4), r"row\[0\] is 3, but dimension 0 has 3"),
    (([1.0, 2.0], ([0, 0], [1, 4])), (3, 4), r"col\[1\] is 4, but dimension 1 has 4"),
    (([1.0], ([-1], [0])), (3, 4), r"row\[0\] is -1; indices are counted from 0"),
    (([1.0], ([-1], [0])), None, r"row\[0\] is -1; indices are counted from 0"),
    (([1.0, 2.0], ([0], [1])), (3, 4), r"row has 1 items, data has 2"),
    (([1.0], ([0], [1], [2])), (3, 4), r"coords has 3 arrays"),
    (([1.0], ([0.5], [1])), (3, 4), r"row must be integers, not float64"),
    (([1.0], ([True], [1])), (3, 4), r"row must be integers, not bool"),
    (([[1.0]], ([0], [1])), (3, 4), r"data has 2 dimensions"),
    (([1.0], ([0], [1])), (-3, 4), r"shape must be at least 0"),
    (([1.0], ([0], [1])), (3.5, 4), r"shape must be a whole number"),
    (([], ([], [])), None, r"give shape"),
    (([1.0], [0], [0, 1], 4), (1, 1), r"parts are"),
    (([1], (np.array([2**63], "u8"), [0])), (3, 4), r"row\[0\] is"),
]


@pytest.mark.parametrize(("parts", "shape", "message"), COO)
def test_coordinates(parts, shape, message):
    with pytest.raises(dp.BadArgument, match=message):
        dp.CooArray(parts, shape)


CSR = [
    (([1.0], [0], [0, 1, 1]), (1, 1), r"indptr has 3 items, 2 are needed for 1 rows"),
    (([1.0], [0], [1, 1]), (1, 1), r"indptr goes from 1 to 1"),
    (([1.0], [0], [0, 0]), (1, 1), r"indptr goes from 0 to 0"),
    (([1.0, 2.0], [0, 0], [0, 2, 1, 2]), (3, 1), r"indptr steps back at row 1, from 2 to 1"),
    (([1.0], [0], [0, 2]), (1, 1), r"indptr\[1\] is 2, but data has 1 items"),
    (([1.0], [0], [0, -1]), (1, 1), r"indptr\[1\] is -1"),
    (([1.0], [5], [0, 1]), (1, 5), r"indices\[0\] is 5, but there are 5 columns"),
    (([1.0], [0, 0], [0, 1]), (1, 5), r"indices has 2 items, data has 1"),
    (([1.0], [0], []), (0, 5), r"indptr has 0 items"),
    (([1.0], [0], [0, 1]), (1, 5, 2), r"shape must be \(rows, columns\)"),
    ((np.zeros((2, 2, 2)),), None, r"parts are"),
]


@pytest.mark.parametrize(("parts", "shape", "message"), CSR)
def test_rows(parts, shape, message):
    with pytest.raises(dp.BadArgument, match=message):
        dp.CsrArray(parts, shape)


@pytest.mark.parametrize("kind", [dp.CooArray, dp.CsrArray])
def test_items_without_numbers(kind):
    for dtype in ("O", "M8[s]", "m8[s]", "U3", "S2", [("a", "i4")]):
        with pytest.raises(dp.UnsupportedData, match=r"astype|dtype"):
            kind(np.zeros((2, 2), dtype))
    if np.dtype("longdouble").itemsize > 8:
        with pytest.raises(dp.UnsupportedData, match="64 bits"):
            kind(np.zeros((2, 2), "longdouble"))
    with pytest.raises(dp.UnsupportedData, match="filled"):
        kind(np.ma.masked_equal([[1, 0]], 1))


def test_other_slips():
    matrix = dp.CsrArray(np.eye(4))
    array = dp.CooArray(np.ones((2, 3, 4)))
    with pytest.raises(dp.BadArgument, match="2 dimensions"):
        dp.CsrArray(np.ones(3))
    with pytest.raises(dp.BadArgument, match="row by row"):
        array.tocsr()
    with pytest.raises(dp.BadArgument, match="has its own"):
        dp.CooArray(matrix, (2, 2))
    with pytest.raises(dp.BadArgument, match="has its own"):
        dp.CooArray(np.eye(2), (2, 2))
    for key in ((0, 0, 0), 4, (0, -5), ([9],), (np.ones(3, bool),)):
        with pytest.raises(IndexError):
            matrix[key]
    for key in ("a", None, 1.5, (0, [1]), (..., ...), ([0.5],), (slice(None, None, 0),), slice("a"), True):
        with pytest.raises(dp.BadArgument):
            matrix[key]
    with pytest.raises(dp.BadArgument, match="indexed by"):
        array[[0, 1]]
    with pytest.raises(dp.BadArgument, match="axis"):
        array.sum(axis=3)
    with pytest.raises(dp.BadArgument, match="twice"):
        array.sum(axis=(0, -3))
    with pytest.raises(dp.BadArgument, match="axes"):
        array.transpose(0, 1)
    with pytest.raises(dp.BadArgument, match="copy"):
        dp.CooArray(np.eye(2), copy="no")
    with pytest.raises(dp.UnsupportedData, match="float16"):
        matrix.astype("float16").to_scipy()


@pytest.mark.parametrize("kind", [dp.CooArray, dp.CsrArray])
def test_after_close(kind):
    array = kind(np.eye(3))
    view = array.data
    with array:
        assert not array.closed
    array.close()
    assert array.closed and "closed" in repr(array)
    assert view.tolist() == [1.0, 1.0, 1.0]
    for use in (
        lambda: array.shape,
        lambda: array[0],
        lambda: array.sum(),
        lambda: np.asarray(array),
        array.tocsr,
    ):
        with pytest.raises(dp.ClosedError, match=f"{kind.__name__} is closed"):
            use()


@given(
    st.lists(st.integers(-2, 6), max_size=6),
    st.lists(st.integers(-2, 6), max_size=6),
    st.integers(0, 6),
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    st.sampled_from(["i1", "u1", "i4", "u4", "i8", ">i4", ">u8"]),
    st.sampled_from([None, True, False]),
)
@settings(max_examples=300, deadline=None)
def test_parts_are_taken_as_scipy_takes_them_or_refused(indptr, indices, values, shape, dtype, copy):
    parts = np.ones(values), np.array(indices).astype(dtype), np.array(indptr).astype(dtype)
    try:
        matrix = dp.CsrArray(parts, shape, copy=copy)
    except dp.BadArgument:
        return
    found = sp.csr_array(parts, shape=shape)
    found.check_format(full_check=True)
    np.testing.assert_array_equal(matrix.to_dense(), found.toarray())


@given(
    st.lists(st.tuples(st.integers(-2, 6), st.integers(-2, 6)), max_size=8),
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    st.sampled_from(["i1", "u2", "i4", "u4", "i8", "u8"]),
    st.sampled_from([None, True, False]),
)
@settings(max_examples=200, deadline=None)
def test_coordinates_are_taken_as_scipy_takes_them_or_refused(places, shape, dtype, copy):
    coords = np.array(places, "i8").reshape(-1, 2).astype(dtype)
    parts = np.ones(len(places)), (coords[:, 0].copy(), coords[:, 1].copy())
    inside = all(0 <= row < shape[0] and 0 <= col < shape[1] for row, col in coords.tolist())
    if not inside:
        with pytest.raises(dp.BadArgument):
            dp.CooArray(parts, shape, copy=copy)
        return
    found = dp.CooArray(parts, shape, copy=copy)
    wanted = np.zeros(shape)
    np.add.at(wanted, parts[1], 1.0)
    np.testing.assert_array_equal(found.to_dense(), wanted)


def test_a_lender_that_writes_to_its_indices_is_told():
    theirs = sp.random_array((70_000, 70_000), density=100_000 / 70_000**2, format="csr", rng=1)
    matrix = dp.CsrArray(theirs)
    theirs.indices[:] = 2**31 - 1
    with pytest.raises(dp.CorruptData, match="copy=True"):
        matrix @ np.ones(70_000)
