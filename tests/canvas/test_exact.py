"""Aggregates equal the naive twin and Datashader, whatever the kind of source, the threads and the batches."""

from __future__ import annotations

import drypoint as dp
import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

RANGES = {"x_range": (-3.0, 3.0), "y_range": (-6.0, 6.0)}


def canvas(width=61, height=43, **options):
    return dp.Canvas(width, height, **{**RANGES, **options})


def test_counts_equal_the_naive_twin(cloud):
    got = np.asarray(canvas().points(cloud, "x", "y"))
    assert got.dtype == np.uint32
    np.testing.assert_array_equal(got, naive.count(cloud["x"], cloud["y"], 61, 43, (-3, 3), (-6, 6)))


def test_counts_equal_datashader(cloud):
    import datashader
    import pandas

    frame = pandas.DataFrame({"x": cloud["x"], "y": cloud["y"]})
    theirs = datashader.Canvas(61, 43, **RANGES).points(frame, "x", "y", datashader.count())
    np.testing.assert_array_equal(np.asarray(canvas().points(cloud, "x", "y")), theirs.values)


def test_log_counts_equal_datashader():
    import datashader
    import pandas

    rng = np.random.default_rng(1)
    x, y = 10 ** rng.uniform(-2, 4, 20_000), 10 ** rng.uniform(0, 3, 20_000)
    x[:4] = [0.0, -1.0, 1e-2, 1e4]
    ranges = {"x_range": (1e-2, 1e4), "y_range": (1.0, 1e3)}
    frame = pandas.DataFrame({"x": x, "y": y})
    theirs = datashader.Canvas(50, 40, x_axis_type="log", y_axis_type="log", **ranges)
    ours = dp.Canvas(50, 40, x_scale="log", y_scale="log", **ranges).points({"x": x, "y": y}, "x", "y")
    np.testing.assert_array_equal(np.asarray(ours), theirs.points(frame, "x", "y").values)


@pytest.mark.parametrize("name", ["sum", "mean", "min", "max", "var", "std", "first", "last"])
@pytest.mark.parametrize("threads", [1, 3])
def test_folds_equal_the_naive_twin(cloud, name, threads):
    reduction = getattr(dp, name)("value")
    got = np.asarray(canvas(17, 11).points(cloud, "x", "y", reduction, threads=threads))
    expected = naive.fold(name, cloud["value"], cloud["x"], cloud["y"], 17, 11, (-3, 3), (-6, 6))
    if name in ("min", "max", "first", "last"):
        np.testing.assert_array_equal(got, expected)
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=0 if name in ("sum", "mean") else 1e-12)


def test_by_category_equals_one_count_for_each(cloud):
    got = canvas().points({**cloud, "kind": list(cloud["kind"])}, "x", "y", dp.by("kind"))
    assert got.categories == ["ash", "oak", "yew", "élan"]
    for place, kind in enumerate(got.categories):
        chosen = cloud["kind"] == kind
        expected = naive.count(cloud["x"][chosen], cloud["y"][chosen], 61, 43, (-3, 3), (-6, 6))
        np.testing.assert_array_equal(np.asarray(got)[..., place], expected)


def test_skipped_rows_are_counted(cloud):
    got = canvas().points(cloud, "x", "y")
    assert got.rows == len(cloud["x"])
    assert got.skipped == got.rows - np.asarray(got).sum()


def test_a_value_at_the_end_belongs_to_the_last_pixel():
    points = {"x": np.array([0.0, 1.0, 0.5]), "y": np.array([0.0, 1.0, 1.0])}
    got = np.asarray(dp.Canvas(2, 2, x_range=(0, 1), y_range=(0, 1)).points(points, "x", "y"))
    np.testing.assert_array_equal(got, [[1, 0], [0, 2]])


