"""Reductions on marks other than points: each part of a summary is what it is alone, and rows that are kept are the right
ones, whatever the threads and batches."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest

RNG = np.random.default_rng(4)
ROWS = 3000
COLUMNS = {
    "x": np.sort(RNG.random(ROWS)),
    "y": RNG.random(ROWS),
    "v": RNG.integers(0, 500, ROWS).astype(float),
    "w": RNG.random(ROWS),
    "c": RNG.integers(0, 3, ROWS),
    "geometry": [
        [[(x, y), (x + 0.1, y), (x, y + 0.1), (x, y)]]
        for x, y in zip(RNG.random(ROWS), RNG.random(ROWS), strict=True)
    ],
}
COLUMNS["v"][::7] = np.nan
NUMBERS = {name: column for name, column in COLUMNS.items() if name != "geometry"}
CANVAS = dp.Canvas(37, 29, x_range=(0, 1), y_range=(0, 1))
MARKS = {
    "steps": lambda reduction, **more: CANVAS.line(NUMBERS, "x", "y", reduction, step="mid", **more),
    "groups": lambda reduction, **more: CANVAS.line(
        NUMBERS, "x", "y", reduction, step="pre", group="c", **more
    ),
    "area": lambda reduction, **more: CANVAS.area(NUMBERS, "x", "y", reduction, **more),
    "spikes": lambda reduction, **more: CANVAS.spikes(NUMBERS, "x", "y", reduction, **more),
    "polygons": lambda reduction, **more: CANVAS.polygons(COLUMNS, reduction=reduction, **more),
}


@pytest.mark.parametrize("mark", MARKS)
def test_a_summary_is_its_parts(mark):
    parts = {
        "n": dp.count(),
        "mean": dp.mean("v"),
        "last": dp.last("w"),
        "by": dp.by("c", dp.max("v")),
        "row": dp.where(dp.min("v"), "w") if mark == "spikes" else dp.where(dp.min("v")),
    }
    together = MARKS[mark](dp.summary(**parts), threads=3)
    for name, part in parts.items():
        alone = MARKS[mark](part, threads=1)
        assert together[name].categories == alone.categories
        np.testing.assert_allclose(together[name].cells, alone.cells, rtol=1e-12)
        assert (together[name].rows, together[name].skipped) == (alone.rows, alone.skipped)


@pytest.mark.parametrize("mark", [mark for mark in MARKS if mark != "spikes"])
def test_rows_that_are_kept(mark):
    rows = np.asarray(MARKS[mark](dp.where(dp.max("v")), threads=2))
    greatest = np.asarray(MARKS[mark](dp.max("v")))
    assert ((rows < 0) == np.isnan(greatest)).all()
    found = rows >= 0
    assert found.any()
    np.testing.assert_array_equal(COLUMNS["v"][rows[found]], greatest[found])
    looked_up = np.asarray(MARKS[mark](dp.where(dp.max("v"), "w"), threads=3))
    np.testing.assert_array_equal(looked_up[found], COLUMNS["w"][rows[found]])


def test_spikes_count_rows_and_skip_those_outside():
    seen = CANVAS.spikes(NUMBERS, "x", "y")
    assert (seen.rows, seen.skipped) == (ROWS, 0)
    half = dp.Canvas(9, 9, x_range=(0, COLUMNS["x"][ROWS // 2]), y_range=(0, 1)).spikes(NUMBERS, "x", "y")
    assert (half.rows, half.skipped) == (ROWS, 2 * (ROWS // 2 - 1))


def test_a_summary_of_strokes():
    def stroke(reduction, **more):
        return CANVAS.line(NUMBERS, "x", "y", reduction, line_width=1.7, **more)

    parts = {"n": dp.count(), "any": dp.any(), "mean": dp.mean("w"), "by": dp.by("c", dp.sum("w"))}
    together = stroke(dp.summary(**parts), threads=2)
    for name, part in parts.items():
        np.testing.assert_allclose(together[name].cells, stroke(part, threads=1).cells, rtol=1e-9)


def test_what_marks_do_not_take_is_told_with_what_they_do():
    corners = {"v0": [0], "v1": [1], "v2": [2]}
    for draw, words in (
        (lambda: CANVAS.line(NUMBERS, "x", "y", dp.where(dp.max("v")), line_width=1), "antialiased lines"),
        (lambda: CANVAS.spikes(NUMBERS, "x", "y", dp.where(dp.max("v"))), "several vertices in a row"),
        (lambda: CANVAS.area(NUMBERS, "x", ["y", "w"], dp.summary(n=dp.count())), "fold one reduction"),
        (lambda: CANVAS.trimesh(NUMBERS, corners, dp.mode("c")), "triangles, which bring one value"),
        (lambda: CANVAS.heatmap(NUMBERS, "c", "c", dp.max_n("v", 2)), "tables of categories"),
    ):
        with pytest.raises(dp.BadArgument, match=words):
            draw()
