"""Histograms equal NumPy's, bin by bin, whatever the source, the threads and the batches."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

RULES = ["auto", "fd", "scott", "sturges", "sqrt", "rice"]


def samples(n=20_000, seed=4):
    rng = np.random.default_rng(seed)
    value = np.round(rng.gamma(2.0, 3.0, n), 3)
    value[::101] = np.nan
    return {
        "v": value,
        "w": rng.integers(0, 9, n).astype(float),
        "k": np.array(["ash", "oak", "elm"])[rng.integers(0, 3, n)],
    }


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-1e3, 1e3),
    st.one_of(st.floats(1e-3, 1e4), st.just(1.0), st.just(0.7)),
    st.integers(1, 70),
    st.integers(0, 2**32 - 1),
)
def test_counts_equal_numpy_on_edges_and_beside_them(start, width, bins, seed):
    rng = np.random.default_rng(seed)
    span = (start, start + width)
    edges = np.linspace(*span, bins + 1)
    near = rng.choice(edges, 300)
    values = np.concatenate(
        [near, np.nextafter(near, np.inf), np.nextafter(near, -np.inf), rng.uniform(*span, 99)]
    )
    expected, expected_edges = np.histogram(values, bins, span)
    counts, found_edges = dp.histogram({"v": values}, "v", bins, span)
    np.testing.assert_array_equal(found_edges, expected_edges)
    np.testing.assert_array_equal(counts, expected)


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "float32", "bool"])
def test_every_type_counts_as_its_float64(dtype):
    values = np.random.default_rng(1).integers(0, 100, 5000).astype(dtype)
    expected = np.histogram(values.astype(float), 13, (0, 100))[0]
    np.testing.assert_array_equal(dp.histogram({"v": values}, "v", 13, (0, 100)).counts, expected)


@pytest.mark.parametrize("threads", [1, 3])
def test_weights_edges_and_streams_equal_numpy(threads):
    data = samples()
    keep = ~np.isnan(data["v"])
    edges = [0, 1, 1.5, 4, 20]

    def parts():
        for start in range(0, len(data["v"]), 777):
            yield {name: column[start : start + 777] for name, column in data.items()}

    expected = np.histogram(data["v"][keep], edges, weights=data["w"][keep])[0]
    for source in (data, parts()):
        found = dp.histogram(source, "v", edges, weights="w", threads=threads)
        np.testing.assert_allclose(found.counts, expected)
        assert found.label == "sum of w"
    expected = np.histogram(data["v"][keep], 40)
    for source in (data, parts()):  # a stream is kept until its range is known
        counts, found_edges = dp.histogram(source, "v", 40, threads=threads)
        np.testing.assert_array_equal(counts, expected[0])
        np.testing.assert_allclose(found_edges, expected[1], rtol=1e-12)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", ["smooth", "integers", "spiked", "one value"])
def test_rules_give_as_many_bins_as_numpy(rule, kind):
    rng = np.random.default_rng(8)
    values = {
        "smooth": rng.normal(5, 2, 4001),
        "integers": rng.poisson(30, 3000),
        "spiked": np.concatenate([rng.normal(0, 1e-3, 4000), [-0.9, 0.7]]),
        "one value": np.full(50, 3.0),
    }[kind]
    expected = np.histogram(values, rule)
    counts, edges = dp.histogram({"v": values}, "v", rule)
    np.testing.assert_allclose(edges, expected[1], rtol=1e-12)
    np.testing.assert_array_equal(counts, expected[0])


@pytest.mark.parametrize("rule", ["auto", "scott"])
def test_rules_look_at_what_is_in_the_range(rule):
    values = np.random.default_rng(8).normal(5, 2, 4001)
    expected = np.histogram(values, rule, (4, 7))
    np.testing.assert_array_equal(dp.histogram({"v": values}, "v", rule, (4, 7)).counts, expected[0])


def test_categories_densities_and_sums_over_the_bins_before():
    data = samples()
    found = dp.histogram(data, "v", 25, (0, 30), by="k")
    assert found.categories == ["ash", "elm", "oak"]
    for row, name in zip(found.counts, found.categories, strict=True):
        np.testing.assert_array_equal(row, np.histogram(data["v"][data["k"] == name], 25, (0, 30))[0])
    keep = ~np.isnan(data["v"])
    density = dp.histogram(data, "v", 25, (0, 30), density=True)
    expected = np.histogram(data["v"][keep], 25, (0, 30), density=True)[0]
    np.testing.assert_allclose(density.counts, expected)
    assert density.label == "density"
    np.testing.assert_array_equal(
        dp.histogram(data, "v", 25, (0, 30), cumulative=True).counts, np.cumsum(found.counts.sum(axis=0))
    )
    assert dp.histogram(data, "v", 25, density=True, cumulative=True).counts[-1] == pytest.approx(1)


def test_bins_of_one_ratio_and_of_dates():
    counts, edges = dp.histogram({"v": np.array([1.0, 5, 10, 50, 1000, -1])}, "v", 3, scale="log")
    np.testing.assert_allclose(edges, [1, 10, 100, 1000])
    assert counts.tolist() == [2, 2, 1]
    days = np.arange("2024-01-01", "2024-01-11", dtype="M8[D]")
    counts, edges = dp.histogram({"day": days}, "day", 5, ("2024-01-01", "2024-01-11"))
    assert counts.tolist() == [2, 2, 2, 2, 2]
    assert edges[1] == np.datetime64("2024-01-03")


def test_a_canvas_gives_its_width_range_and_scale():
    data = samples()
    found = dp.Canvas(50, 1, x_range=(0, 30)).histogram(data, "v", by="k")
    assert found.counts.shape == (3, 50)
    expected = dp.histogram(data, "v", 50, (0, 30), by="k")
    np.testing.assert_array_equal(found.counts, expected.counts)
    points = dp.Canvas(50, 1, x_range=(0, 30), y_range=(-1, 10)).points(data, "v", "w")
    np.testing.assert_array_equal(found.counts.sum(axis=0), np.asarray(points)[0])


def test_rows_are_counted_and_the_rest_is_skipped():
    found = dp.histogram({"v": np.array([0.0, 1, 2, float("nan"), 9])}, "v", 2, (0, 2))
    assert (found.rows, found.skipped) == (5, 2)
    assert "2 bins, 5 rows" in repr(found)
    assert dp.histogram(np.arange(10.0)).counts.sum() == 10


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        (("v", 0), {}, dp.BadArgument, "at least 1"),
        (("v", "stone"), {}, dp.BadArgument, "bins"),
        (("v", [1, 0]), {}, dp.BadArgument, "rise throughout; 0 comes after 1"),
        (("v", [1]), {}, dp.BadArgument, "from 1 to"),
        (("v", 2**25), {}, dp.BadArgument, "33554432 bins"),
        (("v", 5, (2, 1)), {}, dp.BadArgument, "reversed"),
        (("v", [0, 1], (0, 1)), {}, dp.BadArgument, "not both"),
        (("v", "auto"), {"weights": "w"}, dp.BadArgument, "looks at values"),
        (("vv",), {}, dp.MissingColumn, "did you mean"),
        (("k",), {}, dp.NotNumeric, "text"),
        ((None,), {}, dp.BadArgument, "say which column"),
        (("v", 3, (-1, 5)), {"scale": "log"}, dp.BadArgument, "above 0"),
    ],
)
def test_bad_input_has_one_clear_error(arguments, options, error, says):
    with pytest.raises(error, match=says):
        dp.histogram(samples(100), *arguments, **options)


def test_a_column_without_values_is_refused():
    with pytest.raises(dp.EmptyData, match="no finite value"):
        dp.histogram({"v": np.array([float("nan")])}, "v")
