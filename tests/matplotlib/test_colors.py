"""Colour bars show what the picture shows; norms, limits, legends."""

from __future__ import annotations

import drypoint as dp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from drypoint.matplotlib import EqHistNorm
from matplotlib.colors import LogNorm, Normalize, to_hex, to_rgb


def beside(fig, bar, value):
    """The colour of the drawn bar at the height of a value."""
    page = np.asarray(fig.canvas.buffer_rgba())
    x, y = bar.ax.transData.transform((0.5, value))
    low, high = bar.ax.bbox.y0 + 2, bar.ax.bbox.y1 - 3
    return page[page.shape[0] - 1 - int(np.clip(y, low, high)), int(x), :3] / 255


@pytest.mark.parametrize("how", ["linear", "log", "cbrt", "eq_hist"])
@pytest.mark.parametrize("count", [400, 5000])
def test_the_bar_tells_the_colours_of_the_picture(how, count):
    """The colour of the drawn bar at the height of each value is the colour of the pixels with that value."""
    rng = np.random.default_rng(5)
    rows = {"x": rng.normal(size=count), "y": rng.normal(size=count)}
    fig, ax = plt.subplots()
    image = dp.matplotlib.points(ax, rows, "x", "y", how=how, cmap="viridis", resolution=0.1)
    bar = fig.colorbar(image)
    fig.canvas.draw()
    cells = image.get_array()
    assert cells.max() > 1
    for value in np.unique(cells.compressed()):
        drawn = np.array(image.cmap(float(image.norm(value)))[:3])
        assert abs(beside(fig, bar, value) - drawn).max() < 0.03, (how, value)


@pytest.mark.parametrize("how", ["linear", "log", "cbrt"])
def test_numbers_of_the_bar_follow_the_window(rows, how):
    fig, ax = plt.subplots()
    image = dp.matplotlib.points(ax, rows, "x", "y", how=how)
    bar = fig.colorbar(image)
    fig.canvas.draw()
    cells = image.get_array()
    assert image.get_clim() == (cells.min(), cells.max())
    assert bar.ax.get_ylim() == pytest.approx((cells.min(), cells.max()))
    ax.set(xlim=(-30, 30), ylim=(-30, 30))
    fig.canvas.draw()
    wide = image.get_array()
    assert wide.max() > cells.max() and bar.ax.get_ylim() == pytest.approx((wide.min(), wide.max()))


def test_limits_set_by_hand_stay(rows):
    fig, ax = plt.subplots()
    image = dp.matplotlib.points(ax, rows, "x", "y", how="linear")
    fig.canvas.draw()
    image.set_clim(vmax=50)
    ax.set(xlim=(-30, 30), ylim=(-30, 30))
    fig.canvas.draw()
    assert image.get_clim() == (1, 50)
    image.autoscale()
    fig.canvas.draw()
    assert image.get_clim()[1] == image.get_array().max() != 50
    fixed = dp.matplotlib.points(ax, rows, "x", "y", how="log", span=(1, 7))
    fig.canvas.draw()
    assert fixed.get_clim() == (1, 7)


def test_a_norm_that_is_given_is_fitted_once_and_shared(rows):
    fig, (a, b) = plt.subplots(1, 2)
    norm = LogNorm()
    first = dp.matplotlib.points(a, rows, "x", "y", norm=norm)
    second = dp.matplotlib.points(b, rows, "x", "y", norm=norm)
    fig.colorbar(first, ax=[a, b])
    fig.canvas.draw()
    limits = norm.vmin, norm.vmax
    assert first.norm is second.norm is norm
    b.set(xlim=(-30, 30), ylim=(-30, 30))
    fig.canvas.draw()
    assert (norm.vmin, norm.vmax) == limits and second.get_array().max() > limits[1]


def test_one_value_has_the_colour_of_the_top():
    for how in ("linear", "log", "cbrt", "eq_hist"):
        fig, ax = plt.subplots()
        image = dp.matplotlib.points(
            ax, {"x": np.arange(3.0), "y": np.arange(3.0)}, "x", "y", how=how, cmap="gray"
        )
        fig.colorbar(image)
        fig.canvas.draw()
        assert float(image.norm(1)) == 1.0, how


