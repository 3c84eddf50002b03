"""What is said of arrays whose rows or columns repeat, against a slow twin that compares every slice."""

import numpy as np
import pytest
from drypoint._watch import waste
from hypothesis import given, settings
from hypothesis import strategies as st


def naive(array):
    """Whether all slices along an axis are the same, and not all values."""
    return len(np.unique(array)) > 1 and any(
        length >= 16 and all(np.array_equal(array.take(0, axis), array.take(k, axis)) for k in range(length))
        for axis, length in enumerate(array.shape)
    )


@settings(max_examples=60, deadline=None)
@given(
    shape=st.sampled_from([(400, 500), (20, 9000), (9000, 20), (30, 90, 70), (12, 20_000)]),
    axis=st.sampled_from([None, 0, 1]),
    spoiled=st.booleans(),
    turned=st.booleans(),
    seed=st.integers(0, 99),
)
def test_repeated_slices_agree_with_comparing_them_all(shape, axis, spoiled, turned, seed):
    rng = np.random.default_rng(seed)
    drawn = [1 if number == axis else length for number, length in enumerate(shape)]
    array = np.broadcast_to(rng.random(drawn), shape).copy()
    if spoiled:
        array.flat[rng.integers(array.size)] += 1
    array = array.T if turned else array
    found = waste.find(array)
    assert (found is not None and found.kind == "repeated") == naive(array)


def test_the_coordinates_of_a_grid_repeat_and_say_how_often():
    x, y = np.meshgrid(np.arange(600.0) ** 2, np.arange(400.0) ** 2)
    found = waste.find(x)
    assert (found.kind, found.bytes, found.needed) == ("repeated", 400 * 600 * 8, 600 * 8)
    assert "its 400 rows are all the same" in found.why and "sparse=True" in found.fix
    assert "600 columns" in waste.find(y).why


@pytest.mark.parametrize(
    "array",
    [
        np.broadcast_to(np.random.default_rng(0).random(500), (400, 500)),  # takes no more than one row
        np.full((500, 500), 0.3),
        np.tile(np.linspace(0, 200, 1500).astype(np.uint8), (800, 1)),  # pixels
        np.tile(np.random.default_rng(0).random(500), (20, 1)),  # small
    ],
    ids=["broadcast", "constant", "ramp of pixels", "small"],
)
def test_what_is_no_waste_of_repetition(array):
    found = waste.find(array)
    assert found is None or found.kind != "repeated"
