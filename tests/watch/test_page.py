"""A watched run as a page: nothing of the program is obeyed, nothing is fetched, and a browser shows it as it should."""

from __future__ import annotations

import itertools
import re
import struct
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import browser
import drypoint as dp
import pytest
import watched
from drypoint._watch import page, timeline
from drypoint._watch.document import Document

VOID = {"meta", "img", "source", "rect"}
MAKERS = [watched.plain, watched.quiet, watched.hostile]


class Reader(HTMLParser):
    """Every element is closed where it should be; what they are, and all texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)


@pytest.mark.parametrize("make", MAKERS)
def test_the_page_is_one_file_and_well_formed(make):
    read = Reader(page.render(Document(make())))
    names = [tag for tag, _ in read.tags]
    assert names.count("script") == 1 and names.count("h1") == 1 and "b" not in names and "link" not in names
    for tag, attributes in read.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "srcset", "href"):
                assert value.startswith("data:image/svg+xml;base64,")
        assert tag != "img" or len(attributes["alt"]) > 40


def test_what_is_told():
    plain = watched.plain()
    texts = " ".join(" ".join(Reader(page.render(Document(plain))).texts).split())
    for told in (
        "app.py --title 'two words' 23",
        "3 things to change",
        "leak 63.6 MB +2.8 MB a turn 95% sure ICONS (module global, list) holds 23 views of 3.1 kB;",
        "held by module __main__ ICONS[3].base because 23 made, 23 alive grew in each of 3 intervals",
        "cure Store frame[...].copy() instead.",
        "found at app.py:97 in main",
        "No fault, but good to know: allocator 12.6 MB",
    ):
        assert told in texts
    # A cure is told once, and the most bytes come first.
    assert texts.count("Store frame[...].copy() instead.") == 1
    assert texts.index("leak 63.6") < texts.index("garbage 20.7") < texts.index("handle 1.9")


def test_what_could_not_be_seen_is_told():
    plain = {**watched.quiet(), "unseen": ["The heap could not be looked at."]}
    texts = " ".join(" ".join(Reader(page.render(Document(plain))).texts).split())
    assert "Nothing found in what could be seen. The heap could not be looked at." in texts
    assert "no leak" not in texts and "no leak" in page.render(Document(watched.quiet()))


def test_texts_of_the_program_are_shown_as_they_are():
    plain = watched.hostile()
    texts = " ".join(Reader(page.render(Document(plain))).texts)
    for told in (
        '<img src=x onerror=alert(1)> & "quotes" \\x1b]0;title\\x07 図面',
        "<b>bold</b>",
        "d['</li><script>']",
        "<style>*{display:none}</style>",
        "</td></table><h1>",
        "raised ValueError: <script> \\x00",
        "Which lines made </p><script>\\x1b[2J is not known",
    ):
        assert told in texts


def test_the_page_is_written_whole_or_not_at_all(tmp_path):
    page.write(Document(watched.hostile()), tmp_path / "run.html")
    assert (tmp_path / "run.html").read_text("utf-8") == page.render(Document(watched.hostile()))
    with pytest.raises(dp.OutputError):
        page.write(Document(watched.plain()), tmp_path / "nowhere" / "run.html")


def test_charts_show_a_peak_of_one_sample_among_many():
    """A line through 50,000 samples keeps its one peak: it is among the points, at its place and height."""
    line = [(number * 0.01, 1.0) for number in range(50_000)]
    line[31_234] = (312.34, 90.0)
    points = list(timeline._along(line, 500 / 960, 100 / 320))
    assert len(points) < 5_000
    assert (312.34, 90.0) in points
    gaps = [(abs(x - x_next), abs(y - y_next)) for (x, y), (x_next, y_next) in itertools.pairwise(points)]
    assert max(x for x, _ in gaps) <= 500 / 960 * 1.001 and max(y for _, y in gaps) <= 100 / 320 * 1.001


def test_charts_of_a_run():
    drawn = timeline.charts(Document(watched.plain()))
    assert [chart.y_label for chart in drawn] == ["memory, MB", "figures open"]
    assert "at most 137 MB" in drawn[0].told and "collector ran in 5 of 184 samples" in drawn[0].told
    assert len(drawn[0].lines[timeline.COLLECTION]) == 5
    svg = drawn[0].svg(400, 300, "dark")
    assert svg.startswith(b"<svg") and b'width="400" height="300"' in svg
    for scale, unit in ((0.01, "kB"), (1, "MB"), (1000, "GB")):
        plain = watched.plain()
        for name in ("resident", "live"):
            plain["timeline"][name] = [int(size * scale) for size in plain["timeline"][name]]
        assert timeline.charts(Document(plain))[0].y_label == f"memory, {unit}"


@pytest.mark.parametrize("samples", [0, 1])
def test_no_chart_for_a_run_that_was_too_short(samples):
    plain = watched.plain()
    plain["timeline"] = {name: values[:samples] for name, values in plain["timeline"].items()}
    assert timeline.charts(Document(plain)) == []
    assert "Memory over time" not in page.render(Document(plain))


def test_a_full_budget_costs_the_charts_and_not_the_page():
    program = """
