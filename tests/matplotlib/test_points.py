"""What is drawn is what a canvas folds for the same window; it is folded again when the window changes, and only then."""

from __future__ import annotations

import io

import drypoint as dp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def twin(ax, rows, reduction=None, columns=200, height=100, **more):
    """The slow and obvious way: a canvas with the limits of the axes."""
    x, y = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    canvas = dp.Canvas(
        columns, height, x_range=x, y_range=y, x_scale=ax.get_xscale(), y_scale=ax.get_yscale(), **more
    )
    return np.asarray(canvas.points(rows, "x", "y", reduction))


def shown(fig):
    fig.canvas.draw()
    return np.asarray(fig.canvas.buffer_rgba())[::-1]


@pytest.mark.parametrize("scales", ["linear linear", "log linear", "linear log", "log log"])
@pytest.mark.parametrize("flip", ["", "x", "y", "xy"])
@pytest.mark.parametrize("reduction", [None, dp.mean("v"), dp.any()])
def test_cells_are_those_of_a_canvas(full, rows, scales, flip, reduction):
    fig, ax = full()
    rows = {"x": np.exp(rows["x"]), "y": np.exp(rows["y"]), "v": rows["v"]}
    image = dp.matplotlib.points(ax, rows, "x", "y", reduction)
    ax.set_xscale(scales.split()[0])
    ax.set_yscale(scales.split()[1])
    if "x" in flip:
        ax.invert_xaxis()
    if "y" in flip:
        ax.invert_yaxis()
    fig.canvas.draw()
    expected = twin(ax, rows, reduction)
    assert np.array_equal(image.aggregate, expected, equal_nan=True)
    seen = image.get_array()
    expected = expected[:, ::-1] if "x" in flip else expected
    expected = expected[::-1] if "y" in flip else expected
    there = ~np.isnan(expected) if expected.dtype == float else expected != 0
    assert np.array_equal(seen.mask, ~there) and np.array_equal(seen.data[there], expected[there])
    assert there.sum() > 300


@pytest.mark.parametrize("how", ["linear", "log", "cbrt", "eq_hist"])
def test_pixels_on_the_page_are_the_norm_and_map_of_the_cells(full, rows, how):
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y", how=how, cmap="viridis")
    ax.axis("off")
    page = shown(fig)
    cells = image.get_array()
    expected = np.where(cells.mask[..., None], 255, image.cmap(image.norm(cells), bytes=True))
    assert np.array_equal(page, expected)


def test_many_values_are_coloured_as_few(full):
    """Beyond 65,536 a table of colours would cost more than it saves; the picture is the same."""
    from drypoint.matplotlib._colors import colored
    from matplotlib import colormaps
    from matplotlib.colors import LogNorm

    rng = np.random.default_rng(3)
    cells = rng.integers(0, 60_000, (300, 700)).astype("u4")
    norm, cmap = LogNorm(1, 60_000), colormaps["magma"]
    table = colored(cells, norm, cmap)
    slow = cmap(norm(np.ma.masked_equal(cells, 0)), bytes=True)
    there = cells != 0
    assert np.array_equal(table[there], slow[there]) and not table[~there, 3].any()
    floats = np.where(there, cells, np.nan).astype("f8")
    assert np.array_equal(colored(floats, norm, cmap), table)
    cells[0, 0] = 70_000
    assert np.array_equal(colored(cells, norm, cmap)[1:], table[1:])


def test_folds_only_when_the_window_changes(full, rows):
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y")
    assert image.folds == 0
    for _ in range(3):
        fig.canvas.draw()
    assert image.folds == 1
    image.set_cmap("magma")
    image.set_clim(1, 5)
    image.set_alpha(0.5)
    ax.set_title("other")
    fig.canvas.draw()
    assert image.folds == 1
    ax.set_xlim(-1, 1)
    fig.canvas.draw()
    fig.canvas.draw()
    assert image.folds == 2
    assert np.array_equal(image.aggregate, twin(ax, rows))
    ax.set_xlim(-0.5, 1)
    ax.set_ylim(0, 2)
    fig.canvas.draw()
    assert image.folds == 3
    assert np.array_equal(image.aggregate, twin(ax, rows))


