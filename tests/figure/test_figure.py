"""Figures of several layers and axes: what they share, what each shows, and what is refused."""

import gc
import io
import weakref

import drypoint as dp
import numpy as np
import pytest
from PIL import Image as Pillow


def cloud(n=2000, seed=1, centre=0.0):
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(centre, 1, n), "y": rng.normal(0, 2, n), "kind": rng.choice(["a", "b", "c"], n)}


def pixels(figure, format="png"):
    buffer = io.BytesIO()
    figure.save(buffer, format=format)
    return np.asarray(Pillow.open(buffer).convert("RGBA"))


def extent(source):
    return (source["x"].min(), source["x"].max()), (source["y"].min(), source["y"].max())


def test_layers_share_the_range_of_all():
    one, other = cloud(), cloud(seed=2, centre=5)
    with dp.Figure(400, 300).points(one, "x", "y").points(other, "x", "y", cmap="crimson") as figure:
        first, second = figure.aggregates
        together = {name: np.concatenate([one[name], other[name]]) for name in ("x", "y")}
        assert (first.x_range, first.y_range) == (second.x_range, second.y_range) == extent(together)
        assert first.shape == second.shape
        alone = dp.Canvas(*first.shape[::-1], x_range=first.x_range, y_range=first.y_range)
        np.testing.assert_array_equal(first, alone.points(one, "x", "y"))
        np.testing.assert_array_equal(second, alone.points(other, "x", "y"))


def test_the_last_layer_is_on_top():
    line = {"x": np.array([0.0, 1.0]), "y": np.array([0.5, 0.5])}
    ends = {"x": np.array([0.0, 1.0]), "y": np.array([0.0, 1.0])}
    figure = dp.Figure(200, 200, x_range=(0, 1), y_range=(0, 1))
    figure.raster(np.ones((2, 2)), extent=(0, 1, 0, 1), cmap="gold").line(
        line, "x", "y", cmap="navy", spread=0
    )
    image = np.asarray(figure.points(ends, "x", "y", cmap="crimson", spread=0).image())
    assert image[-1, 0].tolist() == image[0, -1].tolist() == [220, 20, 60, 255]
    navy = (image == [0, 0, 128, 255]).all(axis=2)
    assert navy.sum() == image.shape[1] and navy.any(axis=1).sum() == 1
    assert (image[2, 2] == [255, 215, 0, 255]).all()