import drypoint as dp, watched
from drypoint._watch import page
from drypoint._watch.document import Document
dp.set_budget("10kB")
text = page.render(Document(watched.plain()))
assert "No charts: " in text and "10000 B" in text and "3 things to change" in text and "<img" not in text
"""
    folder = Path(__file__).parent
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# In a browser


@pytest.fixture(scope="module")
def chromium():
    program = browser.find()
    if program is None:
        pytest.skip("no Chromium here: `apt-get install chromium`, or name one in DRYPOINT_BROWSER")
    started = browser.Browser(program)
    yield started
    started.close()


@pytest.fixture
def written(tmp_path):
    def write(make):
        path = tmp_path / f"{make.__name__}.html"
        page.write(Document(make()), path)
        return path

    return write


#: Elements that are wider than the window or than what is around them. What scrolls may be wide within.
WIDE = """
[document.documentElement, ...document.body.querySelectorAll("*")].filter((element) => {
  if (element.parentElement?.closest(".scroll")) return false;
  const scrolls = element.classList.contains("scroll");
  return element.getBoundingClientRect().right > innerWidth + 0.5
    || (!scrolls && getComputedStyle(element).display !== "inline" && element.scrollWidth > element.clientWidth + 1);
}).map((element) => element.outerHTML.slice(0, 200))
"""

#: Texts whose contrast with what is behind them is less than 4.5 (WCAG 2, AA).
FAINT = """
(() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if (numbers(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.body.querySelectorAll("*")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) && element.localName !== "script"
  ).map((element) => {
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.outerHTML.slice(0, 120)];
  }).filter(([contrast]) => contrast < 4.5);
})()
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("make", MAKERS)
def test_every_page_fits_is_quiet_and_can_be_read(chromium, written, tmp_path, make, width, dark):
    path = written(make)
    chromium.open(path, width, dark)
    assert chromium.told() == []
    assert chromium.requests() == [path.as_uri()]
    assert chromium.run("innerWidth") == width
    assert chromium.run(WIDE) == []
    assert chromium.run(FAINT) == []
    assert chromium.run("[...document.images].every((image) => image.complete && image.naturalWidth > 300)")
    shown = chromium.run("atob(document.images[0].currentSrc.split(',')[1])")
    assert f'width="{page.NARROW if width < page.NARROW_BELOW else page.WIDE}"' in shown
    assert ("#101216" in shown) == dark
    shot = tmp_path / "shot.png"
    chromium.shot(shot)
    assert struct.unpack(">II", shot.read_bytes()[16:24])[0] == width and shot.stat().st_size > 20_000


