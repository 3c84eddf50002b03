"""Parquet row groups that lie outside of a canvas are passed over, and nothing but the time tells."""

from __future__ import annotations

import drypoint as dp
import numpy
import pyarrow
import pyarrow.parquet
import pytest


@pytest.fixture(scope="module")
def sorted_rows(tmp_path_factory):
    rng = numpy.random.default_rng(6)
    t = numpy.sort(rng.random(20_000))
    columns = {"t": t, "v": numpy.sin(9 * t) + rng.normal(size=t.size), "k": (t * 5).astype(int)}
    path = tmp_path_factory.mktemp("rows") / "sorted.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=700)
    return path, columns


@pytest.mark.parametrize("fold", [None, dp.mean("v"), dp.first("v"), dp.by("k"), dp.count("v")], ids=str)
@pytest.mark.parametrize(
    "ranges", [((0.4, 0.45), (-1, 1)), ((0.999, 2), (-9, 9)), ((-3, -1), (0, 1)), ((0, 1), (50, 60))], ids=str
)
def test_a_window_of_a_sorted_file_is_that_of_arrays(sorted_rows, fold, ranges):
    path, columns = sorted_rows
    told = []
    for scale in ("linear", "log"):
        if scale == "log" and ranges[0][0] <= 0:
            continue
        canvas = dp.Canvas(40, 30, x_range=ranges[0], y_range=ranges[1], x_scale=scale)
        found = canvas.points(path, "t", "v", fold, progress=lambda rows, of: told.append((rows, of)))
        expected = canvas.points(columns, "t", "v", fold)
        assert (found.rows, found.skipped) == (expected.rows, expected.skipped)
        assert found.categories == expected.categories
        numpy.testing.assert_allclose(numpy.asarray(found), numpy.asarray(expected), rtol=1e-12)
        assert told[-1] == (20_000, 20_000)


def test_a_group_that_is_passed_over_is_not_read(sorted_rows, tmp_path):
    path, columns = sorted_rows
    damaged = tmp_path / "damaged.parquet"
    content = bytearray(path.read_bytes())
    content[200:1000] = bytes(800)  # values of the first row group; headers are looked at beforehand
    damaged.write_bytes(content)
    canvas = dp.Canvas(40, 30, x_range=(0.5, 0.6), y_range=(-9, 9))
    expected = canvas.points(columns, "t", "v")
    assert numpy.array_equal(numpy.asarray(canvas.points(damaged, "t", "v")), numpy.asarray(expected))
    everything = dp.Canvas(4000, 30, x_range=(0, 1), y_range=(-9, 9))
    try:
        found = numpy.asarray(everything.points(damaged, "t", "v"))
    except dp.CorruptData:
        return
    assert not numpy.array_equal(found, numpy.asarray(everything.points(columns, "t", "v")))
