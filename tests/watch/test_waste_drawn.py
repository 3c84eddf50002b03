"""Artists that keep more than their axes can show: the bytes against arrays that are reached by hand."""

import hashlib

import numpy as np
import pytest
from drypoint._watch import waste
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

RNG = np.random.default_rng(5)


def axes(width=4, height=3):
    """Axes of 310×231 pixels, in a figure of 400×300."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure.subplots()


@pytest.mark.parametrize("drawn", [False, True])
def test_a_line_keeps_what_it_was_given_and_both_columns_again(drawn):
    ax = axes()
    y = RNG.random(200_000)
    (line,) = ax.plot(np.arange(200_000), y)
    if drawn:
        ax.figure.canvas.draw()
    found = waste.find(line)
    given = {
        id(array.base if array.base is not None else array): array.nbytes
        for array in (line._xorig, line._yorig)
    }
    assert found.kind == "line" and found.what == "Line2D of 200,000 points"
    assert found.bytes == sum(given.values()) + 200_000 * 16
    assert found.needed < found.bytes / 100
    assert "200,000 points are drawn over 310 pixels" in found.why and "pixels" in found.fix


def test_a_line_of_lists_keeps_arrays_too():
    ax = axes()
    (line,) = ax.plot([0.5 * number for number in range(50_000)])
    assert waste.find(line).bytes >= 50_000 * 16


def test_looking_changes_nothing_in_a_line():
    ax = axes()
    (line,) = ax.plot(RNG.random(100_000))
    state = {name: id(value) for name, value in vars(line).items()}
    stale = line.stale, ax.stale, ax.figure.stale
    content = hashlib.sha256(line._yorig.tobytes()).digest()
    assert waste.find(line) is not None
    assert {name: id(value) for name, value in vars(line).items()} == state
    assert (line.stale, ax.stale, ax.figure.stale) == stale
    assert hashlib.sha256(line._yorig.tobytes()).digest() == content


def test_the_pixels_are_those_of_the_axes():
    figure = Figure(figsize=(4, 3))
    wide, narrow = figure.subplots(2).flat[0], figure.add_axes((0.1, 0.1, 0.05, 0.8))
    points = RNG.random(20_000)
    assert "over 310 pixels" in waste.find(wide.plot(points)[0]).why
    assert "over 20 pixels" in waste.find(narrow.plot(points)[0]).why
    part = figure.subfigures(1, 2)[1]
    inner = part.add_axes((0, 0, 1, 1))
    assert "over 200 pixels" in waste.find(inner.plot(points)[0]).why


def test_a_scatter_of_more_points_than_an_image_takes():
    ax = axes()
    scatter = ax.scatter(RNG.random(150_000), RNG.random(150_000), c=RNG.random(150_000))
    found = waste.find(scatter)
    assert found.kind == "scatter" and found.needed == 310 * 231 * 4
    assert found.bytes >= 150_000 * (16 + 8) and "310×231 pixels" in found.why
    assert waste.find(ax.scatter(RNG.random(20_000), RNG.random(20_000))) is None


def test_images_and_meshes_finer_than_their_pixels():
    fine = RNG.random((1000, 2000))
    image = axes().imshow(fine)
    found = waste.find(image)
    assert found.kind == "image" and "2,000,000 cells are shown on 310×231 pixels" in found.why
    assert found.bytes >= fine.nbytes > 10 * found.needed
    mesh = axes().pcolormesh(fine)
    found = waste.find(mesh)
    assert found.kind == "mesh" and found.bytes >= fine.nbytes + 1001 * 2001 * 16


def test_a_float64_picture_in_its_axes():
    found = waste.find(axes().imshow(RNG.random((400, 500, 3))))
    assert found.kind == "image" and found.sure < 0.8
    assert (found.bytes, found.needed) == (400 * 500 * 3 * 8, 400 * 500 * 3 * 4)
    assert waste.find(axes().imshow(RNG.random((400, 500, 3)).astype(np.float32))) is None
    assert waste.find(axes().imshow(np.zeros((400, 500, 3), np.uint8))) is None


def test_nothing_is_said_of_what_fits_or_is_nowhere():
    ax = axes()
    (line,) = ax.plot(RNG.random(2_000))
    assert waste.find(line) is None
    assert waste.find(Line2D(RNG.random(200_000), RNG.random(200_000))) is None  # in no axes
    assert waste.find(ax.imshow(RNG.random((20, 20)))) is None
    assert waste.find(ax.text(0.5, 0.5, "label")) is None
    assert waste.find(ax.add_collection(LineCollection(RNG.random((10, 2, 2))))) is None
    assert waste.find(ax) is None and waste.find(ax.figure) is None


def test_a_line_that_was_taken_out_is_no_more_in_its_axes():
    ax = axes()
    (line,) = ax.plot(RNG.random(200_000))
    assert waste.find(line) is not None
    line.remove()
    assert waste.find(line) is None
