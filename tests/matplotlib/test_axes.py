"""Limits, units and the other things of an axes."""

from __future__ import annotations

import datetime
import pickle

import drypoint as dp
import matplotlib
import matplotlib.dates as dates
import matplotlib.pyplot as plt
import numpy as np
import pytest


def limits_of_scatter(rows, **scales):
    _, ax = plt.subplots()
    ax.scatter(rows["x"], rows["y"])
    ax.set(**scales)
    return ax.get_xlim(), ax.get_ylim()


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize(
    "scales", [{}, {"xscale": "log"}, {"yscale": "log"}, {"xscale": "log", "yscale": "log"}]
)
def test_limits_are_those_of_matplotlib(rows, early, scales):
    """Also with values that a logarithm leaves out."""
    _, ax = plt.subplots()
    if early:
        ax.set(**scales)
    dp.matplotlib.points(ax, rows, "x", "y")
    ax.set(**scales)
    x, y = limits_of_scatter(rows, **scales)
    assert ax.get_xlim() == pytest.approx(x) and ax.get_ylim() == pytest.approx(y)
    ax.set(xscale="linear", yscale="linear")
    x, y = limits_of_scatter(rows)
    if early and scales:
        ax.relim()
        ax.autoscale_view()
    assert ax.get_xlim() == pytest.approx(x) and ax.get_ylim() == pytest.approx(y)


def test_limits_beside_other_artists(rows):
    _, ax = plt.subplots()
    ax.plot([0, 50], [0, 1])
    dp.matplotlib.points(ax, rows, "x", "y")
    assert ax.get_xlim()[1] > 50 and ax.get_ylim()[0] < rows["y"].min()
    ax.lines[0].remove()
    ax.relim()
    ax.autoscale()
    assert ax.get_xlim() == pytest.approx(limits_of_scatter(rows)[0])


def test_fixed_limits_read_nothing(tmp_path, monkeypatch):
    _, ax = plt.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    from drypoint.matplotlib._marks import Points

    monkeypatch.setattr(Points, "extents", None)
    dp.matplotlib.points(ax, {"x": np.ones(3), "y": np.ones(3)}, "x", "y")
    assert ax.get_xlim() == (0, 1)


