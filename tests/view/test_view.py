"""A view without a page: messages in, pictures out; every picture is what a canvas would draw."""

from __future__ import annotations

import ast
import gc
import io
import json
import threading
import time
import weakref
from pathlib import Path

import drypoint as dp
import numpy
import PIL.Image
import pytest
from drypoint._view.cells import MOST_CELLS
from drypoint._view.grid import Window
from drypoint._view.newest import Newest, Outdated


def cloud(count=20_000, seed=1):
    rng = numpy.random.default_rng(seed)
    return {
        "x": rng.normal(size=count),
        "y": rng.exponential(size=count),
        "v": rng.random(count),
        "c": rng.integers(0, 3, count),
    }


class Pages:
    """What pages of a view would see."""

    def __init__(self, view):
        self.view, self.heard = view, []
        view._send = lambda message, buffers: self.heard.append((message, buffers))

    def draw(self, window, page="a", number=1, dark=False, wait=True):
        self.view._receive({"type": "draw", "page": page, "id": number, "dark": dark, **window._asdict()})
        if wait:
            assert self.view._newest.join(30) and self.view._cells.join(30)
            return self.heard[-1]
        return None

    def pictures(self):
        return [message for message, _ in self.heard if message["type"] == "picture"]


def naive(view, window):
    """The window alone, drawn by a canvas."""
    x_range, y_range = view._grid.ranges(window)
    drawing = view._drawing
    canvas = dp.Canvas(
        window.columns,
        window.rows,
        x_range=x_range,
        y_range=y_range,
        x_scale=drawing.scales[0],
        y_scale=drawing.scales[1],
    )
    return canvas, drawing


def windows_of(view):
    """Some windows of all depths, also where nothing is."""
    home = view._grid.home
    yield home
    rng = numpy.random.default_rng(3)
    for size in (8.0, 2.0, 0.875, 0.5, 0.3125, 0.0625, 2.0**-6, 7 * 2.0**-10, 2.0**-13):
        column, row = (
            int(place * (side / size - 100)) for place, side in zip(rng.random(2), home[2:4], strict=True)
        )
        yield Window(column, row, 200, 150, size, size)
    yield Window(-300, 10, 200, 100, 1.0, 0.5)
    yield Window(10, 10, 150, 100, 4.0, 0.25)


@pytest.mark.parametrize("slow", [False, True], ids=["passes", "tiles"])
@pytest.mark.parametrize("scales", [("linear", "linear"), ("linear", "log")])
def test_every_picture_is_what_a_canvas_draws(slow, scales):
    data = cloud()
    with dp.view(data, "x", "y", width=300, height=200, x_scale=scales[0], y_scale=scales[1]) as view:
        view._cells._in_tiles = slow
        pages = Pages(view)
        for number, window in enumerate(windows_of(view)):
            message, buffers = pages.draw(window, number=number)
            assert message["type"] == "picture" and message["id"] == number
            whole, part = Window(**message["window"]), Window(**message["part"])
            assert whole.holds(window)
            folded = view._cells.seen.find(window)
            canvas, _ = naive(view, window)
            expected = numpy.asarray(canvas.points(data, "x", "y"))
            found = numpy.zeros((whole.rows, whole.columns), "uint32")
            if folded.aggregate is not None:
                y, x = part.row - whole.row, part.column - whole.column
                found[y : y + part.rows, x : x + part.columns] = numpy.asarray(folded.aggregate)
                picture = PIL.Image.open(io.BytesIO(buffers[0]))
                assert picture.size == (part.columns, part.rows)
            y, x = window.row - whole.row, window.column - whole.column
            assert numpy.array_equal(found[y : y + window.rows, x : x + window.columns], expected)
        assert view.passes > 2
        assert bool(view._cells._all) == view._cells._cut == slow


def test_tiles_answer_without_a_pass():
    with dp.view(cloud(), "x", "y", width=300, height=200) as view:
        view._cells._in_tiles = True
        pages = Pages(view)
        pages.draw(view._grid.home)  # and then, unasked, all is cut into tiles
        assert view.passes == 3 and view._cells._cut  # coarse ones and fine ones
        for number in range(30):
            message, _ = pages.draw(Window(17 * number, 11 * number, 250, 150, 0.25, 0.25), number=number)
            assert message["read"] is False
        assert view.passes == 3
        deep = Window(60_000, 20_000, 300, 200, 2.0**-9, 2.0**-9)
        pages.draw(deep)
        assert view.passes == 4
        pages.draw(deep._replace(column=deep.column + 900, row=deep.row - 400))
        pages.draw(deep._replace(column=2 * deep.column, row=2 * deep.row, width=2.0**-10, height=2.0**-10))
        assert view.passes <= 5