def test_dpi_and_size(full, rows):
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y")
    fig.canvas.draw()
    fig.savefig(io.BytesIO(), dpi=300)
    assert tuple(image.aggregate.shape) == (300, 600)
    assert np.array_equal(image.aggregate, twin(ax, rows, columns=600, height=300))
    assert image.folds == 2
    fig.set_size_inches(4, 3)
    fig.canvas.draw()
    assert tuple(image.aggregate.shape) == (300, 400)


def test_resolution_makes_larger_points(full, rows):
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y", resolution=0.5, cmap="gray", how="linear")
    ax.axis("off")
    page = shown(fig)
    assert np.array_equal(image.aggregate, twin(ax, rows, columns=100, height=50))
    assert np.array_equal(page[::2, ::2], page[1::2, 1::2]) and len(np.unique(page)) > 2


@pytest.mark.parametrize("how", ["tight", "constrained", "bbox"])
def test_layouts_do_not_fold(rows, how):
    fig, axs = plt.subplots(2, 2, layout="constrained" if how == "constrained" else None)
    images = [dp.matplotlib.points(ax, rows, "x", "y", label="a") for ax in axs.flat]
    if how == "tight":
        fig.tight_layout()
    assert not any(image.folds for image in images)
    for _ in range(2):
        fig.savefig(io.BytesIO(), bbox_inches="tight" if how == "bbox" else None)
    assert all(1 <= image.folds <= 2 for image in images)


@pytest.mark.parametrize("format", ["svg", "pdf", "ps"])
def test_vector_files_hold_one_image_over_the_axes(full, rows, format):
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y")
    first, second = io.BytesIO(), io.BytesIO()
    fig.savefig(first, format=format, dpi=100)
    assert tuple(image.aggregate.shape) == (100, 200)
    fig.savefig(second, format=format, dpi=200)
    assert tuple(image.aggregate.shape) == (200, 400)
    assert np.array_equal(image.aggregate, twin(ax, rows, columns=400, height=200))
    if format == "svg":
        text = second.getvalue().decode()
        assert text.count("<image") == 1 and 'width="400" height="200"' in text


def test_rasterized_in_a_vector_file(full, rows):
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y", rasterized=True)
    fig.savefig(io.BytesIO(), format="svg", dpi=200)
    assert tuple(image.aggregate.shape) == (200, 400)


def test_spread_is_that_of_shade(full):
    fig, ax = full(60, 40)
    rng = np.random.default_rng(2)
    rows = {"x": rng.random(30), "y": rng.random(30)}
    ax.set(xlim=(0, 1), ylim=(0, 1))
    for reach in (1, 3, 50):
        image = dp.matplotlib.points(ax, rows, "x", "y", "any", spread=reach, cmap="gray_r")
        ax.axis("off")
        page = shown(fig)[..., 0] == 0
        grown = np.asarray(image.aggregate.shade("gray_r", "linear", spread=reach))[::-1, :, 3] > 0
        assert np.array_equal(page, grown)
        image.remove()


def test_alpha_and_clip(full):
    fig, ax = full(10, 10)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.axis("off")
    grid = np.arange(0.05, 1, 0.1)
    x, y = (part.ravel() for part in np.meshgrid(grid, grid))
    rows = {"x": x, "y": y}
    image = dp.matplotlib.points(ax, rows, "x", "y", alpha=0.5, cmap="gray_r", how="linear")
    assert set(np.unique(shown(fig)[..., 0])) <= {127, 128}
    image.set_alpha(None)
    assert set(np.unique(shown(fig)[..., 0])) == {0}
    image.set_clip_path(plt.Circle((0, 0), 0.6, transform=ax.transAxes))
    page = shown(fig)[..., 0]
    assert not page[:4, :4].any() and (page[6:, 6:] == 255).all()
    image.set_clip_path(None)
    assert not shown(fig)[..., 0].any()
    image.set_visible(False)
    before = image.folds
    ax.set_xlim(0, 2)
    assert (shown(fig)[..., 0] == 255).all() and image.folds == before


