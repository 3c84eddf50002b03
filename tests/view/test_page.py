"""The script of views in a real browser: what people do to a page becomes requests, what arrives becomes pixels."""

from __future__ import annotations

import base64
import io
import json
import math

import browser
import drypoint as dp
import numpy
import PIL.Image
import pytest
from drypoint._view.grid import Axis, Grid, snapped
from view_page import Page


@pytest.fixture(scope="module")
def chromium():
    program = browser.find()
    if program is None:
        pytest.skip("no Chromium here: `apt-get install chromium`, or name one in DRYPOINT_BROWSER")
    started = browser.Browser(program)
    yield started
    started.close()


@pytest.fixture
def shown(chromium, tmp_path):
    views = []

    def show(view=None, **options):
        if view is None:
            rng = numpy.random.default_rng(5)
            data = {"east": rng.normal(size=5000), "north": rng.normal(size=5000)}
            view = dp.view(data, "east", "north", width=400, height=300)
        views.append(view)
        page = Page(chromium, view, tmp_path, **options)
        page.settle()
        return page

    yield show
    for view in views:
        view.close()


def pixels(page) -> numpy.ndarray:
    encoded = page.run("document.querySelector('.plot canvas').toDataURL().split(',')[1]")
    return numpy.asarray(PIL.Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA"))


def same(page) -> bool:
    """Whether the page shows the cells of its window, each where it belongs, in the colours of the page."""
    view, window = page.view, page.view._window
    folded = view._cells.seen.find(window)
    dark = page.run("!!document.querySelector('.dark')")
    shaded = numpy.asarray(dp.Image(view._drawing.shade(folded.aggregate, dark)))[::-1]
    whole, part = folded.window, folded.part
    expected = numpy.zeros((whole.rows, whole.columns, 4), "uint8")
    row, column = part.row - whole.row, part.column - whole.column
    expected[row : row + part.rows, column : column + part.columns] = shaded
    row, column = window.row - whole.row, window.column - whole.column
    expected = expected[row : row + window.rows, column : column + window.columns][::-1]
    drawn, lit = pixels(page), expected[..., 3] > 0
    return bool(numpy.array_equal(drawn[..., 3] > 0, lit) and numpy.array_equal(drawn[lit], expected[lit]))


def under(page) -> str:
    return page.run("document.querySelector('.under').textContent")


def test_a_page_shows_the_view_and_asks_nobody_else(shown, chromium):
    page = shown()
    assert chromium.told() == [] and [url for url in chromium.requests() if not url.startswith("file:")] == []
    assert same(page)
    assert page.run("document.querySelector('.plot').ariaLabel").startswith("count() of dict, east from −")
    assert page.run("document.querySelector('.plot').getAttribute('role')") == "application"
    labels = page.run("[...document.querySelectorAll('.head button')].map((one) => one.ariaLabel)")
    assert len(labels) == len(set(labels)) == 5
    texts = page.run("[...document.querySelectorAll('.stage svg text')].map((one) => one.textContent)")
    assert {"east", "north", "0", "−2"} <= set(texts)
    page.run("leave()")
    assert page.run("listeners()") == 0 and page.run("take()") == [
        {"type": "gone", "page": page.messages[0]["page"]}
    ]


def test_mouse(shown):
    page = shown()
    view, home = page.view, page.view._window
    page.drag((200, 150), (260, 120))
    page.settle()
    assert view._window == home._replace(column=-60, row=-30) and same(page)
    page.mouse("mouseWheel", 100, 200, deltaX=0, deltaY=-120)  # it has the focus since the drag
    page.settle()
    closer = view._window
    assert closer.width == closer.height == 0.75 and same(page)
    assert abs((closer.column + 100) * 0.75 - (-60 + 100)) <= 0.75
    assert abs((closer.row + 100) * 0.75 - (-30 + 100)) <= 0.75
    page.drag((100, 100), (300, 220), modifiers=8)
    page.settle()
    (left, right), (low, high) = view.x_range, view.y_range
    assert view._window.width == snapped(0.75 / 2, up=True) and view._window.height == snapped(
        0.75 * 0.4, up=True
    )
    expected = view._grid.x.value((closer.column + 200) * 0.75), view._grid.y.value((closer.row + 140) * 0.75)
    assert (
        abs((left + right) / 2 - expected[0]) < 0.02
        and abs((low + high) / 2 - expected[1]) < 0.02
        and same(page)
    )
    for count in (1, 2):
        page.mouse("mousePressed", 50, 50, button="left", clickCount=count)
        page.mouse("mouseReleased", 50, 50, button="left", clickCount=count)
    page.settle()
    assert view._window == home and same(page)


def test_a_wheel_scrolls_the_page_until_the_view_is_clicked(shown):
    page = shown()
    home = page.view._window
    page.mouse("mouseWheel", 100, 100, deltaX=0, deltaY=-120)
    page.settle()
    assert page.view._window == home
    page.until("document.querySelector('.state').textContent.includes('Ctrl')")
    page.mouse("mouseWheel", 100, 100, deltaX=0, deltaY=-120, modifiers=2)
    page.settle()
    assert page.view._window.width < 1


def test_keys_and_buttons(shown):
    page = shown()
    view, home = page.view, page.view._window
    page.run("document.querySelector('.plot').focus()")
    for key, expected in (
        ("ArrowRight", home._replace(column=40)),
        ("ArrowUp", home._replace(column=40, row=40)),
        ("ArrowLeft", home._replace(row=40)),
        ("ArrowDown", home),
    ):
        page.key(key)
        page.settle()
        assert view._window == expected, key
    page.key("+")
    page.settle()
    assert view._window.width == 0.875 and same(page)
    page.key("-")
    page.key("-")
    page.settle()
    assert view._window.width == 1.25
    page.key("0")
    page.settle()
    assert view._window == home and "count()" in under(page)
    page.run("document.querySelectorAll('.head button')[2].click()")
    page.settle()
    assert view._window.width == 0.875
    page.run("document.querySelectorAll('.head button')[4].click()")
    page.run("document.querySelectorAll('.head button')[1].click()")
    page.drag((100, 100), (200, 200))  # now without Shift
    page.settle()
    assert view._window.width == snapped(1 / 4)
    page.run("document.querySelector('.plot').focus()")
    page.key("Escape")
    assert page.run("document.querySelectorAll('.head button')[0].ariaPressed") == "true"


def test_fingers(shown, chromium):
    page = shown()
    left, top = page.corner()

    def touch(kind, *places):
        points = [{"x": left + x, "y": top + y, "id": number} for number, (x, y) in enumerate(places)]
        chromium.ask("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    touch("touchStart", (200, 150))
    touch("touchMove", (220, 150))
    touch("touchMove", (250, 160))
    touch("touchEnd")
    page.settle()
    home = page.view._grid.home
    assert page.view._window == home._replace(column=-50, row=10)
    touch("touchStart", (150, 150), (250, 150))
    touch("touchMove", (100, 150), (300, 150))
    touch("touchEnd")
    page.settle()
    assert page.view._window.width == 0.5 and same(page)


def test_values_under_the_pointer(shown):
    points = {"x": numpy.array([0.0, 1.0, 1.0, 2.0]), "y": numpy.array([0.0, 1.0, 1.0, 2.0])}
    page = shown(dp.view(points, "x", "y", width=400, height=300))
    page.mouse("mouseMoved", 200, 150)
    page.until("document.querySelector('.under').textContent.includes('count() 2')")
    assert under(page).startswith("x 1.0") or under(page).startswith("x 0.99")
    page.mouse("mouseMoved", 60, 60)
    page.until("document.querySelector('.under').textContent.startsWith('x 0.')")
    page.settle()
    assert "count()" not in under(page)


def test_programs_move_pages(shown):
    page = shown()
    page.view.show((-1, 1), (-0.5, 0.5))
    page.settle()
    assert page.view.x_range[0] <= -0.98 and page.view.x_range[1] < 1.3 and same(page)
    page.view.reset()
    page.settle()
    assert page.view._window == page.view._grid.home and same(page)


def test_what_is_wrong_is_shown_until_it_is_not(shown):
    page = shown()
    fold = page.view._drawing.fold

    def broken(*arguments, **options):
        raise OSError("the disk <b>is</b> gone")

    page.view._drawing.fold = broken
    page.key("+")
    page.run("document.querySelector('.plot').focus()")
    page.key("+")
    page.settle()
    wrong = "document.querySelector('.wrong')"
    assert page.run(f"{wrong}.textContent") == "the disk <b>is</b> gone"
    assert page.run(f"getComputedStyle({wrong}).display") == "block"
    page.view._drawing.fold = fold
    page.key("+")
    page.settle()
    assert page.run(f"getComputedStyle({wrong}).display") == "none" and same(page)


def test_progress_and_the_end(shown):
    page = shown()
    about = {"page": page.messages[0]["page"], "id": page.messages[0]["id"]}
    page._waiting.append(({"type": "progress", **about, "share": 0.4}, []))
    page.pump()
    assert page.run("document.querySelector('.state').textContent") == "reading 40 %"
    assert page.run("document.querySelector('.bar').style.width") == "40%"
    page.view.close()
    while page._waiting:
        message, _ = page._waiting.pop(0)
        page.run(f"deliver({json.dumps(message)}, [])")
    assert page.run("document.querySelector('.state').textContent") == "closed"
    assert pixels(page)[..., 3].any()
    page.key("+")
    assert page.run("take()") == []


@pytest.mark.parametrize("dark", [False, True])
def test_dark_and_light_pages_have_colours_of_their_own(shown, dark):
    page = shown(dark=dark)
    assert page.run("!!document.querySelector('.drypoint-view.dark')") == dark and same(page)
    page.run(f"document.body.dataset.jpThemeLight = '{json.dumps(dark)}'")  # the notebook decides
    page.settle()
    assert page.run("!!document.querySelector('.drypoint-view.dark')") != dark and same(page)


def test_narrow_pages_and_dense_screens(shown, chromium):
    page = shown(width=320)
    assert page.run("document.documentElement.scrollWidth") <= 320
    window = page.view._window
    assert window.columns < 250 and window.rows == 300
    assert window.columns * window.width >= 400 and window.width == snapped(400 / window.columns, up=True)
    assert same_size(page) and len(page.view._cells.seen) == 2
    chromium.ask(
        "Emulation.setDeviceMetricsOverride", width=800, height=900, deviceScaleFactor=2, mobile=False
    )
    page.settle()
    page.run("document.querySelectorAll('.head button')[4].click()")
    page.settle()
    assert (page.view._window.columns, page.view._window.rows) == (800, 600)
    assert page.view._window.width == 0.5 and same_size(page)
    assert page.run("document.querySelector('.plot').clientWidth") == 400


def same_size(page) -> bool:
    window = page.view._window
    return pixels(page).shape == (window.rows, window.columns, 4)


# Numbers


@pytest.fixture(scope="module")
def numbers(chromium, tmp_path_factory):
    """A function of the script, called with plain values."""
    points = {"x": numpy.array([0.0, 1.0]), "y": numpy.array([0.0, 1.0])}
    with dp.view(points, "x", "y", width=100, height=100) as view:
        page = Page(chromium, view, tmp_path_factory.mktemp("numbers"))
        yield lambda name, *values: page.run(f"module.{name}({', '.join(map(json.dumps, values))})")


def test_the_script_has_the_grid_of_the_program(numbers):
    for size in (1.0, 0.3, 1 / 3, 5.5, 7.99, 2.0**-40, 3e-9, 0.6249):
        assert numbers("snapped", size) == snapped(size)
        assert numbers("snapped", size, "up") == snapped(size, up=True)
        assert numbers("next", snapped(size), 1) == snapped(snapped(size) * 1.01, up=True)
    grid = Grid(*(Axis(name, name, "float64", -3.0, 11.0, "linear", 500) for name in "xy"))
    for ends in ((-1, 2), (0, 10), (3, 3.001)):
        found = numbers("fitted", *map(grid.x.home, ends), 500, grid.x.least, 8)
        window = grid.showing(grid.home, ends, None)
        assert found == {"origin": window.column, "size": window.width}


def axis(start=0.0, end=1.0, kind="float64", scale="linear", pixels=500):
    return Axis("x", "t", kind, start, end, scale, pixels).told()


@pytest.mark.parametrize(
    ("low", "high", "labels", "base"),
    [
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"], ""),
        (
            -30_000,
            20_000,
            ["−30\u202f000", "−20\u202f000", "−10\u202f000", "0", "10\u202f000", "20\u202f000"],
            "",
        ),
        (1e-7, 5e-7, ["1e−7", "2e−7", "3e−7", "4e−7", "5e−7"], ""),
        (123.4567, 123.4569, ["0.00670", "0.00675", "0.00680", "0.00685", "0.00690"], "+123.45"),
    ],
)
def test_labels_of_numbers(numbers, low, high, labels, base):
    found = numbers("ticks", axis(), low, high, 6)
    assert (found["labels"], found["base"]) == (labels, base)


@pytest.mark.parametrize("span", [10.0**power for power in range(-12, 16, 3)])
def test_ticks_are_even_apart_and_no_more_than_asked_for(numbers, span):
    for start in (0.0, -span / 3, 7.7 * span, 1234.5 * span):
        found = numbers("ticks", axis(), start, start + span, 6)
        places = found["places"]
        assert 2 <= len(places) <= 7 and len(set(found["labels"])) == len(places)
        steps = numpy.diff(places)
        assert numpy.allclose(steps, steps[0], rtol=1e-6)
        assert start - span * 1e-6 <= places[0] and places[-1] <= start + span * 1.000001


def instants(text):
    return float(numpy.datetime64(text, "us").astype("int64"))


@pytest.mark.parametrize(
    ("low", "high", "labels", "base"),
    [
        ("2024-01-01", "2027-01-01", ["2024", "2025", "2026", "2027"], ""),
        ("2024-01-20", "2024-05-20", ["2024-02", "2024-03", "2024-04", "2024-05"], ""),
        ("2024-02-28T12:00", "2024-03-02", ["2024-02-29", "2024-03-01", "2024-03-02"], ""),
        ("2024-02-28T09:00", "2024-02-28T15:00", ["09:00", "12:00", "15:00"], "2024-02-28"),
        ("2024-02-28T21:00", "2024-02-29T03:00", ["21:00", "2024-02-29", "03:00"], ""),
        (
            "2024-02-28T09:00:01",
            "2024-02-28T09:00:04",
            ["09:00:01", "09:00:02", "09:00:03", "09:00:04"],
            "2024-02-28",
        ),
    ],
)
def test_labels_of_instants(numbers, low, high, labels, base):
    ends = instants(low), instants(high)
    found = numbers("ticks", axis(*ends, kind="timestamp[us, UTC]"), *ends, 4)
    assert (found["labels"], found["base"]) == (labels, base)
    assert all(ends[0] <= place <= ends[1] for place in found["places"])


def test_labels_of_logarithms(numbers):
    told = axis(1e-3, 1e6, scale="log")
    assert numbers("ticks", told, -3, 6, 10)["labels"] == [
        "0.001",
        "0.01",
        "0.1",
        "1",
        "10",
        "100",
        "1000",
        "10\u202f000",
        "1e5",
        "1e6",
    ]
    found = numbers("ticks", told, math.log10(20), math.log10(45), 6)
    assert found["labels"] == ["20", "25", "30", "35", "40", "45"]
    assert [round(10**place) for place in found["places"]] == [20, 25, 30, 35, 40, 45]


def test_places_are_told_as_finely_as_pixels_are(numbers):
    told = axis(0.0, 1.0, pixels=1000)
    place = Axis("x", "t", "float64", 0.0, 1.0, "linear", 1000).home(0.25)
    assert numbers("told", told, place, 1) == "0.250" and numbers("told", told, place, 0.01) == "0.25000"
    days = axis(19_700.0, 20_000.0, kind="date", pixels=300)
    home = Axis("x", "t", "date", 19_700.0, 20_000.0, "linear", 300).home(19_782.0)
    assert numbers("told", days, home, 1) == "2024-02-29 00:00"