@pytest.mark.parametrize("reduction", [dp.count(), dp.mean("v"), dp.sum("v"), dp.any()])
@pytest.mark.parametrize("count", [50, 50_000])
def test_ranks_are_those_of_shade(full, reduction, count):
    """Level for level, but for the last bit where a value stands on the edge of two levels."""
    rng = np.random.default_rng(11)
    rows = {"x": rng.normal(size=count), "y": rng.normal(size=count), "v": rng.random(count)}
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y", reduction)
    fig.canvas.draw()
    ramp = [f"#{level:02x}0000" for level in range(200)]
    shaded = np.asarray(image.aggregate.shade(ramp, "eq_hist"))[::-1]
    level = shaded[..., 0][shaded[..., 3] > 0]
    places = np.ma.compressed(image.norm(image.get_array())) if reduction.name != "any" else None
    if places is None:
        return
    ours = np.minimum((places * 200).astype(int), 199)
    assert len(ours) == len(level) and abs(ours - level.astype(int)).max() <= 1


def test_ranks_invert():
    rng = np.random.default_rng(4)
    for values in (
        rng.integers(1, 9, 500).astype("u4"),
        rng.random(500),
        rng.integers(1, 10**6, 500).astype("u8"),
    ):
        norm = EqHistNorm(float(values.min()), float(values.max()))
        norm.fit(values)
        places = np.linspace(0, 1, 50)
        assert np.allclose(norm(norm.inverse(places)), places, atol=1e-9)
        assert np.all(np.diff(norm(np.sort(values).astype(float))) >= 0)
        ranks = norm(np.unique(values).astype(float))
        share = np.cumsum(np.unique(values, return_counts=True)[1]) / len(values)
        expected = (share - share[0]) / (1 - share[0])
        assert np.allclose(ranks, expected, atol=1e-2 if values.dtype.kind == "f" else 1e-9)
    assert np.ma.is_masked(norm(np.ma.masked_array([1.0, 2.0], [True, False])))
    norm.fit(values[:0])


def test_ticks_of_a_rank_bar_do_not_crowd():
    rng = np.random.default_rng(9)
    rows = {"x": rng.standard_cauchy(200_000), "y": rng.normal(size=200_000)}
    fig, ax = plt.subplots()
    ax.set(xlim=(-5, 5), ylim=(-5, 5))
    image = dp.matplotlib.points(ax, rows, "x", "y")
    bar = fig.colorbar(image)
    fig.canvas.draw()
    ticks = bar.get_ticks()
    heights = np.ma.filled(image.norm(ticks))
    assert 4 <= len(ticks) <= 7 and np.diff(heights).min() > 0.05
    assert ticks[0] == image.get_array().min() and ticks[-1] == image.get_array().max()


def test_default_map_shows_single_points_on_any_ground():
    for ground in ("white", "black", "#202840"):
        _, ax = plt.subplots()
        ax.set_facecolor(ground)
        image = dp.matplotlib.points(ax, {"x": np.arange(9.0), "y": np.arange(9.0)}, "x", "y")
        for place in (0.0, 0.5, 1.0):
            assert np.linalg.norm(np.array(image.cmap(place)[:3]) - to_rgb(ground)) > 0.2, (ground, place)


def test_maps_of_both_libraries(rows):
    _, ax = plt.subplots()
    for cmap in ("viridis", "aquatint", plt.get_cmap("magma"), ["white", "red"]):
        image = dp.matplotlib.points(ax, rows, "x", "y", cmap=cmap)
        assert image.cmap.N == 256
    assert to_hex(image.cmap(1.0)) == "#ff0000"


def test_pyplot_finds_it_for_a_bar(rows):
    _, ax = plt.subplots()
    image = dp.matplotlib.points(ax, rows, "x", "y")
    assert plt.gci() is image and plt.colorbar().mappable is image


