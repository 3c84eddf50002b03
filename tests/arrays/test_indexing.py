"""Indexing and assignment equal NumPy's, errors included."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst


@st.composite
def parts(draw, length):
    """One part of an index for an axis of this length."""
    return draw(
        st.one_of(
            st.slices(length) if length else st.just(slice(None)),
            st.slices(length) if length else st.just(slice(None, None, -1)),
            st.integers(-length, length - 1) if length else st.just(slice(3, 1)),
            npst.arrays(
                np.intp,
                npst.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
                elements=st.integers(-length, length - 1),
            )
            if length
            else st.just(np.zeros(0, np.intp)),
            npst.arrays(bool, (length,)),
        )
    )


@st.composite
def indices(draw, shape):
    index = [draw(parts(length)) for length in shape[: draw(st.integers(0, len(shape)))]]
    if draw(st.booleans()):
        index.insert(draw(st.integers(0, len(index))), Ellipsis)
    for _ in range(draw(st.integers(0, 2))):
        index.insert(draw(st.integers(0, len(index))), None)
    if draw(st.integers(0, 9)) == 0:
        index.insert(draw(st.integers(0, len(index))), draw(st.booleans()))
    return tuple(index) if len(index) != 1 or draw(st.booleans()) else index[0]


@st.composite
def cases(draw):
    shape = draw(npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))
    chunks = tuple(draw(st.integers(1, 5)) for _ in shape)
    array = (
        np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(draw(st.sampled_from(["i4", "f8", "U3"])))
    )
    return array, chunks, draw(indices(shape))


def outcome(function):
    try:
        return function(), None
    except Exception as error:
        return None, type(error)


@given(cases())
@settings(max_examples=400, deadline=None)
def test_reading(case):
    array, chunks, index = case
    compressed = dp.compress(array, chunks=chunks)
    expected, refused = outcome(lambda: array[index])
    found, error = outcome(lambda: compressed[index])
    assert error == refused
    if refused is None:
        assert type(found) is type(expected)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected, strict=True)


@given(cases(), st.data())
@settings(max_examples=300, deadline=None)
def test_assigning(case, data):
    array, chunks, index = case
    array = array.copy()
    compressed = dp.compress(array, chunks=chunks)
    target, refused = outcome(lambda: array[index])
    if refused is not None:
        return
    shape = np.shape(target)
    # Any shape that broadcasts to the target's, and sometimes one that does not.
    narrow = tuple(1 if data.draw(st.booleans()) else length for length in shape)
    narrow = narrow[data.draw(st.integers(0, len(narrow))) :]
    if data.draw(st.integers(0, 9)) == 0:
        narrow = (*narrow, 7)
    value = np.arange(np.prod(narrow, dtype=int)).reshape(narrow) * 10
    # Of points that are the same NumPy does not say which counts: give them one value.
    value = value[(0,) * value.ndim] if repeated(index, array.shape) and value.size else value

    def put(target):
        target[index] = value

    _, refused = outcome(lambda: put(array))
    _, error = outcome(lambda: put(compressed))
    assert (error is None) == (refused is None)
    np.testing.assert_array_equal(compressed[...], array, strict=True)


def repeated(index, shape):
    numbers = np.arange(np.prod(shape, dtype=int)).reshape(shape)[index]
    return np.unique(numbers).size != numbers.size


def test_masks_and_points_over_many_chunks():
    rng = np.random.default_rng(5)
    array = rng.integers(0, 1000, (400, 300), dtype=np.int32)
    compressed = dp.compress(array, chunks=(64, 50))
    mask = array > 700
    np.testing.assert_array_equal(compressed[mask], array[mask])
    rows, columns = rng.integers(-400, 400, 5000), rng.integers(-300, 300, 5000)
    np.testing.assert_array_equal(compressed[rows, columns], array[rows, columns])
    np.testing.assert_array_equal(compressed[rows[:50]], array[rows[:50]])
    np.testing.assert_array_equal(compressed[:, columns[:50]], array[:, columns[:50]])
    compressed[mask] = np.arange(mask.sum())
    array[mask] = np.arange(mask.sum())
    compressed[rows, columns] = -1
    array[rows, columns] = -1
    np.testing.assert_array_equal(compressed[...], array)


def test_a_value_may_be_the_array_itself():
    array = np.arange(10_000)
    compressed = dp.compress(array, chunks=700)
    compressed[:5000] = compressed[5000:]
    compressed[5000:] = compressed[4999::-1]
    array[:5000] = array[5000:]
    array[5000:] = array[4999::-1].copy()
    np.testing.assert_array_equal(compressed[...], array)
    other = dp.compress(array * 2, chunks=512)
    compressed[...] = other
    np.testing.assert_array_equal(compressed[...], array * 2)


@pytest.mark.parametrize(
    ("index", "error"),
    [
        (100, "index 100 is out of bounds for axis 0 with size 100"),
        ((0, -51), "index -51 is out of bounds for axis 1 with size 50"),
        ((0, 0, 0), "too many indices for array: array is 2-dimensional, but 3 were indexed"),
        (1.5, "only integers, slices"),
        ("name", "only integers, slices"),
        (([0, 1], [0, 1, 2]), r"could not be broadcast together with shapes \(2,\) \(3,\)"),
        (np.zeros(99, bool), "boolean index did not match indexed array along axis 0; size of axis is 100"),
        ((..., ...), "single ellipsis"),
        ([0, 100], "index 100 is out of bounds"),
    ],
)
def test_what_numpy_refuses_is_refused_in_its_words(index, error):
    array = np.zeros((100, 50))
    compressed = dp.compress(array)
    with pytest.raises(IndexError, match=error):
        array[index]
    with pytest.raises(IndexError, match=error):
        compressed[index]


def test_a_value_of_another_shape_changes_nothing():
    compressed = dp.compress(np.zeros((4, 5)))
    with pytest.raises(
        ValueError, match=r"could not broadcast input array from shape \(3,\) into shape \(4,5\)|\(4, 5\)"
    ):
        compressed[...] = np.ones(3)
    assert not compressed.any()


def test_a_large_step_reads_only_what_is_there():
    compressed = dp.compress(np.arange(3_000_000), chunks=1000)
    before = dp.memory()["consumers"]["decoded chunks"]["peak"]
    assert compressed[::1_000_000].tolist() == [0, 1_000_000, 2_000_000]
    assert compressed[::-999_999].tolist() == list(range(2_999_999, -1, -999_999))
    assert dp.memory()["consumers"]["decoded chunks"]["peak"] <= max(before, 5_000_000)