COLUMN = """
[...document.querySelectorAll("table")[1].tBodies[0].rows].map((row) => row.cells[{place}].textContent)
"""
HEAD = "document.querySelectorAll('table')[1].tHead.rows[0].cells[{place}]"


def test_tables_sort(chromium, written):
    chromium.open(written(watched.plain))
    head, column = HEAD.format(place=5), COLUMN.format(place=0)
    lines = {"step": "app.py:42 in step", "made": "app.py:61 in thumbnail", "blend": "app.py:77 in blend"}
    assert chromium.run(column) == [lines["step"], lines["blend"], lines["made"]]
    assert chromium.run(f"{HEAD.format(place=6)}.ariaSort") == "descending"
    orders = []
    for place in (0, 0, 3, 3, 6):
        chromium.run(f"{HEAD.format(place=place)}.querySelector('button').click()")
        orders.append((chromium.run(column), chromium.run(f"{HEAD.format(place=place)}.ariaSort")))
    assert orders == [
        ([lines["step"], lines["made"], lines["blend"]], "ascending"),
        ([lines["blend"], lines["made"], lines["step"]], "descending"),
        ([lines["blend"], lines["step"], lines["made"]], "descending"),
        ([lines["made"], lines["step"], lines["blend"]], "ascending"),
        ([lines["step"], lines["blend"], lines["made"]], "descending"),
    ]
    assert chromium.run(f"{head}.ariaSort") is None
    assert chromium.run("document.querySelectorAll('[aria-sort]').length") == 2
    # With the keyboard too.
    chromium.run(f"{HEAD.format(place=0)}.querySelector('button').focus()")
    for kind in ("keyDown", "keyUp"):
        chromium.ask(
            "Input.dispatchKeyEvent",
            type=kind,
            key="Enter",
            code="Enter",
            text="\r",
            windowsVirtualKeyCode=13,
        )
    assert chromium.run(column) == [lines["step"], lines["made"], lines["blend"]]


def test_a_thousand_lines_sort_at_once_and_scroll_within(chromium, tmp_path):
    plain = watched.plain()
    row = plain["by_line"][0]
    plain["by_line"] = [{**row, "line": f"app.py:{n}", "peak": n * 7919 % 1000} for n in range(1000)]
    page.write(Document(plain), tmp_path / "many.html")
    chromium.open(tmp_path / "many.html", 390)
    assert chromium.run(WIDE) == []
    assert chromium.run("document.documentElement.scrollHeight") < 6_000
    chromium.run(f"{HEAD.format(place=6)}.querySelector('button').click()")
    shown = chromium.run(COLUMN.format(place=6))
    assert shown[:2] == ["0 B", "1 B"] and len(shown) == 1000


def test_without_scripts_all_is_there(chromium, written):
    chromium.open(written(watched.plain), script=False)
    assert chromium.run("document.querySelectorAll('button').length") == 0
    assert chromium.run("document.querySelectorAll('tbody tr').length") == 6
    chromium.run("document.querySelector('summary').click()")
    assert chromium.run("document.querySelector('details p').checkVisibility()")


def test_what_slips_by_is_not_run(chromium, tmp_path):
    text = page.render(Document(watched.plain()))
    script = '<script>document.title = "run"</script><img src="https://example.org/a.png" onerror="document.title=1">'
    path = tmp_path / "slipped.html"
    path.write_text(text.replace("<footer>", f"{script}<footer>"))
    chromium.open(path)
    assert chromium.run("document.title") == "app.py --title 'two words' 23 · drypoint watch"
    assert sum("Content Security Policy" in told for told in chromium.told()) >= 2


def test_it_prints(chromium, written, tmp_path):
    chromium.open(written(watched.plain), dark=True)
    chromium.pdf(tmp_path / "run.pdf")
    printed = (tmp_path / "run.pdf").read_bytes()
    assert printed.startswith(b"%PDF") and 1 <= len(re.findall(rb"/Type /Page\b", printed)) <= 4
