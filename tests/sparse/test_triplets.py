"""Streams of entries: any number of them, in any parts, with and without a shape."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ENTRIES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 300), st.integers(-5, 5)), max_size=60)


def dense_of(entries, shape):
    wanted = np.zeros(shape, "int64")
    for row, col, value in entries:
        wanted[row, col] += value
    return wanted


def parts_of(entries, sizes):
    """The same entries one by one and as arrays, as the sizes say."""
    at = 0
    for size in [*sizes, len(entries)]:
        part = entries[at : at + size]
        at += size
        if size % 2 or not part:
            yield from part
        else:
            rows, cols, values = zip(*part, strict=True)
            yield np.array(rows, "u1"), list(cols), np.array(values)


@given(ENTRIES, st.lists(st.integers(0, 9), max_size=8), st.booleans(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_entries_in_any_parts(entries, sizes, sum_duplicates, told):
    if not entries and not told:
        with pytest.raises(dp.BadArgument, match="give shape"):
            dp.CooArray.from_triplets(iter(entries))
        return
    reach = (10, 301) if told else tuple(max(entry[axis] for entry in entries) + 1 for axis in (0, 1))
    shape = reach if told else None
    array = dp.CooArray.from_triplets(
        parts_of(entries, sizes), shape, dtype="int64", sum_duplicates=sum_duplicates
    )
    assert array.shape == reach
    assert array.nnz == (len({entry[:2] for entry in entries}) if sum_duplicates else len(entries))
    np.testing.assert_array_equal(array.to_dense(), dense_of(entries, reach))
    cells = array.coords[0].astype("i8") * reach[1] + array.coords[1]
    assert (np.diff(cells) >= 0).all() and array.is_canonical in (sum_duplicates, True)
    matrix = dp.CsrArray.from_triplets(parts_of(entries, sizes), shape, dtype="int64")
    assert matrix.is_canonical
    np.testing.assert_array_equal(matrix.to_dense(), dense_of(entries, reach))


def test_entries_of_one_place_keep_their_order():
    parts = ((np.zeros(5, int), np.zeros(5, int), np.arange(5) + 5 * part) for part in range(40))
    assert dp.CooArray.from_triplets(parts).data.tolist() == list(range(200))


def test_three_dimensions_and_one():
    array = dp.CooArray.from_triplets([(1, 2, 3, 0.5), (np.array([0, 1]), 2, np.array([1, 3]), 2.0)])
    assert array.shape == (2, 3, 4) and array.nnz == 3
    assert array.to_dense()[1, 2, 3] == 2.5
    assert dp.CooArray.from_triplets([(5, True)]).to_dense().tolist() == [False] * 5 + [True]


def test_indices_widen_as_places_come():
    array = dp.CooArray.from_triplets((10**power, power, power) for power in range(1, 12))
    assert array.shape == (10**11 + 1, 12)
    assert [str(places.dtype) for places in array.coords] == ["uint64", "uint8"]
    assert array.coords[0].tolist() == [10**power for power in range(1, 12)]


@pytest.mark.parametrize(
    ("triplets", "error", "message"),
    [
        ([(0, 1, 2), (0, 1)], dp.BadArgument, r"item 1 is \(0, 1\); expected \(row, column, value\)"),
        ([(0, 1, 2), 5], dp.BadArgument, "item 1 is 5"),
        ([5], dp.BadArgument, "item 0 is 5"),
        (5, dp.BadArgument, "iterable"),
        ([(0, 2, 1)], dp.BadArgument, r"col\[0\] is 2, but dimension 1 has 2"),
        ([(0, -1, 1)], dp.BadArgument, r"col\[0\] is -1"),
        ([(0.5, 1, 1)], dp.BadArgument, "row must be integers"),
        ([([0, 1], [0], [1])], dp.BadArgument, "row has 2 items, data has 1"),
        ([([0], [0], [1]), ([0], [0], [1.5])], dp.SchemaMismatch, "item 1 has values of float64"),
        ([([0], [0], ["a"])], dp.UnsupportedData, "dtype"),
    ],
)
def test_refused(triplets, error, message):
    with pytest.raises(error, match=message):
        dp.CooArray.from_triplets(triplets, (2, 2))


def test_a_generator_that_fails_leaves_nothing():
    def failing():
        yield np.arange(100_000), np.arange(100_000), np.ones(100_000)
        raise RuntimeError("the sensor is gone")

    before = dp.memory()["consumers"].get("sparse arrays", {"reserved": 0})["reserved"]
    with pytest.raises(RuntimeError, match="the sensor"):
        dp.CooArray.from_triplets(failing())
    assert dp.memory()["consumers"]["sparse arrays"]["reserved"] == before
