"""Antialiased lines, steps and areas: equal to what Datashader gave, whatever the source, the threads and the batches."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest
from recorded_strokes import FILE, HEIGHT, RANGES, WIDTH, cases, data

#: Datashader sums in float32, coverage here is a multiple of 2**-26.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}


@pytest.fixture(scope="module")
def recorded():
    with np.load(FILE) as known:
        return dict(known)


def reduction(fold):
    return getattr(dp, fold)(*(() if fold in ("count", "any") else ("value",)))


@pytest.mark.parametrize("case", list(cases()))
def test_cells_equal_datashader(case, recorded):
    kind, mark, how, fold, crosses = case.split()
    canvas = dp.Canvas(WIDTH, HEIGHT, **RANGES)
    rows = data(kind)
    if mark == "line":
        options = {"line_width": float(how), "self_intersect": crosses == "yes"}
        got = canvas.line(rows, "x", "y", reduction(fold), threads=2, **options)
    else:
        base = 0 if how == "0" else how
        got = canvas.area(rows, "x", "y", reduction(fold), base=base, threads=2)
    np.testing.assert_allclose(np.nan_to_num(got), np.nan_to_num(recorded[case]), **TOLERANCE)


def parts(rows, size):
    for start in range(0, len(rows["x"]), size):
        yield {name: values[start : start + size] for name, values in rows.items()}


@pytest.mark.parametrize("size", [1, 7, 64])
def test_a_stream_gives_the_same_wherever_its_parts_end(size):
    rows = data("jumps")
    canvas = dp.Canvas(WIDTH, HEIGHT, **RANGES)
    for options in ({"line_width": 2.5}, {"line_width": 1, "step": "mid"}, {"step": "post"}):
        whole = np.asarray(canvas.line(rows, "x", "y", **options))
        np.testing.assert_array_equal(canvas.line(parts(rows, size), "x", "y", **options), whole)
    whole = np.asarray(canvas.area(rows, "x", ["y", "value"], step="pre"))
    np.testing.assert_array_equal(canvas.area(parts(rows, size), "x", ["y", "value"], step="pre"), whole)


@pytest.mark.parametrize("step", ["pre", "mid", "post"])
@pytest.mark.parametrize("line_width", [0, 1.5])
def test_steps_are_the_corners_that_matplotlib_draws(step, line_width):
    t, v = np.array([1.0, 3.0, 4.0, 8.0]), np.array([2.0, 7.0, 1.0, 5.0])
    if step == "pre":
        corners = np.repeat(t, 2)[:-1], np.repeat(v, 2)[1:]
    elif step == "post":
        corners = np.repeat(t, 2)[1:], np.repeat(v, 2)[:-1]
    else:
        middles = np.repeat((t[1:] + t[:-1]) / 2, 2)
        corners = np.concatenate([t[:1], middles, t[-1:]]), np.repeat(v, 2)
    canvas = dp.Canvas(WIDTH, HEIGHT, **RANGES)
    got = canvas.line({"t": t, "v": v}, "t", "v", line_width=line_width, step=step)
    drawn = dict(zip("tv", corners, strict=True))
    np.testing.assert_array_equal(got, canvas.line(drawn, "t", "v", line_width=line_width))


def test_a_stack_is_each_layer_on_the_one_before():
    rows = data("walk")
    rows["both"] = rows["y"] + rows["value"]
    canvas = dp.Canvas(WIDTH, HEIGHT, **RANGES)
    stack = canvas.area(rows, "x", ["y", "value"])
    assert stack.categories == ["y", "value"]
    assert tuple(stack.shape) == (HEIGHT, WIDTH, 2)
    np.testing.assert_array_equal(np.asarray(stack)[..., 0], canvas.area(rows, "x", "y"))
    np.testing.assert_array_equal(np.asarray(stack)[..., 1], canvas.area(rows, "x", "both", base="y"))


def test_ranges_hold_all_that_is_drawn():
    rows = {"x": [0.0, 1.0], "y": [3.0, 4.0], "more": [2.0, -1.0], "low": [-2.0, 5.0]}
    rows = {name: np.array(values) for name, values in rows.items()}
    canvas = dp.Canvas(9, 9)
    assert canvas.area(rows, "x", "y").y_range == (0, 4)
    assert canvas.area(rows, "x", "y", base=9).y_range == (3, 9)
    assert canvas.area(rows, "x", "y", base="low").y_range == (-2, 5)
    assert canvas.area(rows, "x", ["y", "more"]).y_range == (0, 5)
    assert dp.Canvas(9, 9, y_scale="log").area(rows, "x", "y").y_range == (3, 4)


def test_coverage_of_a_straight_line_adds_up_to_its_width():
    level = {"x": np.array([-5.0, 20.0]), "y": np.array([4.9, 4.9])}
    canvas = dp.Canvas(20, 40, **RANGES)
    for width in (0.3, 1, 2, 7.5):
        cells = np.nan_to_num(canvas.line(level, "x", "y", line_width=width))
        np.testing.assert_allclose(cells.sum(axis=0)[3:-3], width, atol=1e-6)


def test_groups_are_lines_of_their_own():
    rng = np.random.default_rng(1)
    rows = {"x": rng.uniform(0, 10, 90), "y": rng.uniform(0, 10, 90), "line": np.resize([2, 0, 1], 90)}
    canvas = dp.Canvas(WIDTH, HEIGHT, **RANGES)

    def draw(rows, **options):
        return np.nan_to_num(canvas.line(rows, "x", "y", line_width=1.5, **options))

    each = [{name: values[rows["line"] == which] for name, values in rows.items()} for which in range(3)]
    np.testing.assert_array_equal(draw(rows, group="line"), sum(draw(part) for part in each))


def test_antialiased_parts_merge():
    rows = data("walk")
    first, second = parts(rows, 60)
    canvas = dp.Canvas(WIDTH, HEIGHT, **RANGES)
    a, b = (canvas.line(part, "x", "y", line_width=1) for part in (first, second))
    np.testing.assert_array_equal(np.nan_to_num(a + b), np.nan_to_num(a) + np.nan_to_num(b))


def test_saved_coverage_comes_back(tmp_path):
    aggregate = dp.Canvas(WIDTH, HEIGHT, **RANGES).line(data("walk"), "x", "y", line_width=2)
    aggregate.save(tmp_path / "lines.npz")
    np.testing.assert_array_equal(dp.Aggregate.load(tmp_path / "lines.npz"), aggregate)


def test_bad_input_is_named():
    rows = data("walk")
    canvas = dp.Canvas(WIDTH, HEIGHT, **RANGES)
    for width in (-1, float("nan"), 1e6, "wide"):
        with pytest.raises(dp.BadArgument, match="line_width"):
            canvas.line(rows, "x", "y", line_width=width)
    with pytest.raises(dp.BadArgument, match="step must be"):
        canvas.line(rows, "x", "y", step="steps-pre")
    with pytest.raises(dp.BadArgument, match=r"var\('value'\) is not defined for antialiased lines"):
        canvas.line(rows, "x", "y", dp.var("value"), line_width=1)
    rows["line"] = np.arange(120) // 30
    with pytest.raises(dp.BadArgument, match="needs each line as a whole"):
        canvas.line(rows, "x", "y", dp.min("value"), group="line", line_width=1)
    with pytest.raises(dp.BadArgument, match="base"):
        canvas.area(rows, "x", "y", base=float("inf"))
    with pytest.raises(dp.MissingColumn, match="basis"):
        canvas.area(rows, "x", "y", base="basis")
    with pytest.raises(dp.BadArgument, match="twice"):
        canvas.area(rows, "x", ["y", "y"])
    for heights in ([], 3):
        with pytest.raises(dp.BadArgument, match="y must be the name of a column"):
            canvas.area(rows, "x", heights)
    with pytest.raises(dp.BadArgument, match="plane of its own"):
        canvas.area(rows, "x", ["y", "value"], dp.by("line"))
    with pytest.raises(dp.BadArgument, match="base=1 is for mark='area', not for mark='line'"):
        dp.draw(rows, "x", "y", mark="line", base=1)
    with pytest.raises(dp.BadArgument, match="line_width=2 is for mark='line'"):
        dp.draw(rows, "x", "y", line_width=2)
    with pytest.raises(dp.BadArgument, match="several columns are for mark='area'"):
        dp.draw(rows, "x", ["y", "value"])


def test_figures_and_the_command_line_draw_them(tmp_path, capsys):
    from drypoint._cli import main

    rows = {"t": np.arange(50.0), "a": np.full(50, 2.0), "b": np.linspace(0, 3, 50)}
    dp.draw(rows, "t", "b", mark="line", line_width=2, width=300, height=200).save(tmp_path / "line.png")
    dp.draw(rows, "t", ["a", "b"], mark="area", width=300, height=200).save(tmp_path / "area.svg")
    assert b"PNG" in (tmp_path / "line.png").read_bytes()[:8]
    np.savez(tmp_path / "rows.npz", **rows)
    for options in (
        ["-y", "b", "--mark", "line", "--line-width", "1.5", "--step", "post"],
        ["-y", "a", "-y", "b", "--mark", "area"],
        ["-y", "b", "--mark", "area", "--base", "a"],
        ["-y", "b", "--mark", "area", "--base", "1", "--bare"],
    ):
        out = tmp_path / "out.png"
        out.unlink(missing_ok=True)
        status = main(
            ["draw", str(tmp_path / "rows.npz"), "-x", "t", *options, "-o", str(out), "--size", "300x200"]
        )
        assert status == 0, capsys.readouterr().err
        assert out.stat().st_size > 500


def test_matplotlib_draws_them():
    pytest.importorskip("matplotlib").use("agg")
    import drypoint.matplotlib
    import matplotlib.pyplot as plt

    rows = {"t": np.arange(100.0), "v": np.sin(np.arange(100) / 9), "low": np.full(100, -2.0)}
    fig, ax = plt.subplots()
    try:
        line = drypoint.matplotlib.line(ax, rows, "t", "v", "any", cmap=["C1"], line_width=2)
        area = drypoint.matplotlib.area(ax, rows, "t", "v", base="low", cmap=["C0"])
        fig.canvas.draw()
        assert line.folds == area.folds == 1
        assert ax.get_ylim()[0] <= -2
        alphas = np.asarray(line.make_image(fig.canvas.get_renderer())[0])[..., 3]
        assert len(np.unique(alphas)) > 20  # edges fade
    finally:
        plt.close(fig)