def test_a_window_without_points_is_empty(full, rows):
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y")
    ax.axis("off")
    ax.set_xlim(100, 200)
    assert (shown(fig) == 255).all() and image.get_array().mask.all()
    ax.set_xlim(-1, 1)
    assert (shown(fig) != 255).any()


@pytest.mark.parametrize("values", [[], [np.nan, np.inf]])
def test_no_data_at_all(values):
    fig, ax = plt.subplots()
    rows = {"x": np.array(values), "y": np.array(values), "c": np.array(["a"] * len(values), "U1")}
    image = dp.matplotlib.points(ax, rows, "x", "y", label="nothing")
    fig.colorbar(image)
    ax.legend()
    fig.canvas.draw()
    assert (ax.get_xlim() == (0, 1) and image.get_array().size == 0) or image.get_array().mask.all()
    fig, ax = plt.subplots()
    dp.matplotlib.points(ax, rows, "x", "y", dp.by("c"))
    fig.canvas.draw()


def test_another_source_for_each_frame(full, rows):
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y")
    fig.canvas.draw()
    moved = {"x": rows["x"] + 0.5, "y": rows["y"]}
    image.set_data(moved)
    fig.canvas.draw()
    assert image.folds == 2 and np.array_equal(image.aggregate, twin(ax, moved))
    with pytest.raises(dp.MissingColumn, match="z"):
        image.set_data({"z": rows["x"]})
    fig.canvas.draw()
    assert image.folds == 2
    moved["x"] += 10
    image.set_data(moved)
    ax.relim()
    ax.autoscale_view()
    fig.canvas.draw()
    assert ax.get_xlim()[0] > 5 and np.array_equal(image.aggregate, twin(ax, moved))


def test_drawn_alone_as_in_a_blitted_animation(full, rows):
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y", animated=True)

    def step(frame):
        image.set_data({"x": rows["x"] + frame, "y": rows["y"]})

    fig.canvas.draw()
    for frame in range(3):
        step(frame)
        ax.draw_artist(image)
        assert np.array_equal(image.aggregate, twin(ax, {"x": rows["x"] + frame, "y": rows["y"]}))


def test_an_animation_is_saved(rows, tmp_path):
    from matplotlib.animation import FuncAnimation
    from PIL import Image

    fig, ax = plt.subplots(figsize=(2, 1))
    image = dp.matplotlib.points(ax, rows, "x", "y")

    def step(frame):
        image.set_data({"x": rows["x"] + frame, "y": rows["y"]})
        return [image]

    FuncAnimation(fig, step, frames=3, blit=True).save(tmp_path / "moving.gif", writer="pillow")
    with Image.open(tmp_path / "moving.gif") as saved:
        assert saved.n_frames == 3


@settings(max_examples=25, deadline=None)
@given(
    left=st.floats(0, 0.4),
    width=st.floats(0.05, 0.6),
    bottom=st.floats(0, 0.4),
    height=st.floats(0.05, 0.6),
    dpi=st.integers(40, 230),
)
def test_the_image_covers_its_axes_wherever_it_lies(left, width, bottom, height, dpi):
    """With a point in every cell, all pixels are filled whose middle lies in the axes, and no others."""
    fig = plt.figure(figsize=(2, 1), dpi=dpi)
    ax = fig.add_axes([left, bottom, width, height])
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.axis("off")
    grid = np.linspace(0, 1, 500)
    rows = {"x": np.tile(grid, 500), "y": np.repeat(grid, 500)}
    dp.matplotlib.points(ax, rows, "x", "y", "any", cmap="gray_r")
    page = shown(fig)[..., 0] == 0
    inside = np.ones_like(page)
    beyond = np.zeros_like(page)
    for axis, (low, high) in enumerate([ax.bbox.intervaly, ax.bbox.intervalx]):
        middle = np.arange(page.shape[axis]) + 0.5
        shape = (-1, 1) if axis == 0 else (1, -1)
        inside &= ((middle > low + 1e-3) & (middle < high - 1e-3)).reshape(shape)
        beyond |= ((middle < low - 1e-3) | (middle > high + 1e-3)).reshape(shape)
    plt.close(fig)
    assert page[inside].all() and not page[beyond].any()