@pytest.mark.parametrize("color", [dp.mean("v"), dp.by("c"), "any", dp.count("v")])
def test_other_folds(color):
    data = cloud()
    with dp.view(data, "x", "y", color, width=300, height=200) as view:
        pages = Pages(view)
        window = Window(100, 100, 200, 100, 0.5, 0.5)
        message, _ = pages.draw(window)
        assert message["read"] is True
        canvas, _ = naive(view, Window(**message["part"]))
        expected = canvas.points(data, "x", "y", color)
        folded = view._cells.seen.find(window).aggregate
        assert folded.categories == expected.categories
        numpy.testing.assert_array_equal(numpy.asarray(folded), numpy.asarray(expected))
        # panning within the margin, and back, reads nothing
        passes = view.passes
        pages.draw(window._replace(column=90))
        pages.draw(view._grid.home)
        pages.draw(window)
        assert view.passes == passes


def test_lines():
    data = {"t": numpy.arange(1000.0), "v": numpy.cumsum(numpy.random.default_rng(2).normal(size=1000))}
    with dp.view(data, "t", "v", mark="line", width=300, height=200) as view:
        window = Window(50, 50, 300, 200, 0.25, 0.5)
        view._move(window)
        canvas, _ = naive(view, window)
        assert numpy.array_equal(numpy.asarray(view.aggregate), numpy.asarray(canvas.line(data, "t", "v")))


def test_ranges_are_read_set_and_observed():
    with dp.view(cloud(), "x", "y", width=300, height=200) as view:
        heard = []
        pages = Pages(view)
        view.observe(lambda moved: heard.append(moved.x_range))
        everything = view.x_range, view.y_range
        view.x_range = (-1, 1)
        assert view.x_range[0] <= -1 and view.x_range[1] >= 1 and view.y_range == everything[1]
        view.show(y_range=(0.5, 1))
        assert heard == [view.x_range, view.x_range]
        assert [message["type"] for message, _ in pages.heard] == ["go", "go"]
        pages.draw(Window(3, 4, 200, 100, 0.5, 0.5))
        assert heard[-1] == view._grid.ranges(Window(3, 4, 200, 100, 0.5, 0.5))[0] == view.x_range
        view.reset()
        assert (view.x_range, view.y_range) == everything
        with pytest.raises(dp.BadArgument, match="does not observe"):
            view.unobserve(print)
        for wrong in ((1, 1), (2, 1), "ab", 3, (0, numpy.nan)):
            with pytest.raises(dp.BadArgument, match="x_range"):
                view.x_range = wrong
        with pytest.raises(dp.BadArgument, match="column is float64"):
            view.x_range = ("2024-01-01", "2024-02-01")


def test_instants_are_ranges_too():
    days = numpy.arange("2024-01-01", "2025-01-01", dtype="datetime64[D]").astype("datetime64[us]")
    with dp.view(
        {"t": days, "v": numpy.arange(len(days))}, "t", "v", x_range=("2024-03-01", "2024-04-01")
    ) as view:
        start, end = (numpy.datetime64(round(at), "us") for at in view.x_range)
        assert numpy.datetime64("2024-02-24") < start <= numpy.datetime64("2024-03-01")
        assert numpy.datetime64("2024-04-01") <= end < numpy.datetime64("2024-04-06")
        assert view._home()["x"]["kind"].startswith("timestamp[us")


def test_values_are_those_of_the_pixel_or_near_it():
    points = {"x": [0.0, 1.0, 1.0, 10.0], "y": [0.0, 1.0, 1.0, 10.0], "v": [1.0, 2.0, 4.0, 8.0]}
    points = {name: numpy.array(values) for name, values in points.items()}
    with dp.view(points, "x", "y", width=400, height=400) as view:
        assert view.value_at(1, 1) == 2
        pixel = (view.x_range[1] - view.x_range[0]) / 400
        assert view.value_at(1 + 2.5 * pixel, 1) == 2
        assert view.value_at(1 + 5 * pixel, 1) is None
        assert view.value_at(1e6, 1) is None
        pages = Pages(view)
        pages.draw(view._grid.home)
        row = column = int(view._grid.x.home(1))
        ask = {
            "type": "value",
            "page": "a",
            "id": 7,
            "column": column,
            "row": row,
            "width": 1.0,
            "height": 1.0,
        }
        view._receive(ask)
        assert pages.heard[-1][0] == {"type": "value", "page": "a", "id": 7, "text": "count() 2"}
        view._receive({**ask, "column": column + 50})
        assert pages.heard[-1][0]["text"] == ""
        view._receive({**ask, "column": "no"})
        assert pages.heard[-1][0]["text"] == ""
    with dp.view(points, "x", "y", dp.mean("v"), width=400, height=400) as view:
        assert view.value_at(1, 1) == 3.0