def test_statistics_of_a_file_save_the_pass(tmp_path, rows, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    parquet.write_table(arrow.table(rows), tmp_path / "rows.parquet")
    passes = []
    folded = dp.Canvas.points
    monkeypatch.setattr(dp.Canvas, "points", lambda *a, **k: passes.append(a) or folded(*a, **k))
    fig, ax = plt.subplots()
    dp.matplotlib.points(ax, tmp_path / "rows.parquet", "x", "y", cmap="viridis")
    assert not passes
    assert ax.get_xlim() == pytest.approx(limits_of_scatter(rows)[0])
    fig.canvas.draw()
    assert len(passes) == 1


@pytest.mark.parametrize("unit", ["D", "s", "ms", "us", "ns"])
def test_instants(full, unit):
    days = np.array(["2024-01-31", "2024-02-10", "2024-05-01"], "M8[D]")
    times = days.astype(f"M8[{unit}]")
    fig, ax = full()
    image = dp.matplotlib.points(ax, {"t": times, "y": np.arange(3.0)}, "t", "y")
    _, other = plt.subplots()
    other.plot(times, np.arange(3.0))
    assert ax.get_xlim() == pytest.approx(other.get_xlim())
    assert isinstance(ax.xaxis.get_major_locator(), type(other.xaxis.get_major_locator()))
    fig.canvas.draw()
    cells = image.get_array()
    columns = np.nonzero(~cells.mask)[1]
    places = [
        int(ax.transAxes.inverted().transform(ax.transData.transform((d, 0)))[0] * 200)
        for d in dates.date2num(days)
    ]
    assert list(columns) == places
    ax.set_xlim(datetime.date(2024, 2, 9), datetime.date(2024, 2, 11))
    fig.canvas.draw()
    assert np.argwhere(~image.get_array().mask).tolist() == [[50, 100]]


def test_another_epoch():
    """In a process of its own, since it can be set only once."""
    import subprocess
    import sys

    program = """
import matplotlib; matplotlib.use("agg")
import matplotlib.dates as dates, matplotlib.pyplot as plt, numpy as np, drypoint as dp
dates.set_epoch("2000-01-01")
fig, ax = plt.subplots()
times = np.array(["2024-01-01", "2024-01-02"], "M8[ms]")
image = dp.matplotlib.points(ax, {"t": times, "y": np.arange(2.0)}, "t", "y")
fig.canvas.draw()
assert image.get_array().sum() == 2, image.get_array().sum()
assert abs(ax.get_xlim()[0] - dates.date2num(times[0])) < 0.1
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_instants_beside_what_has_other_units():
    _, ax = plt.subplots()
    ax.plot(["cat", "dog"], [1, 2])
    rows = {"t": np.array(["2024-01-01"], "M8[s]"), "y": np.ones(1)}
    with pytest.raises(dp.BadArgument, match="'t' holds instants"):
        dp.matplotlib.points(ax, rows, "t", "y")
    assert not ax.images
    dp.matplotlib.points(ax, {"x": np.array([0.2, 0.8]), "y": np.ones(2)}, "x", "y")
    ax.figure.canvas.draw()


def test_instants_have_no_logarithm():
    fig, ax = plt.subplots()
    dp.matplotlib.points(
        ax, {"t": np.array(["2024-01-01", "2024-01-03"], "M8[s]"), "y": np.ones(2)}, "t", "y"
    )
    with pytest.raises(dp.BadArgument, match="logarithm"):
        ax.set_xscale("log")
        fig.canvas.draw()


def test_twins_and_shared_axes(rows):
    fig, (a, b) = plt.subplots(1, 2, sharex=True, sharey=True)
    twin = b.twinx()
    first = dp.matplotlib.points(a, rows, "x", "y")
    far = {"x": rows["x"] + 10, "y": rows["y"]}
    second = dp.matplotlib.points(b, far, "x", "y")
    third = dp.matplotlib.points(twin, {"x": rows["x"], "y": rows["y"] * 1000}, "x", "y")
    fig.canvas.draw()
    assert a.get_xlim() == b.get_xlim() == twin.get_xlim() and a.get_xlim()[1] > 10
    assert twin.get_ylim()[1] > 1000 > a.get_ylim()[1]
    assert [int(image.get_array().sum()) for image in (first, second, third)] == [5000] * 3
    a.set_xlim(-1, 10)
    fig.canvas.draw()
    assert 0 < second.get_array().sum() < 5000 and first.folds == second.folds == third.folds == 2


def test_aspect(rows):
    fig, ax = plt.subplots()
    image = dp.matplotlib.points(ax, rows, "x", "y")
    ax.set_aspect("equal")
    fig.canvas.draw()
    height, width = image.get_array().shape
    x, y = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
    assert width / height == pytest.approx(x / y, rel=0.02)


def test_what_cannot_be_folded(rows):
    for kind in ("polar", "mollweide", "3d"):
        ax = plt.figure().add_subplot(projection=kind)
        with pytest.raises(dp.BadArgument, match="use a plain one"):
            dp.matplotlib.points(ax, rows, "x", "y")
    fig, ax = plt.subplots()
    ax.set_xscale("symlog")
    with pytest.raises(dp.BadArgument, match="'symlog'"):
        dp.matplotlib.points(ax, rows, "x", "y")
    ax.set_xscale("linear")
    dp.matplotlib.points(ax, rows, "x", "y")
    ax.set_xscale("symlog")
    with pytest.raises(dp.BadArgument, match="'symlog'"):
        fig.canvas.draw()


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"x": "z"}, dp.MissingColumn, '"z"'),
        ({"x": "c"}, dp.NotNumeric, "text"),
        ({"reduction": dp.mean("nope")}, dp.MissingColumn, "nope"),
        ({"reduction": "mean"}, dp.BadArgument, "needs a column"),
        ({"how": "equal"}, dp.BadArgument, "'eq_hist'"),
        ({"cmap": "virids"}, dp.BadArgument, "viridis"),
        ({"cmap": []}, dp.BadArgument, "cmap"),
        ({"cmap": ["red", "nocolour"]}, dp.BadArgument, "nocolour"),
        ({"span": (3, 1)}, dp.BadArgument, "span"),
        ({"spread": -1}, dp.BadArgument, "spread"),
        ({"resolution": 2}, dp.BadArgument, "resolution"),
        ({"norm": matplotlib.colors.LogNorm(), "how": "log"}, dp.BadArgument, "norm"),
        ({"norm": "log"}, dp.BadArgument, "LogNorm"),
        ({"norm": matplotlib.colors.LogNorm(), "reduction": dp.by("c")}, dp.BadArgument, "norm"),
        ({"memory": "lots"}, dp.BadArgument, "lots"),
        ({"reduction": dp.by("c"), "cmap": {"a": "red"}}, dp.BadArgument, "'b'"),
        ({"reduction": dp.by("c"), "cmap": ["red"]}, dp.BadArgument, "1 colours for 2"),
        ({"source": (part for part in ())}, dp.BadArgument, "only once"),
        ({"ax": "axes"}, dp.BadArgument, "ax must be"),
        ({"no_such": 1}, AttributeError, "no_such"),
    ],
)
def test_bad_arguments_leave_the_axes_alone(arguments, error, text):
    _, ax = plt.subplots()
    rows = {"x": np.arange(2.0), "y": np.arange(2.0), "c": np.array(["a", "b"])}
    given = {"ax": ax, "source": rows, "x": "x", "y": "y", **arguments}
    with pytest.raises(error, match=text):
        dp.matplotlib.points(**given)
    assert not ax.images and not ax.containers and ax.get_xlim() == (0, 1)


def test_arrays_and_extents_are_not_set(rows):
    _, ax = plt.subplots()
    image = dp.matplotlib.points(ax, rows, "x", "y")
    with pytest.raises(dp.BadArgument, match="set_data"):
        image.set_array(np.ones((2, 2)))
    with pytest.raises(dp.BadArgument, match="limits"):
        image.set_extent((0, 1, 0, 1))


def test_budget_is_told_at_the_draw(full, rows):
    fig, ax = full()
    image = dp.matplotlib.points(ax, rows, "x", "y", memory="2MB")
    fig.canvas.draw()
    with pytest.raises(dp.BudgetExceeded) as caught:
        fig.savefig("/dev/null", format="png", dpi=2000)
    assert "points of dict" in caught.value.__notes__[0] and "4000 × 2000" in caught.value.__notes__[0]
    fig.canvas.draw()
    assert tuple(image.aggregate.shape) == (100, 200)


def test_hover(full):
    from matplotlib.backend_bases import MouseEvent

    fig, ax = full(100, 100)
    rows = {
        "x": np.array([0.255, 0.255, 0.755]),
        "y": np.array([0.105, 0.105, 0.905]),
        "c": np.array(list("aab")),
    }
    ax.set(xlim=(0, 1), ylim=(0, 1))
    image = dp.matplotlib.points(ax, rows, "x", "y")

    def at(x, y):
        return MouseEvent("motion_notify_event", fig.canvas, x, y)

    assert image.get_cursor_data(at(25, 10)) is None
    fig.canvas.draw()
    assert image.contains(at(25, 10))[0]
    assert image.get_cursor_data(at(25, 10)) == 2
    assert image.get_cursor_data(at(50, 50)) is None
    ax.invert_yaxis()
    assert image.get_cursor_data(at(25, 10)) is None  # not drawn yet
    fig.canvas.draw()
    assert image.get_cursor_data(at(25, 89)) == 2
    assert image.format_cursor_data(1234) == "[1,234]" and image.format_cursor_data(None) == "[]"
    image.remove()
    image = dp.matplotlib.points(ax, rows, "x", "y", dp.by("c"))
    fig.canvas.draw()
    assert image.get_cursor_data(at(75, 9)) == {"b": 1}
    assert image.format_cursor_data({"a": 1, "b": 2.5}) == "[a: 1, b: 2.5]"


def test_pickle(rows, tmp_path):
    fig, ax = plt.subplots()
    image = dp.matplotlib.points(ax, rows, "x", "y", label="points")
    fig.colorbar(image)
    ax.legend()
    fig.canvas.draw()
    again = pickle.loads(pickle.dumps(fig))
    again.canvas.draw()
    other = again.axes[0].images[0]
    assert np.array_equal(other.aggregate, image.aggregate) and other.get_clim() == image.get_clim()
    assert again.axes[0].get_legend_handles_labels()[1] == ["points"]
    assert np.array_equal(np.asarray(again.canvas.buffer_rgba()), np.asarray(fig.canvas.buffer_rgba()))
    dp.matplotlib.points(ax, dp.scan(rows), "x", "y")
    with pytest.raises(TypeError, match=r"scan\(\)"):
        pickle.dumps(fig)


def test_closed_with_its_scope():
    """All of it goes at the end of the scope, without the garbage collector."""
    import subprocess
    import sys

    program = """
import gc, weakref
import matplotlib; matplotlib.use("agg")
import matplotlib.pyplot as plt, numpy as np, drypoint as dp
gc.disable()
rows = {"x": np.arange(100.0), "y": np.arange(100.0), "c": np.arange(100) % 3}
gone = []
for turn in dp.each(range(3)):
    fig, ax = plt.subplots()
    image = dp.matplotlib.points(ax, rows, "x", "y", label="all")
    mixed = dp.matplotlib.points(ax, rows, "x", "y", dp.by("c"))
    fig.colorbar(image)
    ax.legend()
    fig.canvas.draw()
    gone += [weakref.ref(thing) for thing in (image._layer, image.norm, image._layer.aggregate, mixed._layer)]
assert not [ref() for ref in gone if ref() is not None], [ref() for ref in gone]
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_dp_matplotlib_is_there_without_hiding_matplotlib():
    import subprocess
    import sys

    program = """
import sys, drypoint
assert "matplotlib" not in sys.modules
from drypoint import *
assert "matplotlib" not in globals() and "matplotlib" not in sys.modules
assert drypoint.matplotlib.points.__module__ == "drypoint.matplotlib._draw"
assert sys.modules["matplotlib"] is not drypoint.matplotlib
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