@settings(max_examples=60, deadline=None)
@given(
    x=hnp.arrays("f8", 40, elements=st.floats(allow_nan=True, allow_infinity=True)),
    y=hnp.arrays("f8", 40, elements=st.floats(-2, 2)),
    start=st.floats(-1e6, 1e6),
    extent=st.floats(1e-3, 1e6),
    width=st.integers(1, 50),
)
def test_any_range_any_value(x, y, start, extent, width):
    x[:3] = [start, start + extent, np.nextafter(start + extent, -np.inf)]
    ranges = (start, start + extent)
    got = np.asarray(dp.Canvas(width, 3, x_range=ranges, y_range=(-2, 2)).points({"x": x, "y": y}, "x", "y"))
    np.testing.assert_array_equal(got, naive.count(x, y, width, 3, ranges, (-2.0, 2.0)))


DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">i4", ">f8"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", [1, 3, -1])
def test_every_dtype_and_stride(dtype, step):
    values = np.random.default_rng(3).integers(0, 2 if dtype == "?" else 100, 3000).astype(dtype)[::step]
    y = np.zeros(len(values), "f4")
    got = np.asarray(
        dp.Canvas(10, 1, x_range=(0, 100), y_range=(-1, 1)).points({"x": values, "y": y}, "x", "y")
    )
    np.testing.assert_array_equal(got, naive.count(values.astype("f8"), y, 10, 1, (0, 100), (-1, 1)))


def test_merging_parts_equals_the_whole(cloud):
    halves = [{k: v[part] for k, v in cloud.items()} for part in (slice(0, 9_000), slice(9_000, None))]
    for reduction in (dp.count(), dp.mean("value"), dp.var("value"), dp.max("value"), dp.any()):
        whole = canvas().points(cloud, "x", "y", reduction)
        first, second = (canvas().points(half, "x", "y", reduction) for half in halves)
        merged = first + second
        assert merged.rows == whole.rows and merged.skipped == whole.skipped
        np.testing.assert_allclose(np.asarray(merged), np.asarray(whole), rtol=1e-12, atol=1e-12)


def test_merging_different_canvases_is_refused(cloud):
    with pytest.raises(dp.BadArgument, match="different canvases"):
        canvas().points(cloud, "x", "y") + canvas(x_range=(-2, 2)).points(cloud, "x", "y")


def test_arithmetic_is_numpys(cloud):
    counts = canvas().points(cloud, "x", "y")
    np.testing.assert_array_equal(np.log1p(counts), np.log1p(np.asarray(counts)))
    np.testing.assert_array_equal(counts * 2, np.asarray(counts) * 2)
    np.testing.assert_array_equal(counts / counts.rows, np.asarray(counts) / counts.rows)


def test_the_array_is_a_view():
    counts = dp.Canvas(4, 4, x_range=(0, 1), y_range=(0, 1)).points(
        {"x": np.zeros(1), "y": np.zeros(1)}, "x", "y"
    )
    a, b = np.asarray(counts), np.asarray(counts)
    assert np.shares_memory(a, b)
    with pytest.raises(ValueError, match="without a copy"):
        np.array(counts, dtype="f4", copy=False)
    counts.close()
    assert a[0, 0] == 1, "an array keeps the cells alive"
    with pytest.raises(dp.ClosedError):
        counts.shape  # noqa: B018


@pytest.mark.parametrize("reduction", [dp.count(), dp.mean("value"), dp.by("kind"), dp.last("value")])
def test_save_and_load(cloud, tmp_path, reduction):
    source = {**cloud, "kind": list(cloud["kind"])}
    made = canvas().points(source, "x", "y", reduction)
    made.save(tmp_path / "a.npz")
    loaded = dp.Aggregate.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(np.asarray(loaded), np.asarray(made))
    assert (loaded.categories, loaded.rows, loaded.skipped) == (made.categories, made.rows, made.skipped)
    np.testing.assert_array_equal(np.asarray(loaded + made), np.asarray(made + loaded))
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_to_xarray(cloud):
    made = canvas().points(cloud, "x", "y").to_xarray()
    assert made.dims == ("y", "x") and made.shape == (43, 61)
    assert made.x[0] == pytest.approx(-3 + 3 / 61)
