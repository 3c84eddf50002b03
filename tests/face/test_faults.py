"""Bad input from a program: one documented error, nothing changed."""

from __future__ import annotations

import datetime
import gc
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


@pytest.mark.parametrize("size", [(0, 10), (-1, 10), (1.5, 10), (2**31, 2**20)])
def test_bad_sizes(size):
    with pytest.raises((dp.BadArgument, dp.BudgetExceeded)):
        dp.Canvas(*size, x_range=(0, 1), y_range=(0, 1)).points(POINTS, "x", "y")


def test_a_generator_that_raises_is_heard():
    def broken():
        yield np.zeros((5, 2))
        raise ZeroDivisionError("in the generator")

    gc.collect()  # what the tracebacks of earlier tests hold
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


CHUNKS = {
    "an empty array first": [np.zeros((0, 2)), np.ones((3, 2))],
    "other numbers": [(np.arange(2), np.ones(2)), (np.arange(1, dtype="f2"), np.ones(1, "u1"))],
    "nothing": [(), [], {}, (np.ones(3), np.ones(3))],
    "lists of rows": [[(1, 2), (3, 4)], [[5, 6]]],
    "tuples of lists": [([1, 2, 3], [4, 5, 6])],
    "rows and arrays": [(1, 2), (3, None), np.ones((1, 2))],
    "dicts with other keys": [{"x": 1, "y": 2}, {"x": 1, "y": 2}, {"x": np.ones(1), "y": np.ones(1)}],
}


@pytest.mark.parametrize("case", CHUNKS)
@pytest.mark.parametrize("exact", [False, True])
def test_chunks_of_every_shape(case, exact):
    assert dp.draw(iter(CHUNKS[case]), x="x", y="y", exact=exact).aggregate.rows == 3


SECONDS = np.array(["2020-01-01", "2020-01-02"], "M8[s]")
BAD_CHUNKS = {
    "scalars": ([1.0, 2.0], dp.UnknownFormat, "item 0 is a float"),
    "other columns": ([(1, 2), (1, 2, 3)], dp.SchemaMismatch, "z"),
    "another unit": ([(SECONDS, [1, 2]), (SECONDS.astype("M8[ns]"), [1, 2])], dp.SchemaMismatch, "ns"),
    "no dates any more": ([(SECONDS, [1, 2]), ([1.0], [1.0])], dp.SchemaMismatch, "item 1"),
    "text among numbers": ([(1, 2), ("a", 3)], dp.BadValue, "\"x\": 'a' is not a number"),
    "numbers among dates": ([(datetime.date(2020, 1, 1), 1), (3, 1)], dp.BadValue, "3 is not a date"),
    "a huge number": ([(10**400, 2)], dp.BadValue, "not a number"),
    "an object": ([(object(), 2)], dp.UnsupportedData, "object"),
}


@pytest.mark.parametrize("case", BAD_CHUNKS)
@pytest.mark.parametrize("ranges", [{}, {"exact": True}])
def test_bad_chunks(case, ranges):
    chunks, kind, text = BAD_CHUNKS[case]
    with pytest.raises(kind, match=text):
        dp.draw(iter(chunks), x="x", y="y", **ranges)


def test_a_generator_that_reuses_its_array():
    def chunks():
        shared = np.zeros((1000, 2))
        for step in range(20):
            shared[:] = step
            yield shared

    for options in ({"exact": True}, {}):
        got = dp.Canvas(20, 20).points(chunks(), "x", "y", **options)
        assert np.asarray(got).sum() == 20_000
    assert (
        np.asarray(dp.Canvas(20, 20).points(chunks(), "x", "y", exact=True)).diagonal().tolist()
        == [1000] * 20
    )


def test_a_generator_is_let_go_at_once_after_an_error():
    """Its last reference was the call's: no garbage collection is needed to run its ``finally``."""

    closed = []

    def chunks():
        try:
            while True:
                yield np.zeros((5, 2))
        finally:
            closed.append(True)

    def fails(done, total):
        raise ZeroDivisionError

    gc.disable()
    try:
        for options, kind in [
            ({"y": "nothing"}, KeyError),
            ({"y": "y", "progress": fails}, ZeroDivisionError),
        ]:
            closed.clear()
            with pytest.raises(kind):
                dp.draw(chunks(), x="x", **options)
            assert closed == [True]
    finally:
        gc.enable()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_a_generator_raises_comes_through(error):
    def chunks():
        yield np.zeros((5, 2))
        raise error

    with pytest.raises(error):
        dp.draw(chunks(), x="x", y="y")


def test_masked_values_are_missing():
    x = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    when = np.ma.array(SECONDS[[0, 1, 1]], mask=[False, False, True])
    assert dp.Canvas(4, 4).points({"x": x, "y": np.ones(3)}, "x", "y").skipped == 1
    assert dp.Canvas(4, 4).points({"x": x, "y": when}, "x", "y").skipped == 2


def test_numpy_units_between_seconds_and_years():
    for unit in ("h", "m", "W", "M", "Y"):
        when = np.array(["2019-12-26", "2021-01-07"], f"M8[{unit}]")
        got = dp.Canvas(4, 4, x_range=(when[0], "2022-01-01")).points({"x": when, "y": np.ones(2)}, "x", "y")
        kept = "M8[s]" if unit in "hm" else "M8[D]"
        assert np.asarray(got).sum() == 2 and got.x_range[0] == when[0].astype(kept).astype("i8")
    rows = [(when, 1.0) for when in SECONDS]
    assert dp.draw(iter(rows), x="x", y="y").aggregate.x_range[0] == SECONDS[0].astype("M8[us]").astype("i8")
    with pytest.raises(dp.UnsupportedData, match="timedelta64"):
        dp.draw({"x": np.ones(2, "m8[M]"), "y": np.ones(2)}, x="x", y="y")


def test_object_arrays_are_read_value_by_value():
    points = {"x": np.array([1, 2.5, None], object), "y": np.ones(3), "c": np.array(["a", "b", None], object)}
    got = dp.Canvas(4, 4).points(points, "x", "y", dp.by("c"))
    assert got.categories == ["a", "b"] and got.skipped == 1
    with pytest.raises(dp.BadValue, match="not a number"):
        dp.draw({"x": np.array([1, "a"], object), "y": np.ones(2)}, x="x", y="y")


def test_folders_and_patterns_without_files(tmp_path):
    for path, text in [(tmp_path, "in this folder"), (tmp_path / "*.csv", "no file matches")]:
        with pytest.raises(dp.SourceNotFound, match=text):
            dp.scan(path)
    with pytest.raises(dp.SourceNotFound):
        dp.Aggregate.load(tmp_path / "nothing.npz")


def test_a_wrong_environment_is_told():
    program = "import drypoint as dp\ntry: {}\nexcept dp.BadArgument as error: print(error)"
    for use in ("dp.memory()", "dp.draw([(1, 2), (3, 4)])", "dp.set_budget('1GB')"):
        done = subprocess.run(
            [sys.executable, "-c", program.format(use)],
            env={"DRYPOINT_MEMORY": "lots"},
            capture_output=True,
            text=True,
        )
        assert "DRYPOINT_MEMORY" in done.stdout and "lots" in done.stdout, done