def test_only_the_newest_request_of_a_page_is_drawn():
    with dp.view(cloud(), "x", "y", width=300, height=200) as view:
        pages = Pages(view)
        began, go = threading.Event(), threading.Event()
        fold = view._drawing.fold

        def held_up(*arguments, **options):
            began.set()
            assert go.wait(30)
            arguments[3](1, 2)  # as a pass tells how far it is
            return fold(*arguments, **options)

        view._drawing.fold = held_up
        window = Window(0, 0, 300, 200, 0.5, 0.5)
        pages.draw(window, number=1, wait=False)
        assert began.wait(30)
        for number in (2, 3, 4):
            pages.draw(window._replace(column=5000 * number), number=number, wait=False)
        pages.draw(window._replace(row=7000), page="b", number=1, wait=False)
        go.set()
        assert view._newest.join(30)
        assert [(message["page"], message["id"]) for message in pages.pictures()] == [("a", 4), ("b", 1)]


def test_a_pass_in_work_is_stopped_and_tells_how_far_it_is():
    ran = []

    def batches(seconds):
        """Work that looks around, as a pass does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            newest.check()
            time.sleep(0.002)
        return True

    def run(page, request):
        if batches(request):
            ran.append((page, request))

    newest = Newest(run)
    newest.put("a", 30)
    time.sleep(0.05)
    newest.put("a", 0.001)
    assert newest.join(10) and ran == [("a", 0.001)]
    newest.put("a", 30)
    newest.end()
    assert newest.join(10) and len(ran) == 1
    newest.put("a", 0)
    assert newest.join(10) and len(ran) == 1
    with pytest.raises(Outdated):
        newest.check()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_fails_is_followed_by_another():
    ran = []

    def run(page, request):
        if request == "fail":
            raise SystemExit  # which threads pass over in silence
        ran.append(request)

    newest = Newest(run)
    newest.put("a", "fail")
    assert newest.join(10)
    newest.put("a", "well")
    assert newest.join(10) and ran == ["well"]


def test_errors_are_told_to_the_page(tmp_path):
    path = tmp_path / "points.npz"
    data = cloud()
    numpy.savez(path, x=data["x"], y=data["y"])
    with dp.view(path, "x", "y", width=300, height=200) as view:
        pages = Pages(view)
        path.write_bytes(b"no longer")
        message, _ = pages.draw(Window(0, 0, 300, 200, 0.5, 0.5), number=5)
        assert (message["type"], message["page"], message["id"]) == (
            "error",
            "a",
            5,
        ) and "points.npz" in message["text"]
        good = {"type": "draw", "page": "a", "id": 6, **view._grid.home._asdict()}
        for wrong in (
            {"width": 0.3},
            {"columns": 0},
            {"columns": 10_000, "rows": 10_000},
            {"row": 1.5},
            {"height": "1"},
        ):
            view._receive({**good, **wrong})
            assert pages.heard[-1][0]["type"] == "error", wrong
        del good["rows"]
        view._receive(good)
        assert "rows" in pages.heard[-1][0]["text"]
        heard = len(pages.heard)
        for nothing in (None, "draw", {"type": "else"}, {}):
            view._receive(nothing)
        assert len(pages.heard) == heard


def test_what_is_kept_stays_within_its_share_of_the_budget():
    data = cloud()
    with dp.view(data, "x", "y", dp.mean("v"), width=300, height=200, memory="32MB") as view:
        pages = Pages(view)
        for number in range(12):
            pages.draw(Window(300 * number, 0, 300, 200, 0.25, 0.25), number=number)
        assert 2 <= len(view._cells.seen) <= 6
        assert view.nbytes <= 4_000_000


def test_tiles_that_do_not_fit_are_not_made():
    with dp.view(cloud(), "x", "y", width=300, height=200, memory="32MB") as view:
        view._cells._in_tiles = True
        view._drawing.budget = 40_000
        pages = Pages(view)
        message, _ = pages.draw(Window(0, 0, 300, 200, 0.25, 0.25))
        assert message["type"] == "picture" and message["read"] and not view._cells._all


def test_closing_lets_all_go():
    data = cloud(200_000)
    array = data["x"]
    before = dp.memory()["reserved"]
    view = dp.view(data, "x", "y")
    view._cells._in_tiles = True
    pages = Pages(view)
    pages.draw(Window(0, 0, 300, 200, 0.25, 0.25))
    assert dp.memory()["reserved"] > before
    watched = weakref.ref(array)
    view.close()
    assert pages.heard[-1][0] == {"type": "closed"} and view.closed and repr(view) == "<View closed>"
    pages.heard.clear()
    assert dp.memory()["reserved"] <= before
    del data, array
    gc.collect()
    assert watched() is None
    view.close()
    view._receive({"type": "draw", "page": "a"})
    assert pages.heard == []
    for use in (
        lambda: view.aggregate,
        view.image,
        view.reset,
        lambda: view.show((0, 1)),
        lambda: view.widget,
    ):
        with pytest.raises(dp.ClosedError):
            use()


def test_a_view_that_nobody_holds_goes():
    view = dp.view(cloud(), "x", "y")
    watched = weakref.ref(view)
    Pages(view).draw(view._grid.home)
    del view
    gc.collect()
    assert watched() is None
    assert not [one for one in threading.enumerate() if one.name == "drypoint-view"]


def test_what_cannot_be_viewed_is_refused_at_once():
    data = cloud()
    with pytest.raises(dp.BadArgument, match="only once"):
        dp.view((data for _ in range(1)), "x", "y")
    for options, name in (
        ({"width": 5}, "width"),
        ({"height": 10**6}, "height"),
        ({"mark": "point"}, "points"),
        ({"x_scale": "sqrt"}, "x_scale"),
        ({"cmap": "no such map"}, "no such map"),
        ({"memory": "a lot"}, "a lot"),
        ({"x_range": (1, 0)}, "x_range"),
        ({"group": "c"}, "group"),
        ({"spread": 1000}, "spread"),
    ):
        with pytest.raises(dp.BadArgument, match=name):
            dp.view(data, "x", "y", **options)
    with pytest.raises(dp.MissingColumn):
        dp.view(data, "x", "z")
    with pytest.raises(dp.EmptyData):
        dp.view({"x": numpy.array([numpy.nan]), "y": numpy.array([1.0])}, "x", "y")
    with pytest.raises(dp.BadArgument, match="made by view"):
        dp.View(None, None)


def test_pictures_for_programs():
    data = cloud()
    with dp.view(data, "x", "y", width=300, height=200, cmap="viridis") as view:
        view.show((-1, 0), (1, 2))
        canvas, _ = naive(view, view._window)
        assert numpy.array_equal(numpy.asarray(view.aggregate), numpy.asarray(canvas.points(data, "x", "y")))
        image = view.image()
        assert (image.width, image.height) == (300, 200)
        assert view._window.columns * view._window.rows <= MOST_CELLS
        assert "y over x of dict, count(), x -1." in repr(view)


def test_the_notebook_among_the_examples_runs(monkeypatch):
    folder = Path(__file__).parents[2] / "examples"
    monkeypatch.chdir(folder)
    cells = json.loads((folder / "look_around.ipynb").read_text("utf-8"))["cells"]
    assert not any(cell.get("outputs") for cell in cells)
    names = {}
    shown = []
    for cell in cells:
        if cell["cell_type"] == "code":
            *body, last = ast.parse("".join(cell["source"])).body
            exec(compile(ast.Module(body, []), "cell", "exec"), names)
            if isinstance(last, ast.Expr):
                shown.append(repr(eval(compile(ast.Expression(last.value), "cell", "eval"), names)))
            else:
                exec(compile(ast.Module([last], []), "cell", "exec"), names)
    assert shown[0].startswith("<View 720") and "Aggregate count()" in shown[2] and "mean" in shown[3]
    names["view"].show((-100, -90), (30, 40))
    assert names["other"].x_range == pytest.approx(names["view"].x_range, rel=0.02)
    names["view"].close()
    names["other"].close()
