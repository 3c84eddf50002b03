"""Pyramids of counts: a level is what `Aggregate.level` gives, for us and for zarr-python, and lies where it should."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest

zarr = pytest.importorskip("zarr")

RANGES = {"x_range": (10, 20), "y_range": (-3, 0)}


def points(rows=30_000):
    rng = np.random.default_rng(7)
    return {
        "x": np.concatenate([rng.normal(13, 0.2, rows), rng.uniform(10, 20, 50)]),
        "y": np.concatenate([rng.normal(-1, 0.1, rows), rng.uniform(-3, -2, 50)]),
    }


@pytest.mark.parametrize("reduction", [dp.count(), dp.any()])
@pytest.mark.parametrize("tiled", [True, False])
def test_each_level_is_that_of_the_aggregate(tmp_path, tiled, reduction):
    # Odd sizes, and several boxes of 1024 pixels along x on two levels.
    counts = dp.Canvas(4611, 1203, **RANGES, tiled=tiled).points(points(), "x", "y", reduction)
    chunks = counts.to_tiles(tmp_path / "counts.zarr")
    ours, theirs = dp.open_zarr(tmp_path / "counts.zarr"), zarr.open_group(tmp_path / "counts.zarr", mode="r")
    assert ours.keys() == ["0", "1", "2", "3", "4", "5"]
    assert sorted(theirs.array_keys()) == ours.keys()
    touched = 0
    for n, name in enumerate(ours.keys()):
        expected = np.asarray(counts.level(n))
        assert ours[name].dtype == expected.dtype == counts.dtype
        assert ours[name].chunks == (256, 256) == theirs[name].chunks
        assert ours[name].dimension_names == ("y", "x")
        assert np.array_equal(ours[name][...], expected)
        assert np.array_equal(theirs[name][...], expected)
        if counts.dtype == "uint32":
            assert expected.sum() == counts.rows - counts.skipped
        height, width = expected.shape
        touched += sum(
            expected[y : y + 256, x : x + 256].any()
            for y in range(0, height, 256)
            for x in range(0, width, 256)
        )
    assert chunks == touched


def placed(group, level):
    """Where the middle of each pixel of a level is, by its transformations alone."""
    multiscale = group.attrs["ome"]["multiscales"][0]
    assert [axis["name"] for axis in multiscale["axes"]] == ["y", "x"]
    scale, translation = multiscale["datasets"][level]["coordinateTransformations"]
    shape = group[multiscale["datasets"][level]["path"]].shape
    return [
        np.arange(length) * step + first
        for length, step, first in zip(shape, scale["scale"], translation["translation"], strict=True)
    ]


def test_data_coordinates_follow_from_the_attributes(tmp_path):
    one = {"x": np.array([17.303]), "y": np.array([-0.617])}
    dp.Canvas(2000, 700, **RANGES, tiled=True).points(one, "x", "y").to_tiles(tmp_path / "one.zarr")
    group = dp.open_zarr(tmp_path / "one.zarr")
    assert group.attrs["ome"]["version"] == "0.5"
    assert (group.attrs["x_range"], group.attrs["y_range"]) == ([10, 20], [-3, 0])
    assert (group.attrs["reduction"], group.attrs["x_scale"]) == ("count()", "linear")
    for n in range(4):
        y, x = placed(group, n)
        row, column = np.argwhere(group[str(n)][...])[0]
        assert abs(x[column] - 17.303) <= 10 / 2000 * 2**n / 2
        assert abs(y[row] + 0.617) <= 3 / 700 * 2**n / 2


def test_logarithmic_axes_have_logarithms(tmp_path):
    one = {"x": np.array([300.0]), "y": np.array([0.5])}
    canvas = dp.Canvas(900, 500, x_range=(1, 1e4), y_range=(0, 1), x_scale="log")
    canvas.points(one, "x", "y").to_tiles(tmp_path / "log.zarr")
    group = dp.open_zarr(tmp_path / "log.zarr")
    assert (group.attrs["x_scale"], group.attrs["y_scale"]) == ("log", "linear")
    for n in range(2):
        column = np.argwhere(group[str(n)][...])[0][1]
        assert abs(placed(group, n)[1][column] - np.log10(300)) <= 4 / 900 * 2**n / 2


def test_what_is_empty_is_not_stored(tmp_path):
    counts = dp.Canvas(2**17, 2**17, **RANGES).points(points(500), "x", "y")
    counts.to_tiles(tmp_path / "vast.zarr")
    group = dp.open_zarr(tmp_path / "vast.zarr")
    assert [group[name].shape[0] for name in group] == [2 ** (17 - n) for n in range(10)]
    assert group["9"][...].sum() == counts.rows - counts.skipped
    assert np.array_equal(group["5"][...], np.asarray(counts.level(5)))
    boxes = np.count_nonzero(np.asarray(counts.level(10)))
    assert sum(path.is_file() for path in (tmp_path / "vast.zarr" / "0" / "c").rglob("*")) == boxes < 600
    none = dp.Canvas(600, 600, **RANGES).points({"x": np.zeros(1), "y": np.zeros(1)}, "x", "y")
    assert none.to_tiles(tmp_path / "none.zarr") == 0
    assert not dp.open_zarr(tmp_path / "none.zarr")["0"][...].any()


def test_canvases_beyond_counting(tmp_path):
    two = {"x": np.array([17.303, 17.303]), "y": np.array([-0.6, -2.9])}
    counts = dp.Canvas(2**30, 2**30, **RANGES).points(two, "x", "y")
    counts.to_tiles(tmp_path / "most.zarr")
    group = dp.open_zarr(tmp_path / "most.zarr")
    assert len(group) == 23
    assert group["22"][...].sum() == 2
    # More bytes than an array can have.
    with pytest.raises(dp.UnsupportedData, match="shape"):
        dp.Canvas(2**31 - 1, 2**31 - 1, **RANGES).points(two, "x", "y").to_tiles(tmp_path / "more.zarr")
    assert [path.name for path in tmp_path.iterdir()] == ["most.zarr"]


def test_levels_asked_for(tmp_path):
    counts = dp.Canvas(700, 300, **RANGES).points(points(100), "x", "y")
    counts.to_tiles(tmp_path / "one.zarr", levels=1)
    assert dp.open_zarr(tmp_path / "one.zarr").keys() == ["0"]
    counts.to_tiles(tmp_path / "all.ZARR", levels=11)
    assert dp.open_zarr(tmp_path / "all.ZARR")["10"][...].tolist() == [[counts.rows - counts.skipped]]


def test_wrong_arguments_are_told_and_leave_nothing(tmp_path):
    counts = dp.Canvas(700, 300, **RANGES).points(points(100), "x", "y")
    path = tmp_path / "counts.zarr"
    for name, value in {"cmap": "viridis", "how": "log", "span": (0, 1), "background": "white"}.items():
        with pytest.raises(dp.BadArgument, match=f"^{name} is for pictures"):
            counts.to_tiles(path, **{name: value})
    for levels, told in [(0, "at least 1"), (12, "at most 11"), ("2", "whole number")]:
        with pytest.raises(dp.BadArgument, match=f"^levels must be .*{told}"):
            counts.to_tiles(path, levels=levels)
    with pytest.raises(dp.BadArgument, match=r"^levels is for a path that ends in \.zarr"):
        counts.to_tiles(tmp_path / "tiles", levels=2)
    with pytest.raises(dp.BadArgument):
        numbers = {**points(100), "v": np.ones(150)}
        dp.Canvas(700, 300, **RANGES).points(numbers, "x", "y", dp.mean("v")).to_tiles(path)
    with pytest.raises(dp.OutputError):
        counts.to_tiles(tmp_path / "missing" / "counts.zarr")
    assert not list(tmp_path.iterdir())
    path.mkdir()
    with pytest.raises(dp.OutputError, match="exists already"):
        counts.to_tiles(path)


def test_a_failure_on_the_way_leaves_nothing(tmp_path, monkeypatch):
    from drypoint import _multiscale

    def failing(cells):
        raise RuntimeError("halfway")

    monkeypatch.setattr(_multiscale, "_halved", failing)
    counts = dp.Canvas(700, 300, **RANGES).points(points(100), "x", "y")
    with pytest.raises(RuntimeError, match="halfway"):
        counts.to_tiles(tmp_path / "counts.zarr")
    assert not list(tmp_path.iterdir())
