"""Meshes, tables and bars on figures: what is drawn, where, and what is written around it."""

from __future__ import annotations

import io

import drypoint as dp
import numpy as np
import pytest
from meshes.cases import triangles

ROWS = {
    "v": np.array([0.5, 1.5, 1.5, 2.5, 2.5, 2.5]),
    "w": np.array([1.0, 2, 3, 4, 5, 6]),
    "k": ["a", "a", "b", "b", "b", "b"],
}


def columns_of(plane):
    """The height of the bar in the middle of each third, as parts of the plot area."""
    height, width = plane.shape
    return [plane[:, width * (2 * third + 1) // 6].sum() / height for third in range(3)]


def test_bars_are_as_high_as_their_counts():
    figure = dp.Figure(400, 300, x_range=(0, 3), y_range=(0, 4)).histogram(ROWS, "v", bins=3)
    plane = np.asarray(figure.aggregate)
    np.testing.assert_allclose(columns_of(plane), [0.25, 0.5, 0.75], atol=0.005)
    assert (figure.aggregate.rows, figure.aggregate.skipped) == (6, 0)
    # A gap of one pixel between the bars, and none within them.
    assert (np.diff(plane[0].astype(int)) == -1).sum() == 3


def test_bars_of_categories_stand_on_each_other_or_on_zero():
    page = {"x_range": (0, 3), "y_range": (0, 4)}
    stacked = np.asarray(dp.Figure(400, 300, **page).histogram(ROWS, "v", bins=3, by="k").aggregate)
    assert not (stacked[..., 0] & stacked[..., 1]).any()
    np.testing.assert_allclose(columns_of(stacked.any(axis=2)), [0.25, 0.5, 0.75], atol=0.005)
    apart = dp.Figure(400, 300, **page).histogram(ROWS, "v", bins=3, by="k", stacked=False)
    np.testing.assert_allclose(columns_of(np.asarray(apart.aggregate)[..., 1]), [0, 0.25, 0.75], atol=0.005)


def test_axes_of_bars_begin_at_zero_and_name_what_is_counted():
    svg = io.BytesIO()
    figure = dp.Figure(500, 300).histogram(ROWS, "v", bins=3, weights="w")
    figure.savefig(svg, format="svg")
    assert figure.aggregate.y_range[0] == 0
    assert b"sum of w" in svg.getvalue()
    log = dp.Figure(500, 300, y_scale="log").histogram(ROWS, "v", bins=3)
    assert 0 < log.aggregate.y_range[0] < 1


def test_tables_have_the_names_of_categories_and_numbers_in_cells():
    table = {"day": ["Mon", "Tue", "Mon", "Wed"], "kind": ["tea", "tea", "cocoa", "tea"]}
    svg = io.BytesIO()
    figure = dp.Figure(500, 300).heatmap(table, "day", "kind", dp.count(), labels=True)
    figure.savefig(svg, format="svg")
    text = svg.getvalue().decode()
    assert all(name in text for name in ("Mon", "Tue", "Wed", "tea", "cocoa"))
    shown = np.asarray(figure.aggregate)
    assert figure.aggregate.x_categories == ["Mon", "Tue", "Wed"]
    # Each cell is a rectangle of its value; the first category of y is on top.
    assert figure.aggregate.y_categories == ["tea", "cocoa"]
    assert [shown[-1, 0], shown[-1, -1], shown[0, 0], shown[0, -1]] == [1, 0, 1, 1]


def test_meshes_lie_on_axes_with_other_layers():
    vertices, faces = triangles(200)
    figure = dp.Figure(400, 300).trimesh(vertices, faces).points(vertices, "x", "y", cmap="black")
    mesh, points = figure.aggregates
    assert np.asarray(mesh).shape == np.asarray(points).shape
    assert np.asarray(points).sum() == 200
    quads = dp.Figure(400, 300).quadmesh(np.arange(6.0).reshape(2, 3), [0, 1, 2, 9], [0, 1, 3], "max")
    assert np.nanmax(np.asarray(quads.aggregate)) == 5
    assert quads.aggregate.x_range == (0.0, 9.0)


@pytest.mark.parametrize("mark", ["histogram", "heatmap"])
def test_draw_and_the_command_line_draw_them(mark, tmp_path, capsys):
    from drypoint._cli import main

    more = {"y": "k"} if mark == "heatmap" else {"color": dp.by("k")}
    figure = dp.draw(ROWS, "k" if mark == "heatmap" else "v", mark=mark, **more)
    figure.save(tmp_path / "drawn.png")
    table = tmp_path / "rows.csv"
    table.write_text(
        "v,k\n" + "\n".join(f"{v},{k}" for v, k in zip(ROWS["v"], ROWS["k"], strict=True)) + "\n"
    )
    arguments = ["-x", "k", "-y", "k"] if mark == "heatmap" else ["-x", "v", "--bins", "3"]
    out = tmp_path / "out.png"
    assert main(["draw", str(table), "--mark", mark, *arguments, "-o", str(out), "--json"]) in (0, None)
    assert out.stat().st_size > 0
    assert '"rows": 6' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"mark": "histogram", "y": "w"}, "one column"),
        ({"mark": "histogram", "color": dp.mean("w")}, "counts or sums"),
        ({"mark": "histogram", "spread": 2}, "spread"),
        ({"mark": "histogram", "how": "log"}, "how="),
        ({"mark": "heatmap"}, "say which columns"),
        ({"mark": "points", "y": "w", "bins": 3}, "bins=3"),
        ({"mark": "histogram", "facet": "k"}, "facet"),
        ({"mark": "histogram", "group": "k"}, "group"),
    ],
)
def test_arguments_of_other_marks_are_refused(arguments, says):
    with pytest.raises(dp.BadArgument, match=says):
        dp.draw(ROWS, "v", **arguments)
