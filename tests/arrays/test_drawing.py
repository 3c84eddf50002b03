"""A compressed array is drawn chunk by chunk, to the same picture as the array that it was made from."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(11)
    array = np.round(rng.normal(size=(300_000, 3)), 3)
    array[::997, 0] = np.nan
    return array


def aggregate(source, x, y, reduction=None, **options):
    canvas = dp.Canvas(200, 150)
    return np.asarray(canvas.points(source, x, y, reduction or dp.count(), **options))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("chunks", ["auto", 1000, (7777, 2), (300_000, 1)])
def test_a_table_is_as_numpy_s(table, chunks, threads):
    compressed = dp.compress(table, chunks=chunks)
    source = dp.scan(compressed)
    assert (source.columns, source.rows) == (["x", "y", "z"], 300_000)
    for reduction in (dp.count(), dp.mean("z"), dp.first("z"), dp.last("z"), dp.max("z")):
        found = aggregate(compressed, "x", "y", reduction, threads=threads)
        expected = aggregate(table, "x", "y", reduction, threads=threads)
        if threads > 1 and reduction.name == "mean":  # floats that are added in another order
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
        else:
            np.testing.assert_array_equal(found, expected)


def test_columns_of_different_arrays(table):
    x = dp.compress(table[:, 0].astype("f4"), chunks=5000)
    when = (np.arange(300_000) * 1000).astype("M8[ms]")
    y = dp.compress(when, chunks=70_000)
    level = np.arange(300_000, dtype=">i2")
    mapping = {"x": x, "when": y, "level": level, "when too": when[::-1]}
    plain = {"x": table[:, 0].astype("f4"), "when": when, "level": level, "when too": when[::-1]}
    assert dp.scan(mapping).schema == dp.scan(plain).schema
    for axis in ("when", "when too"):
        np.testing.assert_array_equal(
            aggregate(mapping, "x", axis, dp.max("level")), aggregate(plain, "x", axis, dp.max("level"))
        )
    both = aggregate((x, level), "x", "y")
    np.testing.assert_array_equal(both, aggregate((plain["x"], level), "x", "y"))


@pytest.mark.parametrize("dtype", ["?", "u1", "i4", ">f8", "f2", "u8", "U4", "S3"])
def test_columns_of_every_kind(dtype):
    values = (np.arange(5000) % 7).astype(dtype)
    compressed = dp.scan({"value": dp.compress(values, chunks=999)})
    plain = dp.scan({"value": values})
    assert compressed.schema == plain.schema
    found = np.concatenate([np.asarray(batch["value"]) for batch in compressed])
    expected = np.concatenate([np.asarray(batch["value"]) for batch in plain])
    np.testing.assert_array_equal(found, expected)


def test_draw_takes_it(table, tmp_path):
    dp.draw(dp.compress(table[:, :2]), x="x", y="y").save(tmp_path / "one.png")
    dp.draw(table[:, :2], x="x", y="y").save(tmp_path / "other.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_a_stream_of_compressed_pieces(table):
    pieces = (dp.compress(table[low : low + 100_000]) for low in range(0, 300_000, 100_000))
    found = np.asarray(
        dp.Canvas(200, 150, x_range=(-4, 4), y_range=(-4, 4)).points(pieces, "x", "y", dp.count())
    )
    whole = np.asarray(
        dp.Canvas(200, 150, x_range=(-4, 4), y_range=(-4, 4)).points(table, "x", "y", dp.count())
    )
    np.testing.assert_array_equal(found, whole)


def test_what_is_no_table():
    with pytest.raises(dp.UnknownFormat, match="an array of 3 dimensions is not a table"):
        dp.scan(dp.compress(np.zeros((2, 2, 2))))
    with pytest.raises(dp.SchemaMismatch, match='column "x" has 5 rows, column "y" has 4'):
        dp.scan({"x": dp.compress(np.zeros(5)), "y": np.zeros(4)})
    with pytest.raises(dp.UnknownFormat, match="column 'y' is a list; beside a column that is decoded"):
        dp.scan({"x": dp.compress(np.zeros(2)), "y": [1, 2]})
    closed = dp.compress(np.zeros(5))
    closed.close()
    with pytest.raises(dp.ClosedError):
        dp.scan(closed)


def test_a_source_outlives_the_array(table):
    compressed = dp.compress(table)
    source = dp.scan(compressed)
    compressed.close()
    np.testing.assert_array_equal(aggregate(source, "x", "y"), aggregate(table, "x", "y"))


def test_extents_are_known_before_anything_is_decoded(table):
    source = dp.scan(dp.compress(table, chunks=(7777, 2)))
    for place, name in enumerate(source.columns):
        assert source.extent(name) == (np.nanmin(table[:, place]), np.nanmax(table[:, place]))
    when = (np.arange(1000) * 10**9).astype("M8[ns]")
    when[3] = "NaT"
    values = np.where(np.arange(1000) == 5, np.inf, -np.arange(1000.0))
    source = dp.scan({"when": dp.compress(when, chunks=99), "value": dp.compress(values, chunks=99)})
    assert source.extent("when") == (0, 999 * 10**9)
    assert source.extent("value") == (-999, 0)
    held = dp.compress(values, chunks=99)
    held[-1] = 7
    assert dp.scan({"value": held}).extent("value") == (-998, 7)
    assert dp.scan({"value": dp.compress(when.astype("M8[h]"))}).extent("value") is None
