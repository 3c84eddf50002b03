"""When a canvas is tiled, and what is told where it cannot be, or a part of it cannot be made."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest

POINTS = {"x": np.array([0.1, 0.6, 0.9]), "y": np.array([0.2, 0.3, 0.9]), "v": np.ones(3), "c": np.arange(3)}
RANGES = {"x_range": (0, 1), "y_range": (0, 1)}


def drawn(side, reduction=None, memory=None, **options):
    return dp.Canvas(side, side, **RANGES, **options).points(POINTS, "x", "y", reduction, memory=memory)


def test_large_canvases_are_tiled_and_small_ones_are_not():
    assert not isinstance(drawn(900), dp.TiledAggregate)
    assert not isinstance(drawn(3000), dp.TiledAggregate)
    assert isinstance(drawn(3000, memory="16MB"), dp.TiledAggregate)
    assert isinstance(drawn(9000), dp.TiledAggregate)
    assert isinstance(drawn(2**31 - 1), dp.TiledAggregate)
    assert not isinstance(drawn(9000, tiled=False), dp.TiledAggregate)


def test_folds_that_tiles_cannot_hold_are_told_with_those_they_can():
    for reduction in (
        dp.mean("v"),
        dp.sum("v"),
        dp.min("v"),
        dp.var("v"),
        dp.first("v"),
        dp.by("c", dp.count()),
    ):
        assert not isinstance(drawn(500, reduction), dp.TiledAggregate)
    for reduction in (dp.mean("v"), dp.sum("v"), dp.max("v"), dp.std("v")):
        with pytest.raises(
            dp.BadArgument, match=r"cannot be folded in tiles; a tiled canvas takes count\(\) and any\(\)"
        ):
            drawn(500, reduction, tiled=True)
        with pytest.raises(dp.BadArgument, match="cannot be folded in tiles"):
            drawn(100, reduction).level(1)


def test_arguments_are_checked():
    with pytest.raises(dp.BadArgument, match='tiled must be True, False or "auto"'):
        dp.Canvas(tiled="yes")
    with pytest.raises(dp.BadArgument, match="must be at most 2147483647"):
        drawn(2**31)
    with pytest.raises(dp.BadArgument, match="too many"):
        drawn(2**17, tiled=False)
    vast = drawn(2**20)
    with pytest.raises(dp.BadArgument, match="x range 3 to 4 has no pixel"):
        vast.zoom(x_range=(3, 4))
    with pytest.raises(dp.BadArgument, match="instants are given as numbers"):
        vast.zoom(x_range=("2024-01-01", "2024-01-02"))
    with pytest.raises(dp.BadArgument, match="n "):
        vast.level(-1)
    with pytest.raises(dp.BadArgument, match="made by"):
        dp.TiledAggregate(3)


def test_what_does_not_fit_says_what_does():
    vast = drawn(2**20)
    for attempt in (lambda: np.asarray(vast), lambda: vast[:, :], lambda: vast.cells):
        with pytest.raises(dp.BudgetExceeded, match=r"aggregate\.zoom\(\) or aggregate\.level\(\)") as caught:
            attempt()
        assert caught.value.requested > caught.value.available
    with pytest.raises(dp.BudgetExceeded, match="picture of 1048576 x 1048576 pixels"):
        vast.shade()
    assert np.asarray(vast.zoom()).sum() == 3
    assert vast[2**20 - 1, 7] == 0


def test_an_empty_canvas_and_a_closed_one():
    nowhere = dp.Canvas(2**20, 2**20, x_range=(5, 6), y_range=(5, 6)).points(POINTS, "x", "y")
    assert (nowhere.tiles, nowhere.rows, nowhere.skipped) == (0, 3, 3)
    assert not np.asarray(nowhere.zoom()).any()
    with nowhere:
        assert "TiledAggregate count()" in repr(nowhere)
    assert repr(nowhere) == "<TiledAggregate closed>"
    with pytest.raises(dp.ClosedError):
        nowhere.zoom()
    with pytest.raises(dp.ClosedError):
        nowhere.level(3)


def test_the_notebook_shows_a_zoom():
    assert "data:image/png;base64," in drawn(2**20)._repr_html_()


def test_memory_names_tiles():
    held = drawn(2**16)
    assert dp.memory()["consumers"]["tiles"]["reserved"] > 0
    assert held.nbytes < 2_000_000
    assert held.nbytes_dense == 4 * 2**32
    before = dp.memory()["consumers"]["tiles"]["reserved"]
    held.close()
    assert dp.memory()["consumers"]["tiles"]["reserved"] < before


def test_the_command_line_says_that_it_is_tiled(tmp_path):
    import subprocess
    import sys

    np.save(tmp_path / "points.npy", np.rec.fromarrays([POINTS["x"], POINTS["y"]], names="x,y"))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "drypoint",
            "draw",
            tmp_path / "points.npy",
            "--size",
            "20000x20000",
            "--bare",
            "--explain",
            "-o",
            tmp_path / "out.png",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "in tiles made when something falls in them" in done.stdout, done.stdout + done.stderr
