"""Reductions equal Datashader's on random points and lines, and NumPy's where Datashader has none."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest
import recorded
from recorded import HEIGHT, RANGES, WIDTH


@pytest.fixture(scope="module")
def rows() -> dict[str, np.ndarray]:
    return recorded.rows()


def source(rows):
    return {**rows, "kind": list(rows["kind"])}


def ours(rows, mark, reduction, **options):
    canvas = dp.Canvas(WIDTH, HEIGHT, **RANGES)
    return getattr(canvas, mark)(source(rows), "x", "y", reduction, **options)


@pytest.mark.parametrize("mark", recorded.MARKS)
@pytest.mark.parametrize("threads", [1, 3])
def test_folds_equal_datashader(rows, mark, threads):
    wanted = recorded.reductions(dp)
    numbered = {f"r{place}": reduction for place, reduction in enumerate(wanted.values())}
    found = ours(rows, mark, dp.summary(**numbered), threads=threads)
    with np.load(recorded.FILE) as kept:
        for (name, reduction), got in zip(wanted.items(), found.values(), strict=True):
            expected = kept[f"{mark} {name}"]
            assert got.shape == expected.shape, reduction
            np.testing.assert_allclose(
                np.asarray(got), expected, rtol=1e-9, atol=1e-9, err_msg=repr(reduction)
            )


def test_summary_equals_its_parts(rows):
    found = ours(rows, "points", dp.summary(n=dp.count(), mean=dp.mean("v"), who=dp.where(dp.max("v"), "w")))
    assert list(found) == ["n", "mean", "who"]
    assert len(found) == 3
    alone = {"n": dp.count(), "mean": dp.mean("v"), "who": dp.where(dp.max("v"), "w")}
    for name in found:
        one = np.asarray(ours(rows, "points", alone[name]))
        np.testing.assert_allclose(np.asarray(found[name]), one, rtol=1e-12)
        assert (found[name].rows, found[name].skipped) == (found.rows, found.skipped)
    assert found.nbytes == sum(part.nbytes for part in found.values())
    with pytest.raises(KeyError, match="the names are n, mean, who"):
        found["most"]
    found.close()
    with pytest.raises(dp.ClosedError):
        found["n"]


def test_mode_counts_every_value(rows):
    from collections import Counter

    for column, values in (("kind", rows["kind"]), ("v", rows["v"]), ("id", rows["id"] % 5)):
        data = {**rows, "id": rows["id"] % 5}
        found = ours(data, "points", dp.mode(column))
        assert found.dtype == "int64"
        places = np.asarray(found)
        everything = dp.Canvas(WIDTH, HEIGHT, **RANGES).points(
            {**source(data), "one": np.ones(len(values))}, "x", "y", dp.where(dp.first_n("one", 1024))
        )
        numbers = np.asarray(everything)
        assert (numbers[..., -1] == -1).all(), "1024 rows are more than any pixel has"
        for place in np.ndindex(HEIGHT, WIDTH):
            fell = values[numbers[place][numbers[place] >= 0]]
            counted = Counter(value for value in fell.tolist() if value == value)
            if not counted:
                assert places[place] == -1
                continue
            most = max(counted.values())
            expected = min(value for value, count in counted.items() if count == most)
            name = found.categories[places[place]]
            assert name == (expected if isinstance(expected, str) else f"{expected:g}")


def test_rows_are_the_rows_of_the_source(rows):
    number = np.asarray(ours(rows, "points", dp.where(dp.max("v"))))
    greatest = np.asarray(ours(rows, "points", dp.max("v")))
    np.testing.assert_array_equal(number >= 0, ~np.isnan(greatest))
    np.testing.assert_array_equal(rows["v"][number[number >= 0]], greatest[number >= 0])


@pytest.mark.parametrize("threads", [1, 3])
def test_rows_of_text_are_numbered_too(rows, tmp_path, threads):
    """Batches of text are found in parallel, by bytes: how many rows lie before one is known at the end."""
    lines = ["x,y,v"]
    lines += [
        f"{x:.17g},{y:.17g},{v:.17g}".replace("nan", "")
        for x, y, v in zip(rows["x"], rows["y"], rows["v"], strict=True)
    ]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines))
    canvas = dp.Canvas(WIDTH, HEIGHT, **RANGES)
    for mark in (canvas.points, canvas.line):
        found = np.asarray(mark(path, "x", "y", dp.where(dp.max("v")), threads=threads))
        expected = np.asarray(mark({name: rows[name] for name in "xyv"}, "x", "y", dp.where(dp.max("v"))))
        np.testing.assert_array_equal(found, expected)


def test_streams_and_ranges_that_are_not_known(rows):
    def parts():
        for at in range(0, 6000, 900):
            yield {name: values[at : at + 900] for name, values in source(rows).items()}

    wanted = dp.summary(top=dp.max_n("v", 2), who=dp.where(dp.max("v")), kind=dp.mode("kind"))
    canvas = dp.Canvas(WIDTH, HEIGHT)
    exact = canvas.points(source(rows), "x", "y", wanted)
    spooled = canvas.points(parts(), "x", "y", wanted, exact=True)
    grown = canvas.points(parts(), "x", "y", wanted)
    for name in wanted.parts:
        np.testing.assert_array_equal(np.asarray(spooled[name]), np.asarray(exact[name]))
        assert np.asarray(grown[name]).shape == np.asarray(exact[name]).shape
    assert np.nanmax(np.asarray(grown["top"])) == np.nanmax(rows["v"])
    assert np.asarray(grown["who"]).max() < len(rows["x"])


def test_spread_far_from_zero_equals_numpy():
    rng = np.random.default_rng(9)
    n = 300_000
    values = 1e9 + rng.normal(0, 1, n)
    data = {"x": rng.integers(0, 3, n) + 0.5, "y": np.full(n, 0.5), "v": values}
    canvas = dp.Canvas(3, 1, x_range=(0, 3), y_range=(0, 1))
    expected = [np.var(values[data["x"] == at + 0.5] - 1e9) for at in range(3)]
    for threads in (1, 4):
        found = np.asarray(canvas.points(data, "x", "y", dp.var("v"), threads=threads))[0]
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    halves = [
        {name: column[part] for name, column in data.items()} for part in (slice(0, 1000), slice(1000, n))
    ]
    merged = canvas.points(halves[0], "x", "y", dp.std("v")) + canvas.points(halves[1], "x", "y", dp.std("v"))
    np.testing.assert_allclose(np.asarray(merged)[0], np.sqrt(expected), rtol=1e-6)


KEPT = [
    dp.max_n("v", 3),
    dp.first_n("v", 2),
    dp.where(dp.max("v"), "w"),
    dp.where(dp.last_n("v", 2)),
    dp.mode("kind"),
    dp.by("kind", dp.min_n("v", 2)),
    dp.by(dp.category_binning("v", 0, 40, 4, include_over=False)),
    dp.mode(dp.category_modulo("id", 5)),
]


@pytest.mark.parametrize("reduction", KEPT, ids=repr)
def test_save_load_and_merge(rows, tmp_path, reduction):
    whole = ours(rows, "points", reduction)
    path = tmp_path / "kept.npz"
    whole.save(path)
    loaded = dp.Aggregate.load(path)
    assert loaded.reduction == whole.reduction
    assert (loaded.shape, loaded.dtype, loaded.categories) == (whole.shape, whole.dtype, whole.categories)
    np.testing.assert_array_equal(np.asarray(loaded), np.asarray(whole))
    empty = ours(
        nothing(rows),
        "points",
        reduction,
    )
    np.testing.assert_array_equal(np.asarray(loaded + empty), np.asarray(whole))
    assert np.load(path)["cells"].size == np.asarray(whole).size


def nothing(rows):
    """A row outside of the canvas."""
    return {name: np.full(1, 9.0) if name in "xy" else values[:1] for name, values in rows.items()}


def test_arrays_of_several_values(rows):
    pytest.importorskip("xarray")
    several = ours(rows, "points", dp.by("kind", dp.max_n("v", 2)))
    array = several.to_xarray()
    assert array.dims == ("y", "x", "category", "n")
    assert list(array.category.values) == ["ash", "oak", "yew"]
    np.testing.assert_array_equal(array.sel(category="oak").values, np.asarray(several)[:, :, 1])
    both = ours(
        rows, "points", dp.summary(kind=dp.mode("kind"), top=dp.max_n("v", 3), by=dp.by("kind"))
    ).to_xarray()
    assert dict(both.sizes) == {"y": HEIGHT, "x": WIDTH, "top_n": 3, "by_category": 3}
    assert both["kind"].attrs["categories"] == ["ash", "oak", "yew"]


def test_dlpack_lends_the_cells(rows):
    found = ours(rows, "points", dp.max_n("v", 2))
    np.testing.assert_array_equal(np.from_dlpack(found), np.asarray(found))


def test_merging_summaries(rows):
    wanted = dp.summary(n=dp.count(), top=dp.max_n("v", 2))
    halves = [
        {name: values[part] for name, values in rows.items()} for part in (slice(0, 700), slice(700, None))
    ]
    merged = sum(ours(half, "points", wanted) for half in halves)
    whole = ours(rows, "points", wanted)
    for name in whole:
        np.testing.assert_array_equal(np.asarray(merged[name]), np.asarray(whole[name]))
    with pytest.raises(dp.BadArgument, match="different names"):
        whole + ours(rows, "points", dp.summary(n=dp.count()))


def test_mode_is_shaded_by_its_categories(rows):
    found = ours(rows, "points", dp.mode("kind"))
    image = np.asarray(found.shade(cmap=["#ff0000", "#00ff00", "#0000ff"]))[::-1]
    places = np.asarray(found)
    for place, color in (
        (-1, (0, 0, 0, 0)),
        (0, (255, 0, 0, 255)),
        (1, (0, 255, 0, 255)),
        (2, (0, 0, 255, 255)),
    ):
        assert (image[places == place] == color).all()
    assert "<img" in found._repr_html_()


def test_what_has_no_picture(rows, tmp_path):
    several = ours(rows, "points", dp.max_n("v", 2))
    with pytest.raises(dp.BadArgument, match="several values"):
        several.shade()
    assert "<img" not in several._repr_html_()
    for reduction in (
        dp.max_n("v", 2),
        dp.summary(n=dp.count()),
        dp.where(dp.max_n("v", 2), "w"),
        dp.by("kind", dp.first_n("v", 2)),
    ):
        with pytest.raises(dp.BadArgument, match="several values"):
            dp.draw(source(rows), x="x", y="y", color=reduction)


@pytest.mark.parametrize("mark", ["points", "line"])
@pytest.mark.parametrize(
    "reduction",
    [dp.mode("kind"), dp.where(dp.max("v"), "w"), dp.by(dp.category_binning("v", 0, 40, 4))],
    ids=repr,
)
def test_figures_of_them(rows, tmp_path, mark, reduction):
    figure = dp.Figure(width=300, height=200)
    getattr(figure, mark)(source(rows), x="x", y="y", color=reduction)
    figure.save(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000


def test_tiles_take_counts_only(rows):
    canvas = dp.Canvas(300, 300, tiled=True, **RANGES)
    for reduction in (dp.max_n("v", 2), dp.where(dp.max("v")), dp.mode("kind"), dp.summary(n=dp.count())):
        with pytest.raises(dp.BadArgument, match=r"takes count\(\) and any\(\)"):
            canvas.points(source(rows), "x", "y", reduction)


BAD = [
    (lambda: dp.max_n("v", 0), "n"),
    (lambda: dp.max_n("v", 5000), "1024"),
    (lambda: dp.first_n(3), "column"),
    (lambda: dp.where(dp.count()), "a row is selected by one of min, max"),
    (lambda: dp.where("max"), "a row is selected by one of min, max"),
    (lambda: dp.summary(), "at least one"),
    (lambda: dp.summary(a=dp.summary(b=dp.count())), "a is a summary itself"),
    (lambda: dp.summary(a="mean"), "needs a column"),
    (lambda: dp.by("kind", dp.mode("v")), "cannot be mode"),
    (lambda: dp.by("kind", dp.summary(a=dp.count())), "use summary"),
    (lambda: dp.by(3), "name of a column, or category_binning"),
    (lambda: dp.mode(None), "name of a column, or category_binning"),
    (lambda: dp.category_binning("v", 1, 0, 3), "lower less than upper"),
    (lambda: dp.category_binning("v", 0, float("inf"), 3), "finite"),
    (lambda: dp.category_binning("v", 0, 1, 0), "nbins"),
    (lambda: dp.category_binning("v", 0, 1, 256), "255"),
    (lambda: dp.category_modulo("v", 0), "modulo"),
    (lambda: dp.category_modulo("v", 3, 1.5), "offset"),
    (lambda: dp.Canvas(3, 3).points({"x": [1], "y": [1]}, "x", "y", "max_n"), r"use dp.max_n\('column', 3\)"),
    (lambda: dp.Canvas(3, 3).points({"x": [1], "y": [1]}, "x", "y", "modes"), "did you mean 'mode'"),
    (lambda: dp.Summary({"a": 1}), "made by a Canvas"),
]


@pytest.mark.parametrize(("call", "words"), BAD)
def test_bad_input(call, words):
    with pytest.raises(dp.BadArgument, match=words):
        call()


def test_columns_of_the_wrong_kind(rows):
    with pytest.raises(dp.MissingColumn, match="elsewhere"):
        ours(rows, "points", dp.where(dp.max("v"), "elsewhere"))
    with pytest.raises(dp.NotNumeric, match="kind"):
        ours(rows, "points", dp.where(dp.max("v"), "kind"))
    with pytest.raises(dp.NotNumeric, match="modulo is taken of integers"):
        ours(rows, "points", dp.by(dp.category_modulo("v", 3)))
    with pytest.raises(dp.NotNumeric, match="kind"):
        ours(rows, "points", dp.by(dp.category_binning("kind", 0, 1, 3)))
    with pytest.raises(dp.BadArgument, match="more than 256"):
        ours(rows, "points", dp.mode("w"))


def test_reductions_are_equal_and_written_as_they_are_made():
    assert dp.max_n("v", 2) == dp.max_n("v", 2) != dp.max_n("v", 3)
    assert dp.where(dp.max("v")) != dp.where(dp.max("v"), "w")
    assert dp.by(dp.category_modulo("id", 3)) != dp.by(dp.category_modulo("id", 3, 1))
    assert len({dp.mode("v"), dp.mode("v"), dp.summary(a=dp.count()), dp.summary(a=dp.count())}) == 2
    for reduction in (*KEPT, dp.summary(a=dp.count(), b=dp.where(dp.first("v")))):
        assert eval(repr(reduction), {name: getattr(dp, name) for name in dp.__all__}) == reduction


@pytest.mark.parametrize(
    "reduction", [dp.mode("kind"), dp.by(dp.category_modulo("id", 3)), dp.where(dp.max("v"))], ids=repr
)
def test_inside_matplotlib(rows, reduction):
    pytest.importorskip("matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((3, 2), 50)
    axes = FigureCanvasAgg(figure).figure.add_axes((0, 0, 1, 1))
    artist = dp.matplotlib.points(axes, source(rows), "x", "y", reduction, label="rows")
    if reduction.name in ("mode", "by"):
        names = [text.get_text() for text in axes.legend().get_texts()]
        assert names == (["ash", "oak", "yew"] if reduction.name == "mode" else ["0", "1", "2"])
    figure.canvas.draw()
    cells = np.asarray(artist.aggregate)
    assert artist.aggregate.reduction.startswith(reduction.name)
    if cells.dtype == "int64" and reduction.name == "where":
        assert artist.norm.vmin >= 0, "cells without a row are no values"
    with pytest.raises(dp.BadArgument, match="several values"):
        dp.matplotlib.points(axes, source(rows), "x", "y", dp.max_n("v", 2))