def test_streams_among_layers_are_kept_until_the_ranges_are_known():
    one, other = cloud(), cloud(seed=2, centre=5)

    def parts(source):
        for start in range(0, 2000, 300):
            yield {name: source[name][start : start + 300] for name in ("x", "y")}

    whole = dp.Figure(300, 200).points(one, "x", "y").line(other, "x", "y")
    streamed = dp.Figure(300, 200).points(parts(one), "x", "y").line(parts(other), "x", "y")
    for ours, theirs in zip(streamed.aggregates, whole.aggregates, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert pixels(streamed).tobytes() == pixels(whole).tobytes()


def test_lines_at_values_widen_what_is_found_and_not_what_is_given():
    source = cloud()
    with dp.Figure(300, 200).points(source, "x", "y").hline(40).vline(-9) as figure:
        assert figure.aggregate.y_range[1] > 40 and figure.aggregate.x_range[0] < -9
    with dp.Figure(300, 200, x_range=(-1, 1), y_range=(-1, 1)).points(source, "x", "y").hline(40) as figure:
        assert (figure.aggregate.x_range, figure.aggregate.y_range) == ((-1, 1), (-1, 1))


def test_a_twin_has_its_own_y():
    source = {"t": np.arange(9.0), "heat": np.arange(9.0), "rain": 100 + np.arange(9.0)}
    figure = dp.Figure(400, 300).line(source, "t", "heat")
    twin = figure.axes().twin(y_range=(0, 200))
    assert twin.line(source, "t", "rain", cmap="navy") is twin
    heat, rain = figure.aggregates
    assert (heat.x_range, rain.x_range) == ((0, 8), (0, 8))
    assert (heat.y_range, rain.y_range) == ((0, 8), (0, 200))
    assert repr(twin) == "<Twin of row 0, column 0: 1 layer>"


@pytest.mark.parametrize(
    "share", [("all", "all"), ("columns", "rows"), ("none", "none"), ("columns", "none"), ("all", "rows")]
)
def test_a_grid_shares_what_it_is_told(share):
    figure = dp.Figure(700, 500, rows=2, columns=2, share_x=share[0], share_y=share[1])
    sources = [cloud(200, seed, centre=seed) for seed in range(4)]
    for place, source in enumerate(sources):
        figure.axes(place // 2, place % 2).points(source, "x", "y")
    groups = {"all": [0, 0, 0, 0], "columns": [0, 1, 0, 1], "rows": [0, 0, 1, 1], "none": [0, 1, 2, 3]}
    for place, aggregate in enumerate(figure.aggregates):
        for axis, (how, name) in enumerate(zip(share, ("x", "y"), strict=True)):
            same = [
                source for other, source in enumerate(sources) if groups[how][other] == groups[how][place]
            ]
            values = np.concatenate([source[name] for source in same])
            assert (aggregate.x_range, aggregate.y_range)[axis] == (values.min(), values.max())
    assert len({aggregate.shape for aggregate in figure.aggregates}) == 1
    assert figure.image(1, 1).height == figure.aggregate.shape[0]


@pytest.mark.parametrize("mark", ["points", "line"])
@pytest.mark.parametrize("dpi", [96, 140])
def test_facets_show_each_value_apart(mark, dpi):
    source = cloud()
    figure = dp.draw(source, "x", "y", mark=mark, facet="kind", facet_columns=2, width=500, dpi=dpi)
    whole = figure.aggregate
    assert whole.categories == ["a", "b", "c"] and repr(figure) == "<Figure 500 × 600: 2 × 2 axes, 3 layers>"
    for place, kind in enumerate(whole.categories):
        here = {name: source[name][source["kind"] == kind] for name in ("x", "y")}
        canvas = dp.Canvas(*whole.shape[1::-1], x_range=whole.x_range, y_range=whole.y_range)
        alone = (canvas.points if mark == "points" else canvas.line)(here, "x", "y")
        if mark == "points":
            np.testing.assert_array_equal(whole[..., place], alone)
        seen = np.asarray(figure.image(place // 2, place % 2))[..., 3] > 0
        assert seen[np.asarray(whole[::-1, :, place]) > 0].all()
    pixels(figure)


def test_the_units_of_equal_axes_are_equal():
    for aspect, ratio in (("equal", 1), (2.0, 2)):
        with dp.Figure(500, 400, aspect=aspect, x_range=(0, 30), y_range=(0, 10)).points(
            cloud(), "x", "y"
        ) as figure:
            height, width = figure.aggregate.shape
            assert height / 10 / (width / 30) == pytest.approx(ratio, rel=0.02)


def test_density_and_letters():
    source = cloud(50)
    plain = pixels(dp.draw(source, "x", "y", width=300, height=200))
    dense = pixels(dp.draw(source, "x", "y", width=300, height=200, dpi=192))
    large = dp.draw(source, "x", "y", width=300, height=200, font_size=18)
    assert (
        plain.shape == (200, 300, 4) and dense.shape == (400, 600, 4) and pixels(large).shape == (200, 300, 4)
    )
    assert large.aggregate.shape < dp.draw(source, "x", "y", width=300, height=200).aggregate.shape


def test_backgrounds():
    source = cloud(50)
    assert pixels(dp.draw(source, "x", "y", background="transparent"))[0, 0, 3] == 0
    assert pixels(dp.draw(source, "x", "y", background="#123456"))[0, 0].tolist() == [0x12, 0x34, 0x56, 255]
    buffer = io.BytesIO()
    dp.draw(source, "x", "y", background="transparent").save(buffer, format="pdf")
    assert b"/SMask" in buffer.getvalue()


def test_every_format_to_a_file_object(tmp_path):
    figure = dp.Figure(300, 200).points(cloud(), "x", "y").line(cloud(9), "x", "y", cmap="crimson", alpha=120)
    figure.band(y=(0, 1)).arrow((0, 0), (1, 1), "here")
    starts = {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}
    for name, start in starts.items():
        buffer = io.BytesIO()
        figure.savefig(buffer, format=name)
        figure.save(tmp_path / f"figure.{name}")
        figure.save(tmp_path / "figure.other", format=name)
        written = {(tmp_path / f"figure.{end}").read_bytes() for end in (name, "other")}
        assert written == {buffer.getvalue()} and buffer.getvalue().startswith(start)
    with pytest.raises(dp.UnknownFormat, match="jpeg"):
        figure.save(io.BytesIO(), format="jpeg")
    with pytest.raises(dp.BadArgument, match="bytes"):
        figure.save(io.StringIO())
    with figure.image() as image:
        buffer = io.BytesIO()
        image.save(buffer)
        assert buffer.getvalue() == image._repr_png_()


def test_colours_in_every_form():
    colormaps = pytest.importorskip("matplotlib").colormaps
    canvas = dp.Canvas(40, 30, x_range=(-3, 3), y_range=(-3, 3))
    source = cloud()
    with canvas.points(source, "x", "y") as counts:
        named = np.asarray(counts.shade("viridis"))
        np.testing.assert_allclose(np.asarray(counts.shade(colormaps["viridis"])), named, atol=1)
        red = np.asarray(counts.shade("#ff0000"))
        for form in ("red", ["red"], [(1, 0, 0)], np.array([[255, 0, 0]], "u1"), [(1.0, 0.0, 0.0, 1.0)]):
            np.testing.assert_array_equal(np.asarray(counts.shade(form)), red)
        with pytest.raises(dp.BadArgument, match="by category"):
            counts.shade({"a": "red"})
    with canvas.points(source, "x", "y", dp.by("kind")) as kinds:
        listed = np.asarray(kinds.shade(["red", "green", "blue"]))
        keyed = kinds.shade({"c": "blue", "a": "red", "b": "green", "other": "black"})
        np.testing.assert_array_equal(np.asarray(keyed), listed)
        part = np.asarray(kinds.shade({"c": "blue"}, min_alpha=255))
        only = (np.asarray(kinds)[::-1, :, :2].sum(axis=2) == 0) & (part[..., 3] > 0)
        assert only.any() and (part[only] == [0, 0, 255, 255]).all()


def test_masks_hide_and_do_not_count():
    canvas = dp.Canvas(40, 30, x_range=(-3, 3), y_range=(-3, 3))
    with canvas.points(cloud(), "x", "y") as counts:
        cells = np.asarray(counts)
        mask = cells > 1
        image = np.asarray(counts.shade("gray", "linear", mask=mask))[::-1]
        np.testing.assert_array_equal(image[..., 3] > 0, mask)
        inside = {
            name: np.repeat(at[mask] + 0.5, cells[mask])
            for name, at in zip("yx", np.indices(cells.shape), strict=True)
        }
        alone = dp.Canvas(40, 30, x_range=(0, 40), y_range=(0, 30)).points(inside, "x", "y")
        np.testing.assert_array_equal(image, np.asarray(alone.shade("gray", "linear"))[::-1])
        for bad in (mask[:-1], mask.astype(int), "yes"):
            with pytest.raises(dp.BadArgument, match="mask"):
                counts.shade(mask=bad)


def test_alpha_and_grounds():
    canvas = dp.Canvas(8, 8, x_range=(-3, 3), y_range=(-3, 3))
    with canvas.points(cloud(), "x", "y") as counts:
        faint = counts.shade("red", alpha=128)
        assert set(np.unique(np.asarray(faint)[..., 3])) <= {0, 128}
        laid = np.asarray(dp.set_background(faint, "white"))
        assert {tuple(pixel) for pixel in laid.reshape(-1, 4)} <= {(255, 255, 255, 255), (255, 127, 127, 255)}


def test_a_figure_is_gone_with_its_data_when_it_is_let_go_of():
    array = np.random.default_rng(0).normal(size=(100, 2))
    gone = weakref.ref(array)
    gc.disable()
    try:
        figure = dp.Figure(200, 200, rows=2)
        figure.axes(1).points({"x": array[:, 0], "y": array[:, 1]}, "x", "y")
        figure.raster(array)
        del array, figure
        assert gone() is None
    finally:
        gc.enable()


def test_sources_are_let_go_of_once_they_are_drawn():
    array = np.random.default_rng(0).normal(size=(100, 2))
    gone = weakref.ref(array)
    figure = dp.Figure(200, 200).raster(array)
    figure.image()
    del array
    gc.collect()
    assert gone() is None


def test_one_budget_holds_all_layers():
    before = dp.memory()["reserved"]
    figure = dp.Figure(600, 400, memory="1MB").points(cloud(), "x", "y").points(cloud(seed=2), "x", "y")
    with pytest.raises(dp.BudgetExceeded):
        figure.save(io.BytesIO())
    figure = dp.Figure(600, 400, memory="24MB").points(cloud(), "x", "y").points(cloud(seed=2), "x", "y")
    figure.save(io.BytesIO())
    figure.close()
    del figure
    assert dp.memory()["reserved"] == before


def test_what_is_known_before_reading_is_refused_at_once():
    figure = dp.Figure(300, 200)
    source = cloud(20)
    with pytest.raises(dp.MissingColumn, match="z"):
        figure.points(source, "x", "z")
    with pytest.raises(dp.NotNumeric):
        figure.points(source, "x", "kind")
    with pytest.raises(dp.MissingColumn):
        figure.points(source, "x", "y", dp.mean("z"))
    with pytest.raises(dp.BadArgument, match="empty"):
        figure.save(io.BytesIO())
    assert repr(figure) == "<Figure 300 × 200, empty>"


BAD = [
    (lambda: dp.Figure(scale=2, dpi=192), "not both"),
    (lambda: dp.Figure(dpi=5), "dpi"),
    (lambda: dp.Figure(font_size=1), "font_size"),
    (lambda: dp.Figure(font_size=float("nan")), "font_size"),
    (lambda: dp.Figure(rows=0), "rows"),
    (lambda: dp.Figure(rows=65), "rows"),
    (lambda: dp.Figure(share_x="rows"), "share_x"),
    (lambda: dp.Figure(aspect="even"), "aspect"),
    (lambda: dp.Figure(aspect=0), "aspect"),
    (lambda: dp.Figure(background="bleu"), "bleu"),
    (lambda: dp.Figure(grid="yes"), "grid"),
    (lambda: dp.Figure().axes(1), "row"),
    (lambda: dp.Figure().axes(0, 0, x_scale="lin"), "x_scale"),
    (lambda: dp.Figure().band(), "either"),
    (lambda: dp.Figure().band(x=(0, 1), y=(0, 1)), "either"),
    (lambda: dp.Figure().hline("soon", color="bleu"), "bleu"),
    (lambda: dp.Figure().hline(None), "neither a number nor a date"),
    (lambda: dp.Figure().vline(1, width=0), "width"),
    (lambda: dp.Figure().text(0, 0, 1), "words"),
    (lambda: dp.Figure().text(0, 0, "a", anchor="top"), "anchor"),
    (lambda: dp.Figure().text(0, 0, "a", size=0), "size"),
    (lambda: dp.Figure().arrow(1, (0, 0)), "start"),
    (lambda: dp.Figure().points(cloud(9), "x", "y", alpha=1.5), "alpha"),
    (lambda: dp.Figure().raster(np.ones(4)), "dimensions"),
    (lambda: dp.stack(), "at least one"),
    (lambda: dp.stack(np.ones((2, 2, 4))), "Image"),
    (lambda: dp.dynspread(np.ones((2, 2))), "Image"),
    (lambda: dp.draw(cloud(9), "x", "y", facet_columns=2), "facet"),
    (lambda: dp.draw(cloud(9), "x", "y", facet="kind", color=dp.by("kind")), "facet"),
    (lambda: dp.draw(iter([cloud(9)]), "x", "y", facet="kind"), "only once"),
    (lambda: dp.draw(cloud(9), "x", "y", facet="x"), "x"),
]


@pytest.mark.parametrize("place", range(len(BAD)))
def test_bad_arguments(place):
    call, named = BAD[place]
    with pytest.raises(dp.DrypointError, match=named):
        call()


def test_what_shows_only_when_it_is_drawn_is_told_then():
    source = cloud(20)
    times = {"t": np.arange(20).astype("M8[D]"), "y": source["y"]}
    mixed = dp.Figure().points(source, "x", "y").points(times, "t", "y")
    with pytest.raises(dp.BadArgument, match="same kind of x"):
        mixed.save(io.BytesIO())
    with pytest.raises(dp.BadArgument, match="no dates"):
        dp.Figure().points(source, "x", "y").vline("2024-02-29").save(io.BytesIO())
    with (
        dp.Figure()
        .points(times, "t", "y")
        .vline("1970-01-10", label="now")
        .band(x=("1970-01-02", "1970-01-04")) as figure
    ):
        assert len(figure._repr_png_()) > 1000
        with pytest.raises(dp.BadArgument, match="is drawn"):
            figure.points(times, "t", "y")
        figure.text("1970-01-05", 0, "later")
        assert pixels(figure).shape == (600, 900, 4)
    with pytest.raises(dp.ClosedError):
        figure.hline(1)
    with pytest.raises(dp.BadArgument, match="same scale"):
        figure = dp.Figure(rows=2)
        figure.axes(0).points(source, "x", "y")
        figure.axes(1, x_scale="log", x_range=(1, 2)).points(source, "x", "y")
        figure.save(io.BytesIO())


def test_a_stream_that_failed_closes_its_figure():
    def broken():
        yield {"x": [1.0, 2.0], "y": [1.0, 2.0]}
        raise ZeroDivisionError

    figure = dp.Figure().points(broken(), "x", "y")
    with pytest.raises(ZeroDivisionError):
        figure.save(io.BytesIO())
    assert figure.closed


def test_marks_chosen_by_the_data():
    rising = {"x": np.arange(50.0), "y": np.arange(50.0) ** 2}
    assert np.asarray(dp.draw(rising, mark="auto").aggregate).sum() > 400
    assert np.asarray(dp.draw(cloud(50), "x", "y", mark="auto").aggregate).sum() == 50
    assert np.asarray(dp.draw(iter([rising]), "x", "y", mark="auto").aggregate).sum() == 50
