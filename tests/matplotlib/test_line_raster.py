"""Lines and arrays in axes: the same artist with other marks."""

from __future__ import annotations

import pickle

import drypoint as dp
import matplotlib.pyplot as plt
import numpy as np
import pytest


@pytest.fixture
def walk():
    rng = np.random.default_rng(8)
    return {
        "t": np.arange(3000.0),
        "v": np.cumsum(rng.normal(size=3000)),
        "g": np.array(["a", "b", "c"])[np.arange(3000) // 1000],
    }


@pytest.mark.parametrize("group", [None, "g"])
@pytest.mark.parametrize("reduction", [None, "any", dp.by("g")])
def test_a_line_is_that_of_a_canvas(full, walk, group, reduction):
    fig, ax = full()
    image = dp.matplotlib.line(ax, walk, "t", "v", reduction, group=group)
    for limits in (ax.get_xlim(), (700.0, 1400.5)):
        ax.set_xlim(limits)
        fig.canvas.draw()
        canvas = dp.Canvas(200, 100, x_range=ax.get_xlim(), y_range=ax.get_ylim())
        expected = canvas.line(walk, "t", "v", reduction, group=group)
        assert np.array_equal(image.aggregate, expected) and np.asarray(expected).sum() > 300
    assert image.folds == 2
    if reduction is None:
        assert np.asarray(image.aggregate).sum() > canvas.points(walk, "t", "v").cells.shape[0]


def test_limits_of_a_line_are_those_of_plot(walk):
    _, (a, b) = plt.subplots(1, 2)
    dp.matplotlib.line(a, walk, "t", "v")
    b.plot(walk["t"], walk["v"])
    assert a.get_xlim() == pytest.approx(b.get_xlim()) and a.get_ylim() == pytest.approx(b.get_ylim())


def test_a_line_in_one_colour(full, walk):
    fig, ax = full()
    ax.axis("off")
    image = dp.matplotlib.line(ax, walk, "t", "v", "any", cmap=["#ff0000"], label="walk")
    fig.canvas.draw()
    page = np.asarray(fig.canvas.buffer_rgba())[::-1, :, :3]
    assert (page[np.asarray(image.aggregate)] == (255, 0, 0)).all()
    assert ax.get_legend_handles_labels()[1] == ["walk"]
    image.set_data({"t": walk["t"], "v": -walk["v"]})
    fig.canvas.draw()
    again = pickle.loads(pickle.dumps(fig))
    again.canvas.draw()
    assert np.array_equal(again.axes[0].images[0].aggregate, image.aggregate)


def test_bad_lines(walk):
    _, ax = plt.subplots()
    with pytest.raises(dp.MissingColumn, match="nope"):
        dp.matplotlib.line(ax, walk, "t", "v", group="nope")
    assert not ax.images


@pytest.mark.parametrize("method", ["area", "nearest", "bilinear", "max", "min", "mode"])
@pytest.mark.parametrize("flip", [False, True])
def test_an_array_is_that_of_a_canvas(full, method, flip):
    fig, ax = full()
    array = np.random.default_rng(1).integers(0, 200, (333, 777)).astype("u1")
    image = dp.matplotlib.raster(ax, array, method=method)
    assert ax.get_xlim() == (0, 777) and ax.get_ylim() == (0, 333)
    ax.set(xlim=(100, 300.5), ylim=(50.5, 120))
    if flip:
        ax.invert_yaxis()
    fig.canvas.draw()
    expected = np.asarray(
        dp.Canvas(200, 100, x_range=(100, 300.5), y_range=(50.5, 120)).raster(array, method=method)
    )
    assert np.array_equal(image.aggregate, expected)
    assert np.array_equal(image.get_array(), expected[::-1] if flip else expected)


def test_colours_of_an_array_are_those_of_imshow(full):
    fig, ax = full()
    ax.axis("off")
    array = np.random.default_rng(1).normal(size=(100, 200))
    image = dp.matplotlib.raster(ax, array)
    fig.canvas.draw()
    ours = np.asarray(fig.canvas.buffer_rgba()).copy()
    image.remove()
    ax.imshow(array, extent=(0, 200, 0, 100), aspect="auto", interpolation="nearest")
    fig.canvas.draw()
    assert abs(ours.astype(int) - np.asarray(fig.canvas.buffer_rgba())).max() <= 1


def test_bar_extent_and_new_frames_of_an_array():
    fig, ax = plt.subplots()
    array = np.arange(12.0).reshape(3, 4)
    array[0, 0] = np.nan
    image = dp.matplotlib.raster(ax, array, extent=(-10, 10, 5, 6), origin="lower")
    bar = fig.colorbar(image)
    fig.canvas.draw()
    assert ax.get_xlim() == (-10, 10) and ax.get_ylim() == (5, 6)
    assert (bar.vmin, bar.vmax) == image.get_clim() == (1, 11)
    image.set_data(array + 100)
    fig.canvas.draw()
    assert image.get_clim() == (101, 111)
    ax.set(xlim=(50, 60))
    fig.canvas.draw()
    assert image.get_array().mask.all()


def test_bad_arrays():
    _, ax = plt.subplots()
    for arguments, text in [
        ({"array": iter([np.ones((2, 2))])}, "only once"),
        ({"array": np.ones((2, 2, 3))}, "rows and columns"),
        ({"array": np.ones((2, 2)), "method": "median"}, "method"),
        ({"array": np.ones((2, 2)), "origin": "top"}, "origin"),
        ({"array": np.ones((2, 2)), "extent": (1, 2)}, "extent"),
    ]:
        with pytest.raises(dp.DrypointError, match=text):
            dp.matplotlib.raster(ax, **arguments)
    with pytest.raises(dp.UnsupportedData):
        dp.matplotlib.raster(ax, np.ones(3))
    assert not ax.images
