"""Rows that stand for a series: equal to slow twins, and M4's picture is that of all rows."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def intervals(x, y, count):
    """The finite rows of each interval of the finite x."""
    finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not len(finite):
        return []
    start, end = x[np.isfinite(x)].min(), x[np.isfinite(x)].max()
    if start == end:
        return [finite]
    scale = count / (end - start)
    at = np.clip(np.floor(x[finite] * scale + -start * scale), 0, count - 1)
    return [finite[at == which] for which in np.unique(at)]


def slow_intervals(x, y, count, ends):
    rows = set()
    for part in intervals(x, y, count):
        rows |= {part[np.argmin(y[part])], part[np.argmax(y[part])]}
        if ends:
            rows |= {part[0], part[-1]}
    return sorted(rows)


def slow_triangles(x, y, count):
    """Steinarsson's buckets over all rows; those without a finite row are passed over."""
    n = len(x)
    count = max(min(count, n), 3)
    inner = count - 2
    buckets = [[] for _ in range(count)]
    for row in range(n):
        if row == 0:
            bucket = 0
        elif row == n - 1:
            bucket = count - 1
        else:
            bucket = (row - 1) * inner // (n - 2) + 1
        if np.isfinite(x[row]) and np.isfinite(y[row]):
            buckets[bucket].append(row)
    buckets = [bucket for bucket in buckets if bucket]
    chosen = []
    for place, bucket in enumerate(buckets):
        if place == 0 or place == len(buckets) - 1:
            chosen.append(bucket[0])
            continue
        before, after = chosen[-1], buckets[place + 1]
        mean_x, mean_y = sum(x[after]) / len(after), sum(y[after]) / len(after)
        areas = [
            abs((x[before] - mean_x) * (y[row] - y[before]) - (x[before] - x[row]) * (mean_y - y[before]))
            for row in bucket
        ]
        chosen.append(bucket[int(np.argmax(areas))])
    return chosen


def slow(x, y, n, method):
    if method == "m4":
        return slow_intervals(x, y, n // 4, True)
    if method == "minmax":
        return slow_intervals(x, y, n // 2, False)
    if method == "lttb":
        return slow_triangles(x, y, n)
    before = np.array(slow_intervals(x, y, 4 * n // 2, False), int)
    if len(before) <= n:
        return before.tolist()
    return before[slow_triangles(x[before], y[before], n)].tolist()


METHODS = ["m4", "minmax", "lttb", "minmaxlttb"]


def check(x, y, n, method, **options):
    rows = slow(x, y, n, method)
    got_x, got_y = dp.downsample(x, y, n, method, **options)
    np.testing.assert_array_equal(got_x, x[rows])
    np.testing.assert_array_equal(got_y, y[rows])
    assert len(got_x) <= n


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), max_size=60),
    st.integers(4, 40),
    st.sampled_from(METHODS),
    st.booleans(),
)
def test_small_series_equal_the_twin(rows, n, method, in_order):
    rows = sorted(rows) if in_order else rows
    x, y = (np.array([row[axis] for row in rows], float) for axis in (0, 1))
    y[np.abs(y) == 9] = np.nan
    x[y == 8] = np.inf
    check(x, y, n, method)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("threads", [1, 3])
def test_long_series_equal_the_twin(method, threads):
    rng = np.random.default_rng(3)
    x = np.arange(50_000) / 7.0
    y = np.cumsum(rng.integers(-3, 4, len(x))).astype(float)
    for n in (5, 97, 3000):
        check(x, y, n, method, threads=threads)
    y[rng.random(len(y)) < 0.1] = np.nan
    check(x, y, 300, method, threads=threads)
    check(rng.permutation(x), y, 300, method, threads=threads)


def test_the_picture_of_m4_is_that_of_all_rows():
    rng = np.random.default_rng(4)
    x, y = np.arange(100_000.0), np.cumsum(rng.normal(0, 1, 100_000))
    canvas = dp.Canvas(200, 150, x_range=(x[0], x[-1]), y_range=(y.min(), y.max()))
    few_x, few_y = dp.downsample(x, y, 800, "m4")
    whole = np.asarray(canvas.line({"x": x, "y": y}, "x", "y", "any"))
    few = np.asarray(canvas.line({"x": few_x, "y": few_y}, "x", "y", "any"))
    # Steps between columns join the same rows; within a column all between least and greatest is crossed.
    np.testing.assert_array_equal(few, whole)


def test_types_are_kept_and_sources_are_read(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    when = np.datetime64("2024-01-01T00:00", "s") + np.arange(30_000)
    value = (np.arange(30_000) ** 2 % 997).astype("int16")
    x, y = dp.downsample(when, value, 100, "m4")
    assert (x.dtype, y.dtype) == (when.dtype, value.dtype)
    pq.write_table(pa.table({"t": when, "v": value}), tmp_path / "series.parquet", row_group_size=1000)
    for method in METHODS:
        x, y = dp.downsample(when, value, 100, method)
        from_file = dp.downsample("t", "v", 100, method, source=tmp_path / "series.parquet")
        np.testing.assert_array_equal(from_file[0], x)
        np.testing.assert_array_equal(from_file[1], y)


def test_bad_input_is_named():
    x = np.arange(10.0)
    with pytest.raises(dp.BadArgument, match=r"method must be.*'m4'"):
        dp.downsample(x, x, 8, "m5")
    with pytest.raises(dp.BadArgument, match=r"n must be at least 4, not 3"):
        dp.downsample(x, x, 3, "m4")
    with pytest.raises(dp.BadArgument, match="one length, not 10 and 9"):
        dp.downsample(x, x[1:], 8)
    with pytest.raises(dp.BadArgument, match=r"one dimension, not of shape \(2, 5\)"):
        dp.downsample(x.reshape(2, 5), x, 8)
    with pytest.raises(dp.NotNumeric):
        dp.downsample(x, np.array(list("abcdefghij")), 8)
    with pytest.raises(dp.UnsupportedData, match="only once"):
        dp.downsample("x", "y", 8, source=iter([{"x": x, "y": x}]))
    with pytest.raises(dp.MissingColumn):
        dp.downsample("x", "z", 8, source={"x": x, "y": x})
    with pytest.raises(dp.BudgetExceeded):
        dp.downsample(x, x, 10**8, "m4", memory="1MB")
    for nothing in (x[:0], x * np.nan):
        for method in METHODS:
            assert [len(part) for part in dp.downsample(nothing, nothing, 8, method)] == [0, 0]
