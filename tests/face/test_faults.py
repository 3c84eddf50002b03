"""Bad input from a program: one documented error, nothing changed."""

from __future__ import annotations

import datetime
import subprocess
import sys
import time

import drypoint as dp
import numpy as np
import pytest

POINTS = {"x": np.arange(10.0), "y": np.arange(10.0)}


def test_missing_column_names_the_nearest():
    with pytest.raises(KeyError) as caught:
        dp.draw({"longitude": np.zeros(3), "latitude": np.zeros(3)}, x="longitud", y="latitude")
    assert isinstance(caught.value, dp.MissingColumn)
    assert caught.value.nearest == "longitude" and "did you mean" in str(caught.value)


def test_text_where_numbers_are_needed():
    with pytest.raises(dp.NotNumeric, match="name"):
        dp.draw({"name": ["a", "b"], "y": np.zeros(2)}, x="name", y="y")
    with pytest.raises(dp.NotNumeric, match="name"):
        dp.draw({"name": ["a", "b"], "y": np.zeros(2)}, x="y", y="y", color=dp.mean("name"))


@pytest.mark.parametrize(
    "points",
    [
        {"x": np.zeros(0), "y": np.zeros(0)},
        {"x": np.full(3, np.nan), "y": np.zeros(3)},
        {"x": np.full(3, np.inf), "y": np.zeros(3)},
        iter([]),
    ],
)
def test_nothing_to_draw(points):
    with pytest.raises(dp.EmptyData):
        dp.draw(points, x="x", y="y")


@pytest.mark.parametrize("value", [0.0, 3.5, -1e300, 1e-300])
def test_a_single_point_is_drawn(value):
    figure = dp.draw({"x": np.full(3, value), "y": np.full(3, 2.0)}, x="x", y="y")
    assert np.asarray(figure.aggregate).sum() == 3
    start, end = figure.aggregate.x_range
    assert start < value < end


@pytest.mark.parametrize(
    "ranges",
    [
        {"x_range": (1, 0)},
        {"x_range": (1, 1)},
        {"x_range": (np.nan, 1)},
        {"x_range": (0, np.inf)},
        {"x_range": (0, 1), "x_scale": "log"},
        {"x_range": 3},
        {"x_range": ("a", "b")},
        {"x_scale": "cubic"},
    ],
)
def test_bad_ranges(ranges):
    with pytest.raises(dp.BadArgument):
        dp.Canvas(10, 10, **ranges).points(POINTS, "x", "y")


@pytest.mark.parametrize("again", [True, False])
def test_instants_have_no_logarithm(again):
    points = {"when": np.arange(3).astype("datetime64[D]"), "y": np.arange(3.0)}
    with pytest.raises(dp.BadArgument, match="x axis holds instants"):
        dp.draw(points if again else iter([points]), x="when", y="y", x_scale="log")


def test_log_of_zero_and_below_is_skipped():
    points = {"x": np.array([-1.0, 0.0, 1.0, 10.0]), "y": np.ones(4)}
    got = dp.Canvas(10, 10, x_scale="log").points(points, "x", "y")
    assert np.asarray(got).sum() == 2 and got.skipped == 2
    with pytest.raises(dp.EmptyData):
        dp.Canvas(10, 10, x_scale="log").points({"x": -np.ones(3), "y": np.ones(3)}, "x", "y")


@pytest.mark.parametrize("size", [(0, 10), (-1, 10), (1.5, 10), (2**20, 2**20)])
def test_bad_sizes(size):
    with pytest.raises((dp.BadArgument, dp.BudgetExceeded)):
        dp.Canvas(*size, x_range=(0, 1), y_range=(0, 1)).points(POINTS, "x", "y")


def test_a_generator_that_raises_is_heard():
    def broken():
        yield np.zeros((5, 2))
        raise ZeroDivisionError("in the generator")

    before = dp.memory()["reserved"]
    with pytest.raises(ZeroDivisionError, match="in the generator"):
        dp.draw(broken(), x="x", y="y")
    assert dp.memory()["reserved"] == before


def test_a_generator_that_changes_its_columns():
    parts = iter([{"x": np.zeros(3), "y": np.zeros(3)}, {"x": np.zeros(3), "z": np.zeros(3)}])
    with pytest.raises(dp.SchemaMismatch, match="item 1"):
        dp.draw(parts, x="x", y="y")


def test_a_generator_is_closed_after_an_error():
    closed = []

    def chunks():
        try:
            for _ in range(10):
                yield np.zeros((5, 2))
        finally:
            closed.append(True)

    source = dp.scan(chunks())
    next(iter(source))
    source.close()
    assert closed == [True] and source.closed


def test_columns_of_different_length():
    with pytest.raises(dp.SchemaMismatch, match="rows"):
        dp.draw({"x": np.zeros(3), "y": np.zeros(4)}, x="x", y="y")


def test_too_many_categories():
    points = {"x": np.zeros(1000), "y": np.zeros(1000), "c": np.arange(1000)}
    with pytest.raises(dp.DrypointError, match="256"):
        dp.draw(points, x="x", y="y", color=dp.by("c"))


def test_unknown_names_find_the_nearest(tmp_path):
    with pytest.raises(dp.BadArgument, match="viridis"):
        dp.draw(POINTS, x="x", y="y", cmap="viridus").save(tmp_path / "a.png")
    with pytest.raises(dp.BadArgument, match="count"):
        dp.draw(POINTS, x="x", y="y", color="cuont")
    with pytest.raises(dp.UnknownFormat, match=r"\.png"):
        dp.draw(POINTS, x="x", y="y").save(tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


def test_use_after_close():
    figure = dp.draw(POINTS, x="x", y="y")
    figure.close()
    figure.close()
    with pytest.raises(dp.ClosedError):
        figure.save("a.png")


def test_dates_as_ranges():
    when = np.datetime64("2020-01-01", "s") + np.arange(1000).astype("timedelta64[h]")
    points = {"when": when, "y": np.arange(1000.0)}
    for start, end in [
        ("2020-01-02", "2020-01-03"),
        (datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 3)),
        (np.datetime64("2020-01-02"), np.datetime64("2020-01-03")),
    ]:
        got = dp.Canvas(10, 10, x_range=(start, end)).points(points, "when", "y")
        assert np.asarray(got).sum() == 25
        assert got.x_range[1] - got.x_range[0] == 86_400
    with pytest.raises(dp.BadArgument, match="tomorrow"):
        dp.Canvas(10, 10, x_range=("tomorrow", "2020-01-03")).points(points, "when", "y")


def test_control_c_is_heard_at_once():
    """In a program too: KeyboardInterrupt within a tenth of a second while Rust works."""
    program = """
import numpy as np, time, drypoint as dp, signal, os, threading
x = np.random.default_rng(0).random(30_000_000)
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    while True:
        dp.Canvas(3000, 3000, x_range=(0, 1), y_range=(0, 1)).points({"x": x, "y": x}, "x", "y", dp.std("y"), threads=1)
except KeyboardInterrupt:
    print("heard")
"""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "heard", done.stderr
    assert time.perf_counter() - began < 10
