"""Points and lines whose positions all stand in one row, and spikes: what they give is what rows written out give."""

from __future__ import annotations

import struct

import drypoint as dp
import numpy as np
import pytest

RANGES = {"x_range": (0.0, 10.0), "y_range": (-3.0, 3.0)}


@pytest.fixture(scope="module")
def lines():
    """Lines of unequal lengths, and their vertices one after the other with a break before each."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(0, 40, 200)
    xs = [np.sort(rng.uniform(-1, 11, length)) for length in lengths]
    ys = [rng.standard_normal(length).cumsum() for length in lengths]
    value = rng.integers(0, 100, 200).astype(float)
    apart = [np.nan]
    written = {
        "x": np.concatenate([part for x in xs for part in (apart, x)]),
        "y": np.concatenate([part for y in ys for part in (apart, y)]),
        "value": np.repeat(value, lengths + 1),
    }
    return {"xs": xs, "ys": ys, "value": value}, written


@pytest.mark.parametrize("reduction", [dp.count(), dp.max("value"), dp.first("value"), dp.sum("value")])
def test_lists_are_their_vertices(lines, reduction):
    import pyarrow as pa

    held, written = lines
    canvas = dp.Canvas(41, 23, **RANGES)
    expected = np.asarray(canvas.line(written, "x", "y", reduction))
    table = pa.table(
        {**held, "xs": pa.array(held["xs"]), "ys": pa.array(held["ys"], pa.large_list(pa.float32()))}
    )
    np.testing.assert_array_equal(np.asarray(canvas.line(held, "xs", "ys", reduction)), expected)
    # Rounded to float32, a vertex here and there lies in another pixel.
    close = np.asarray(canvas.line(table, "xs", "ys", reduction))
    assert np.isclose(close, expected, equal_nan=True).mean() > 0.99
    assert canvas.line(held, "xs", "ys").rows == 200


def test_shapes_are_their_vertices(lines):
    held, written = lines
    canvas = dp.Canvas(41, 23, **RANGES)

    def wkb(x, y):
        return struct.pack("<BII", 1, 2, len(x)) + np.stack([x, y], 1).astype("<f8").tobytes()

    shapes = {"geometry": [wkb(x, y) for x, y in zip(held["xs"], held["ys"], strict=True)]}
    expected = np.asarray(canvas.line(written, "x", "y"))
    np.testing.assert_array_equal(np.asarray(canvas.line(shapes, geometry="geometry")), expected)
    points = {
        "geometry": [struct.pack("<BIdd", 1, 1, *at) for at in zip(written["x"], written["y"], strict=True)]
    }
    expected = np.asarray(canvas.points(written, "x", "y"))
    np.testing.assert_array_equal(np.asarray(canvas.points(points, geometry="geometry")), expected)


def test_outlines_of_polygons_are_lines():
    ring = [(0, 0), (3, 0), (3, 3), (0, 3), (0, 0)]
    shapes = {"geometry": [[ring]]}
    found = dp.Canvas(4, 4, x_range=(0, 4), y_range=(0, 4)).line(
        shapes, None, None, "any", geometry="geometry"
    )
    assert np.asarray(found).sum() == 12


@pytest.mark.parametrize("threads", [1, 3])
def test_columns_are_the_vertices_of_their_rows(threads):
    rng = np.random.default_rng(4)
    columns = {f"v{place}": rng.standard_normal(500) for place in range(5)}
    columns["v2"][::9] = np.nan
    names = list(columns)
    canvas = dp.Canvas(41, 23, x_range=(0, 4), y_range=(-3, 3))
    found = canvas.line(columns, [0, 1, 2, 3, 4], names, threads=threads)
    rows = np.stack([columns[name] for name in names], 1)
    broken = np.column_stack([np.full(500, np.nan), rows])
    written = {"x": np.tile([np.nan, 0.0, 1, 2, 3, 4], 500), "y": broken.ravel()}
    np.testing.assert_array_equal(np.asarray(found), np.asarray(canvas.line(written, "x", "y")))
    turned = dp.Canvas(23, 41, x_range=(-3, 3), y_range=(0, 4)).line(columns, names, np.arange(5))
    assert np.asarray(turned).sum() > 0


def test_ranges_of_columns_are_those_of_all_and_of_what_is_the_same_in_all():
    found = dp.Canvas(4, 4).line({"a": [1.0, 2.0], "b": [5.0, 3.0]}, [0, 9], ["a", "b"])
    assert (found.x_range, found.y_range) == ((0, 9), (1, 5))
    spikes = dp.Canvas(4, 4).spikes({"x": [0.0, 1.0], "y": [2.0, 4.0]}, "x", "y", base=-1)
    assert spikes.y_range == (-1, 4)


def test_spikes_reach_from_the_base_to_y():
    rng = np.random.default_rng(5)
    data = {
        "x": rng.uniform(0, 10, 300),
        "y": rng.normal(0, 2, 300),
        "value": rng.integers(0, 9, 300).astype(float),
    }
    canvas = dp.Canvas(20, 31, **RANGES)
    found = np.asarray(canvas.spikes(data, "x", "y"))
    expected = np.zeros((31, 20), int)
    height = lambda at: min(int((at + 3) * 31 / 6), 30)  # noqa: E731
    for x, y in zip(data["x"], data["y"], strict=True):
        low, high = sorted((height(0.0), height(np.clip(y, -3, 3))))
        expected[low : high + 1, int(x * 2)] += 1
    np.testing.assert_array_equal(found, expected)
    greatest = np.asarray(canvas.spikes(data, "x", "y", dp.max("value")))
    np.testing.assert_array_equal(np.isnan(greatest), expected == 0)


def test_instants_lie_along_an_axis():
    when = np.array(["2024-01-01", "2024-03-01"], "datetime64[s]")
    found = dp.Canvas(4, 4).spikes({"when": when, "y": [1.0, 2.0]}, "when", "y")
    assert np.asarray(found).sum() > 4
    with pytest.raises(dp.SchemaMismatch, match="do not lie along one axis"):
        dp.Canvas(4, 4).line({"when": when, "y": [1.0, 2.0]}, ["when", "y"], ["y", "y"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "x is missing"),
        ({"x": "a"}, "y is missing"),
        ({"x": "a", "y": "b", "geometry": "a"}, "give only one"),
        ({"x": ["a"], "y": ["a", "b"]}, "x has 1 coordinates and y 2"),
        ({"x": [1, 2], "y": [3, 4]}, "the same in all rows"),
        ({"x": [], "y": []}, "x is empty"),
        ({"x": [1, 2], "y": "a"}, "y must be a list"),
    ],
)
def test_bad_arguments_are_told(arguments, words):
    with pytest.raises(dp.BadArgument, match=words):
        dp.Canvas().line({"a": [1.0], "b": [2.0]}, **arguments)


def test_lists_of_parquet_files_are_refused_in_plain_words(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "lists.parquet"
    pq.write_table(pa.table({"x": [[1.0, 2.0]], "y": [[1.0, 2.0]]}), path)
    with pytest.raises(dp.UnsupportedData, match=r'column "x".*not from Parquet files'):
        dp.Canvas().line(path, "x", "y")


def test_lists_of_unequal_lengths_are_told():
    with pytest.raises(dp.BadValue, match="row 1: it has 2 values, 1 of y"):
        dp.Canvas().line({"x": [[1.0], [1.0, 2.0]], "y": [[1.0], [1.0]]}, "x", "y")


def test_progress_counts_rows_and_not_vertices():
    told = []
    data = {"x": np.arange(1e5), "y": np.ones(100_000)}
    found = dp.Canvas(9, 9).spikes(data, "x", "y", progress=lambda done, total: told.append((done, total)))
    assert found.rows == 100_000
    assert all(done <= total == 100_000 for done, total in told)
