"""Lines equal Datashader's cell by cell, whatever the source, the threads and the batches; groups equal one call each."""

from __future__ import annotations

import io

import drypoint as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

RANGES = {"x_range": (-1.0, 1.0), "y_range": (-1.0, 1.0)}
FOLDS = ["mean", "min", "first", "last"]


def walk(n: int = 20_000, step: float = 0.02, seed: int = 5) -> dict[str, np.ndarray]:
    """A walk that leaves the canvas and comes back, with breaks; whole values, so that sums are exact."""
    rng = np.random.default_rng(seed)
    x, y = (np.sin(np.cumsum(rng.normal(0, step, n))) * 1.3 for _ in range(2))
    x[rng.random(n) < 0.002] = np.nan
    y[rng.random(n) < 0.002] = np.nan
    value = rng.integers(0, 100, n).astype(float)
    value[::97] = np.nan
    return {"x": x, "y": y, "value": value, "line": np.repeat(np.arange(n // 100 + 1), 100)[:n]}


def theirs(data, width, height, reduction=None, ranges=RANGES, **axes):
    import datashader
    import pandas

    canvas = datashader.Canvas(width, height, **ranges, **axes)
    return canvas.line(pandas.DataFrame(data), "x", "y", reduction or datashader.count()).values


def ours(data, width, height, reduction=None, ranges=RANGES, **options):
    return np.asarray(dp.Canvas(width, height, **ranges).line(data, "x", "y", reduction, **options))


@pytest.mark.parametrize("step", [0.001, 0.02, 0.7])
@pytest.mark.parametrize("threads", [1, 3])
def test_counts_equal_datashader(step, threads):
    data = walk(50_000, step)
    np.testing.assert_array_equal(ours(data, 91, 57, threads=threads), theirs(data, 91, 57))


@pytest.mark.parametrize("name", FOLDS)
def test_folds_equal_datashader(name):
    import datashader

    data = walk()
    expected = theirs(data, 41, 33, getattr(datashader, name)("value"))
    np.testing.assert_allclose(ours(data, 41, 33, getattr(dp, name)("value")), expected, rtol=1e-9)


def coordinates():
    on_edges = st.integers(-5, 5).map(lambda at: at / 4)
    return st.lists(
        st.one_of(on_edges, st.floats(-3, 3), st.just(float("nan"))), min_size=4, max_size=60
    ).map(np.array)


@settings(max_examples=150, deadline=None)
@given(coordinates(), coordinates(), st.integers(1, 30), st.integers(1, 30))
def test_any_segments_equal_datashader(x, y, width, height):
    n = min(len(x), len(y))
    data = {"x": x[:n], "y": y[:n]}
    np.testing.assert_array_equal(ours(data, width, height), theirs(data, width, height))


def test_log_axes_equal_datashader_where_nothing_is_clipped():
    rng = np.random.default_rng(1)
    x, y = 10 ** rng.uniform(-2, 4, 2000), 10 ** rng.uniform(0, 3, 2000)
    ranges = {"x_range": (1e-2, 1e4), "y_range": (1.0, 1e3)}
    expected = theirs({"x": x, "y": y}, 50, 40, ranges=ranges, x_axis_type="log", y_axis_type="log")
    canvas = dp.Canvas(50, 40, x_scale="log", y_scale="log", **ranges)
    np.testing.assert_array_equal(np.asarray(canvas.line({"x": x, "y": y}, "x", "y")), expected)


def test_a_segment_that_is_cut_stays_straight_on_log_axes():
    ranges = {"x_range": (1.0, 1e4), "y_range": (1.0, 1e4)}
    canvas = dp.Canvas(40, 40, x_scale="log", y_scale="log", **ranges)
    diagonal = {"x": [1e-4, 1e8], "y": [1e-4, 1e8]}
    np.testing.assert_array_equal(np.asarray(canvas.line(diagonal, "x", "y")), np.eye(40))


def test_what_has_no_logarithm_interrupts():
    canvas = dp.Canvas(9, 9, x_scale="log", x_range=(1, 10), y_range=(0, 1))
    broken = canvas.line({"x": [2.0, 0.0, 3.0, -1.0], "y": [0.5] * 4}, "x", "y")
    assert np.asarray(broken).sum() == 0
    assert (broken.rows, broken.skipped) == (4, 2)


def test_infinities_interrupt():
    data = {"x": [-0.5, 0.5, np.inf, 0.5, 0.9], "y": [0.0] * 5}
    parts = [{"x": data["x"][:2], "y": [0.0] * 2}, {"x": data["x"][3:], "y": [0.0] * 2}]
    np.testing.assert_array_equal(ours(data, 20, 3), sum(ours(part, 20, 3) for part in parts))


@pytest.mark.parametrize("kind", ["numbers", "words", "mixed up"])
@pytest.mark.parametrize("threads", [1, 3])
def test_groups_equal_one_line_each(kind, threads):
    data = walk(30_000, 0.05)
    group = data["line"] % 37
    if kind == "mixed up":
        group = np.random.default_rng(2).permutation(group)
    expected = np.zeros((33, 41), "uint32")
    least = np.full((33, 41), np.nan)
    for which in range(37):
        part = {name: values[group == which] for name, values in data.items()}
        expected += ours(part, 41, 33)
        least = np.fmin(least, ours(part, 41, 33, dp.min("value")))
    data["group"] = [f"line {which}" for which in group] if kind == "words" else group
    np.testing.assert_array_equal(ours(data, 41, 33, group="group", threads=threads), expected)
    got = ours(data, 41, 33, dp.min("value"), group="group", threads=threads)
    np.testing.assert_array_equal(got, least)


def test_categories_are_those_of_the_rows_that_segments_start_with():
    data = walk(5000)
    kind = np.array(["a", "b", "c"])[data["line"] % 3]
    got = dp.Canvas(41, 33, **RANGES).line({**data, "kind": list(kind)}, "x", "y", dp.by("kind"))
    for place, which in enumerate(got.categories):
        chosen = {**data, "value": np.where(kind == which, 1.0, np.nan)}
        expected = ours(chosen, 41, 33, dp.count("value"))
        np.testing.assert_array_equal(np.asarray(got)[..., place], expected)


def test_any_source_gives_the_same(tmp_path):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    data = {name: values for name, values in walk(40_000).items() if name in ("x", "y")}
    expected = ours(data, 41, 33)
    table = pa.table(data)
    pq.write_table(table, tmp_path / "walk.parquet", row_group_size=1000)
    pyarrow.csv.write_csv(table, tmp_path / "walk.csv")
    for part in range(4):
        pq.write_table(table.slice(part * 10_000, 10_000), tmp_path / f"part-{part}.parquet")
    sources = [
        table,
        tmp_path / "walk.parquet",
        tmp_path / "walk.csv",
        sorted(tmp_path.glob("part-*.parquet")),
        (table.slice(start, 777) for start in range(0, 40_000, 777)),
        ((float(a), float(b)) for a, b in zip(data["x"], data["y"], strict=True)),
    ]
    for source in sources:
        got = dp.Canvas(41, 33, **RANGES).line(source, "x", "y", threads=3)
        np.testing.assert_array_equal(np.asarray(got), expected)


def test_a_stream_of_unknown_ranges_is_exact():
    data = walk(9000)
    del data["value"], data["line"]
    whole = dp.Canvas(41, 33).line(data, "x", "y")
    parts = (
        {name: values[start : start + 1000] for name, values in data.items()}
        for start in range(0, 9000, 1000)
    )
    stream = dp.Canvas(41, 33).line(parts, "x", "y")
    assert stream.x_range == whole.x_range
    np.testing.assert_array_equal(np.asarray(stream), np.asarray(whole))


def test_instants_are_drawn():
    when = np.datetime64("2024-01-01", "s") + np.arange(100)
    got = dp.Canvas(10, 10).line({"t": when, "v": np.arange(100.0)}, "t", "v")
    assert np.asarray(got).sum() == 99


def test_lone_vertices_and_nothing():
    assert ours({"x": [0.0], "y": [0.0]}, 5, 5).sum() == 0
    assert ours({"x": [0.0, 0.0], "y": [0.0, 0.0]}, 5, 5).sum() == 1
    assert ours({"x": [0.0, np.nan, 0.0], "y": [0.0] * 3}, 5, 5).sum() == 0
    with pytest.raises(dp.EmptyData):
        dp.Canvas(5, 5).line({"x": np.zeros(0), "y": np.zeros(0)}, "x", "y")


def test_bad_input_is_named():
    data = {"x": [0.0, 1.0], "y": [0.0, 1.0], "name": ["a", "b"]}
    canvas = dp.Canvas(5, 5, **RANGES)
    with pytest.raises(dp.MissingColumn, match=r"nmae.*name"):
        canvas.line(data, "x", "y", group="nmae")
    with pytest.raises(dp.DrypointError, match=r"y.*categories are text, integers or truth values"):
        canvas.line(data, "x", "y", group="y")
    with pytest.raises(dp.BadArgument, match="group must be text"):
        canvas.line(data, "x", "y", group=3)
    with pytest.raises(dp.BadArgument, match="mark must be"):
        dp.draw(data, "x", "y", mark="lines")
    with pytest.raises(dp.BadArgument, match="group='name' is for mark='line'"):
        dp.draw(data, "x", "y", group="name")
    with pytest.raises(dp.BudgetExceeded):
        dp.Canvas(4000, 4000, **RANGES).line(data, "x", "y", memory="1MB")


def test_a_figure_of_lines_is_written(tmp_path):
    data = walk(2000)
    figure = dp.draw(data, "x", "y", mark="line", group="line", width=400, height=300)
    assert np.asarray(figure.aggregate).sum() > 2000
    for suffix in ("png", "svg", "pdf"):
        figure.save(tmp_path / f"walk.{suffix}")
    assert b"passes" in (tmp_path / "walk.svg").read_bytes() or (tmp_path / "walk.svg").stat().st_size > 1000


def test_the_command_line_draws_lines(tmp_path, capsys):
    from drypoint._cli import main

    lines = io.StringIO()
    np.savetxt(lines, np.column_stack([np.arange(500), np.sin(np.arange(500))]), delimiter=",")
    source, picture = tmp_path / "wave.csv", tmp_path / "wave.png"
    source.write_text("t,v\n" + lines.getvalue())
    assert main(["draw", str(source), "--mark", "line", "-o", str(picture), "--json"]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert '"rows": 500' in capsys.readouterr().out
