"""The gallery: each picture can be made, is shown with its code, and every option has one."""

import ast
import inspect
import io
import sys
from pathlib import Path

import drypoint as dp
import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"
SOURCE = (FOLDER / "pictures.py").read_text(encoding="utf-8")
NAMES = [node.name for node in ast.parse(SOURCE).body if isinstance(node, ast.FunctionDef)]


@pytest.fixture(scope="module")
def pictures():
    sys.path.insert(0, str(FOLDER))
    try:
        import pictures

        yield pictures
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("pictures", "data"):
            sys.modules.pop(name, None)


@pytest.mark.parametrize("name", NAMES)
def test_each_picture_is_the_one_that_is_shown(pictures, name):
    pillow = pytest.importorskip("PIL.Image")
    numpy = pytest.importorskip("numpy")
    if name == "zones":
        pytest.importorskip("pyarrow")
    buffer = io.BytesIO()
    with getattr(pictures, name)() as drawn:
        drawn.save(buffer)
    pair = [pillow.open(file).convert("RGBA") for file in (buffer, FOLDER / f"{name}.png")]
    assert pair[0].size == pair[1].size
    # A stream whose ranges are found on the way is drawn to within a pixel, and sines of other machines differ in their
    # last bit: dots are compared by fours.
    made, shown = (numpy.asarray(picture.reduce(4)).astype(int) for picture in pair)
    assert numpy.abs(made - shown).mean() < 1


def test_the_page_shows_all_of_them():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("![")] == [
        f"![{ast.get_docstring(node).partition(chr(10))[0]}]({node.name}.png)"
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.FunctionDef)
    ]
    assert page.count("In a budget of 32MB") == len(NAMES)
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 3e6


def test_every_option_has_a_picture():
    used = {
        keyword.arg
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    }
    used |= {
        node.func.attr
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.Call) and hasattr(node.func, "attr")
    }
    running = {"self", "threads", "exact", "progress", "memory", "scale"}
    for documented in (
        dp.Figure,
        dp.draw,
        dp.Figure.axes,
        dp.Figure.points,
        dp.Figure.raster,
        dp.Axes.twin,
        dp.Figure.hline,
    ):
        positional = {"source", "x", "y", "array", "row", "column"}
        missing = set(inspect.signature(documented).parameters) - used - running - positional
        assert not missing, (documented, missing)
    marks = {name for name in vars(dp.Figure) | vars(dp.Axes) if not name.startswith("_")}
    assert {"band", "arrow", "text", "hline", "vline", "twin"} <= used | marks
