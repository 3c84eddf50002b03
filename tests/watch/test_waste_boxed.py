"""Numbers and texts as Python objects: their bytes against what sys.getsizeof adds up to."""

import sys
from collections import deque

import numpy as np
import pandas as pd
import pytest
from drypoint._watch import waste
from hypothesis import given, settings
from hypothesis import strategies as st

COUNT = 20_000
FLOATS = [0.5 + number for number in range(COUNT)]
INTS = [10**6 + number for number in range(COUNT)]


def deep(thing, seen):
    """Bytes of a container and all in it, each object once."""
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    size = sys.getsizeof(thing)
    if isinstance(thing, dict):
        return size + sum(deep(item, seen) for pair in thing.items() for item in pair)
    if isinstance(thing, (list, tuple, set, frozenset, deque)):
        return size + sum(deep(item, seen) for item in thing)
    return size


@pytest.mark.parametrize(
    ("thing", "what", "needed"),
    [
        (FLOATS, "list of 20,000 floats", 8 * COUNT),
        (tuple(FLOATS), "tuple of 20,000 floats", 8 * COUNT),
        (deque(INTS), "deque of 20,000 ints", 4 * COUNT),
        (set(FLOATS), "set of 20,000 floats", 8 * COUNT),
        (frozenset(INTS), "frozenset of 20,000 ints", 4 * COUNT),
        ([k % 200 for k in range(COUNT)], "list of 20,000 ints", COUNT),
        ([k % 200 - 100 for k in range(COUNT)], "list of 20,000 ints", COUNT),
        ([2**40 + k for k in range(COUNT)], "list of 20,000 ints", 8 * COUNT),
        ([complex(k, 1) for k in range(COUNT)], "list of 20,000 complex numbers", 16 * COUNT),
        (list(np.arange(COUNT) + 0.5), "list of 20,000 floats", 8 * COUNT),
        ([None if k % 9 == 0 else k + 0.5 for k in range(COUNT)], "list of 20,000 floats", 8 * COUNT),
        (dict(enumerate(FLOATS)), "dict of 20,000 floats", 10 * COUNT),
        ([[k + 0.5, k + 0.25, k] for k in range(COUNT)], "list of 20,000 rows of 3 floats", 24 * COUNT),
        ([(k + 0.5, k + 0.25) for k in range(COUNT)], "list of 20,000 rows of 2 floats", 16 * COUNT),
        (
            [[0.5 + k * j for k in range(200)] for j in range(1, 101)],
            "list of 100 rows of 200 floats",
            8 * COUNT,
        ),
        ([[[k, j, 255] for k in range(100)] for j in range(100)], "list of 100 rows of 100×3 ints", 30_000),
        (
            [{"x": k + 0.5, "y": k + 0.25} for k in range(COUNT)],
            "list of 20,000 dicts",
            16 * COUNT,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bytes_are_those_of_all_objects(thing, what, needed):
    found = waste.find(thing)
    assert (found.kind, found.what, found.needed) == ("boxed", what, needed)
    assert found.bytes == pytest.approx(deep(thing, set()), rel=0.06)
    assert found.why and found.fix.endswith(".")


def test_rows_of_different_lengths_and_values_that_are_rows():
    ragged = [[0.5 + number for number in range(length % 50 + 1)] for length in range(2000)]
    found = waste.find(ragged)
    count = sum(map(len, ragged))
    assert "offsets" in found.fix and found.needed == pytest.approx(8 * count + 8 * 2000, rel=0.05)
    assert found.bytes == pytest.approx(deep(ragged, set()), rel=0.1)
    columns = {"x": FLOATS, "y": list(FLOATS)}
    assert waste.find(columns).what == "dict of 2 rows of 20,000 floats"
    assert waste.find({f"key {k}": value for k, value in enumerate(FLOATS)}).sure == 0.5


def test_one_object_many_times_is_counted_once():
    assert waste.find([0.5] * 100_000) is None
    found = waste.find([7] * 100_000)
    assert (found.bytes, found.needed) == (deep([7] * 100_000, set()), 100_000)


@pytest.mark.parametrize(
    "thing",
    [
        FLOATS[:9_999],
        [*FLOATS, "text"],
        [True, False] * COUNT,
        [(k, "name") for k in range(COUNT)],
        ["text"] * COUNT,  # one object
        [f"text {k}" for k in range(COUNT)],
        [2**70 + k for k in range(COUNT)],
        [{"x": k, "name": "n"} for k in range(COUNT)],
        [[]] * COUNT,
        [np.zeros(1000)] * COUNT,
        list(np.zeros((100, 4000))),
        range(COUNT),
        "x" * 10**6,
        b"x" * 10**6,
        {},
        [],
        deque(),
        None,
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_nothing_is_said_of(thing):
    assert waste.find(thing) is None


@settings(max_examples=40, deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, COUNT - 1))
def test_the_largest_number_decides_wherever_it_is(largest, place):
    numbers = list(range(100)) * (COUNT // 100)
    numbers[place] = largest
    low, high = min(numbers), max(numbers)
    fits = (np.dtype(name) for name in ("u1", "i1", "u2", "i2", "u4", "i4", "i8"))
    expected = min(
        dtype.itemsize for dtype in fits if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max
    )
    found = waste.find(numbers)
    assert (found.needed if found else 8 * COUNT) == expected * COUNT


def test_equal_texts_that_are_different_objects():
    texts = [f"station {k % 7}" for k in range(COUNT)]
    found = waste.find(texts)
    assert found.kind == "strings" and "sys.intern" in found.fix
    assert found.bytes == pytest.approx(deep(texts, set()), rel=0.05)
    assert waste.find([sys.intern(text) for text in texts]) is None


def test_arrays_of_objects():
    found = waste.find(np.array(FLOATS, object))
    assert (found.kind, found.needed) == ("object", 8 * COUNT) and "float64" in found.why
    assert found.bytes == 8 * COUNT + sum(map(sys.getsizeof, FLOATS))
    items = np.empty(COUNT, object)
    for number in range(COUNT):
        items[number] = np.zeros(3)
    found = waste.find(items)
    assert found.needed == 24 * COUNT and "np.stack" in found.fix
    assert waste.find(np.array(["text", 1.5] * COUNT, object)) is None
    assert waste.find(np.array([None] * COUNT, object)) is None
    assert waste.find(np.array(FLOATS[:100], object)) is None
    assert waste.find([np.zeros(2) for _ in range(COUNT)]).needed == 16 * COUNT


def test_columns_of_objects():
    frame = pd.DataFrame({"time": np.arange(COUNT), "load": pd.Series(FLOATS, dtype=object)})
    found = waste.find(frame)
    assert found.what == "DataFrame of 20,000 rows, column load" and found.needed == 8 * COUNT
    assert found.bytes == 8 * COUNT + sum(map(sys.getsizeof, FLOATS)) and "to_numeric" in found.fix
    assert waste.find(frame["load"]).bytes == found.bytes
    assert waste.find(frame["time"]) is None and waste.find(frame.iloc[:0]) is None
    assert waste.find(pd.DataFrame({"name": pd.Series(["a", 1] * 9999, dtype=object)})) is None