def test_categories_have_their_colours_at_every_window(full):
    fig, ax = full(100, 100)
    ax.axis("off")
    rows = {"x": np.array([0.1, 0.5, 0.9]), "y": np.array([0.5, 0.5, 0.5]), "c": np.array(["b", "a", "c"])}
    ax.set(xlim=(0, 1), ylim=(0, 1))
    colors = {"a": "#ff0000", "b": "#00ff00", "c": "#0000ff"}
    image = dp.matplotlib.points(ax, rows, "x", "y", dp.by("c"), cmap=colors, min_alpha=255)
    assert image.categories == ["a", "b", "c"]

    def seen():
        fig.canvas.draw()
        page = np.asarray(fig.canvas.buffer_rgba())[..., :3].reshape(-1, 3)
        return {to_hex(color / 255) for color in np.unique(page, axis=0)} - {"#ffffff"}

    assert seen() == set(colors.values())
    ax.set_xlim(0, 0.3)
    assert seen() == {"#00ff00"}
    ax.set_xlim(0.3, 0)
    assert seen() == {"#00ff00"}
    with pytest.raises(dp.BadArgument, match="legend"):
        fig.colorbar(image)


def test_legend_of_categories_and_of_points(rows):
    _, ax = plt.subplots()
    rows = {**rows, "c": np.array(["one", "two", "three", "four", "five"] * 1000)}
    mixed = dp.matplotlib.points(ax, rows, "x", "y", dp.by("c"))
    whole = dp.matplotlib.points(ax, rows, "x", "y", label="all of them")
    dp.matplotlib.points(ax, rows, "x", "y")
    legend = ax.legend()
    assert [text.get_text() for text in legend.get_texts()] == [*mixed.categories, "all of them"]
    handles = legend.legend_handles
    cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    ax.figure.canvas.draw()
    assert len(handles) == 6 and [to_hex(entry[0].get_color()) for entry in ax.containers[:5]] == [
        *map(to_hex, cycle[:5])
    ]
    mixed.remove()
    whole.remove()
    assert ax.get_legend_handles_labels() == ([], [])
    ax.figure.canvas.draw()


def test_a_label_set_later(rows):
    _, ax = plt.subplots()
    image = dp.matplotlib.points(ax, rows, "x", "y")
    assert ax.get_legend_handles_labels()[1] == []
    image.set_label("later")
    assert ax.get_legend_handles_labels()[1] == ["later"]
    image.set(label="_nolegend_")
    assert ax.get_legend_handles_labels()[1] == []


def test_a_category_keeps_its_colour_from_frame_to_frame(full):
    fig, ax = full(100, 100)
    ax.axis("off")
    ax.set(xlim=(0, 1), ylim=(0, 1))

    def frame(names):
        return {"x": np.full(len(names), 0.5), "y": np.linspace(0.2, 0.8, len(names)), "c": np.array(names)}

    image = dp.matplotlib.points(ax, frame(["a", "b"]), "x", "y", dp.by("c"), min_alpha=255)
    cycle = [to_hex(color) for color in plt.rcParams["axes.prop_cycle"].by_key()["color"]]
    for names, expected in [(["b"], [1]), (["b", "c"], [1, 2]), (["A", "c"], [3, 2])]:
        image.set_data(frame(names))
        fig.canvas.draw()
        page = np.asarray(fig.canvas.buffer_rgba())[..., :3].reshape(-1, 3)
        seen = {to_hex(color / 255) for color in np.unique(page, axis=0)} - {"#ffffff"}
        assert seen == {cycle[place] for place in expected}


def test_many_categories():
    _, ax = plt.subplots()
    names = np.array([f"k{place:02}" for place in range(60)])
    rows = {"x": np.arange(60.0), "y": np.arange(60.0), "c": names}
    dp.matplotlib.points(ax, rows, "x", "y", dp.by("c"))
    handles, labels = ax.get_legend_handles_labels()
    assert labels == list(names[:20]) and len({to_hex(handle[0].get_color()) for handle in handles}) == 20
    dp.matplotlib.points(ax, rows, "x", "y", dp.by("c"), cmap="tab20", label="_nolegend_")
    assert len(ax.containers) == 20
    ax.figure.canvas.draw()


def test_normalize_is_matplotlibs(rows):
    _, ax = plt.subplots()
    assert type(dp.matplotlib.points(ax, rows, "x", "y", how="linear").norm) is Normalize
