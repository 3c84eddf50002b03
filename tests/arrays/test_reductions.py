"""Reductions equal NumPy's: exactly for integers, within rounding for floats, with the same types and errors."""

from __future__ import annotations

import warnings

import drypoint as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

NAMES = [
    "sum",
    "prod",
    "min",
    "max",
    "ptp",
    "mean",
    "var",
    "std",
    "any",
    "all",
    "argmin",
    "argmax",
    "count_nonzero",
]


def numpy_s(name, array, axis, keepdims):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(np, name)(array, axis=axis, keepdims=keepdims)


def outcome(function):
    try:
        return function(), None
    except Exception as error:
        return None, type(error)


@st.composite
def cases(draw):
    dtype = draw(st.sampled_from(["?", "u1", "i4", "i8", ">i2", "f2", "f4", "f8", "c16", "m8[s]"]))
    shape = draw(npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7))
    kind = np.dtype(dtype).kind
    elements = {
        "f": st.sampled_from([0.0, -0.0, 1.5, -2.0, 3.25, np.nan, np.inf, -np.inf])
        if draw(st.booleans())
        else st.floats(-8, 8, width=16),
        "c": st.complex_numbers(max_magnitude=8),
        "m": st.integers(-1000, 1000).map(lambda n: np.timedelta64(n, "s")),
    }.get(kind)
    array = draw(npst.arrays(dtype, shape, elements=elements))
    axis = draw(st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1))) if shape else None
    if shape and draw(st.booleans()):
        axes = draw(st.lists(st.integers(0, len(shape) - 1), unique=True))
        axis = tuple(axes) if draw(st.booleans()) else axis
    return array, tuple(draw(st.integers(1, 4)) for _ in shape), axis, draw(st.booleans())


@given(cases(), st.sampled_from(NAMES))
@settings(max_examples=600, deadline=None)
def test_as_numpy(case, name):
    array, chunks, axis, keepdims = case
    compressed = dp.compress(array, chunks=chunks)
    expected, refused = outcome(lambda: numpy_s(name, array, axis, keepdims))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, error = outcome(lambda: getattr(compressed, name)(axis=axis, keepdims=keepdims))
    if refused is not None:
        assert error is not None
        return
    assert error is None, error
    assert np.shape(found) == np.shape(expected)
    if name == "count_nonzero":
        np.testing.assert_array_equal(found, expected)
        return
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    if np.asarray(expected).dtype.kind in "fc":
        close = {2: 1e-2, 4: 1e-5}.get(array.dtype.itemsize, 1e-9)
        scale = (
            float(np.max(np.abs(array[np.isfinite(array)]), initial=1.0)) ** 2
            if array.dtype.kind in "fc"
            else 1e5
        )
        np.testing.assert_allclose(found, expected, rtol=close, atol=close * scale)
    else:
        np.testing.assert_array_equal(found, expected)


def test_numpy_s_functions_go_chunk_by_chunk():
    array = np.random.default_rng(1).integers(0, 100, (2000, 300), dtype=np.int16)
    compressed = dp.compress(array, chunks=(500, 300))
    for name in ("sum", "min", "max", "mean", "std", "argmax", "any", "ptp"):
        before = dp.buffer_stats()["live"]
        np.testing.assert_allclose(
            getattr(np, name)(compressed, axis=0), getattr(np, name)(array, axis=0), rtol=1e-12
        )
        assert dp.buffer_stats()["live"] <= before + 400_000
    assert np.sum(compressed) == array.sum()
    out = np.zeros(300)
    assert np.mean(compressed, axis=0, out=out) is out
    np.testing.assert_allclose(out, array.mean(axis=0))


def test_a_sum_of_many_halves_does_not_lose_them():
    array = np.full(1_000_000, 0.1, np.float32)
    assert dp.compress(array).sum() == pytest.approx(100_000, rel=1e-6)


def test_text_has_extremes_as_numpy_has_them():
    compressed = dp.compress(np.array(["oak", "ash", "yew"]))
    with pytest.raises(TypeError):
        compressed.sum()
