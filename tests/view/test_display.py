"""What notebooks and terminals show of every public class: small, without reading data, and after its end too."""

from __future__ import annotations

import base64
import gc
import io
import re
import sys
from html.parser import HTMLParser

import drypoint as dp
import numpy
import PIL.Image
import pytest
from drypoint._view import widget

#: More than this is not put into the file of a notebook.
MOST = 60_000


def data(count=200_000):
    rng = numpy.random.default_rng(4)
    return {
        "x": rng.normal(size=count),
        "y": rng.normal(size=count),
        "v": rng.random(count),
        "c": rng.integers(0, 4, count),
    }


def kept():
    with dp.scope("a <page>") as scope:
        pass
    return scope


#: One thing of each public class that is no error, as large as makes sense.
THINGS = {
    "Aggregate": lambda folder: dp.Canvas(900, 600).points(data(), "x", "y"),
    "Axes": lambda folder: dp.Figure(300, 200, rows=2).axes(1),
    "Batch": lambda folder: next(iter(dp.scan(data()))),
    "BufferStats": lambda folder: dp.buffer_stats(),
    "Canvas": lambda folder: dp.Canvas(900, 600, x_range=(0, 1)),
    "Categories": lambda folder: dp.category_modulo("c", 7),
    "Closed": lambda folder: dp.close(open(folder / "a", "w")),
    "CompressedArray": lambda folder: dp.compress(numpy.arange(100_000)),
    "CooArray": lambda folder: dp.CooArray(numpy.eye(1000)),
    "CsrArray": lambda folder: dp.CsrArray(numpy.eye(1000)),
    "Figure": lambda folder: dp.draw(data(2000), "x", "y", width=300, height=200),
    "Frames": lambda folder: dp.frames(numpy.zeros((5, 40, 30, 3), "uint8")),
    "Histogram": lambda folder: dp.histogram(data(), "x", bins=20),
    "Holders": lambda folder: dp.holders(folder),
    "Image": lambda folder: dp.Canvas(200, 100).points(data(2000), "x", "y").shade(),
    "Manager": lambda folder: dp.manage(budget="1GB"),
    "MemoryReport": lambda folder: dp.memory(),
    "Reduction": lambda folder: dp.by("c", dp.mean("v")),
    "Report": lambda folder: kept().report(),
    "Scope": lambda folder: kept(),
    "Snapshot": lambda folder: dp.snapshot(),
    "Source": lambda folder: dp.scan({f"column <{n}>": numpy.arange(5.0) for n in range(50)}),
    "Summary": lambda folder: dp.Canvas(300, 200).points(
        data(), "x", "y", dp.summary(n=dp.count(), any=dp.any())
    ),
    "TiledAggregate": lambda folder: dp.Canvas(2**17, 2**17).points(data(), "x", "y"),
    "Twin": lambda folder: dp.Figure(300, 200).axes().twin(),
    "View": lambda folder: dp.view(data(2000), "x", "y"),
    "ZarrArray": lambda folder: zarr(folder),
    "ZarrGroup": lambda folder: dp.open_zarr(str((zarr(folder), folder)[1])),
}


def zarr(folder):
    dp.write_zarr(folder / "a.zarr", numpy.arange(1000.0))
    (folder / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
    return dp.open_zarr(folder / "a.zarr")


class Checked(HTMLParser):
    """Every element is closed, nothing is fetched or run."""

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "link", "iframe", "style"), tag
        for name, value in attributes:
            assert not name.startswith("on")
            assert name not in ("src", "href") or value.startswith("data:image/png;base64,")
        if tag == "img":
            self.images.append(dict(attributes))
        elif tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.text += text


def shown(thing):
    """What IPython would put into a notebook: content by its type."""
    found = {"text/plain": repr(thing)}
    bundle = getattr(thing, "_repr_mimebundle_", None)
    told = bundle() if bundle is not None else {}
    found.update(told[0] if isinstance(told, tuple) else told)
    for kind, name in (("text/html", "_repr_html_"), ("image/png", "_repr_png_")):
        if kind not in found and hasattr(thing, name):
            found[kind] = getattr(thing, name)()
    return {kind: content for kind, content in found.items() if content is not None}


def test_every_public_class_has_its_thing():
    classes = {name for name in dp.__all__ if isinstance(getattr(dp, name), type)}
    errors = {name for name in classes if issubclass(getattr(dp, name), BaseException)}
    assert classes - errors == set(THINGS)


@pytest.mark.parametrize("name", sorted(THINGS))
def test_it_is_shown_small_and_twice_alike(name, tmp_path):
    thing = THINGS[name](tmp_path)
    try:
        assert type(thing).__name__ == name
        text = repr(thing)
        assert text == str(thing) and not re.search(r"object at 0x|builtins\.", text)
        assert len(text) < 200 or name in (
            "BufferStats",
            "Holders",
            "MemoryReport",
            "Report",
            "Snapshot",
            "ZarrGroup",
        )
        first = shown(thing)
        assert sum(map(len, first.values())) < MOST, {kind: len(text) for kind, text in first.items()}
        if "text/html" in first:
            page = Checked(first["text/html"])
            assert page.text.strip() and "<page>" not in first["text/html"]
            for image in page.images:
                assert image["alt"]
                picture = PIL.Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2])))
                assert max(picture.size) <= 300
        if name not in ("BufferStats", "MemoryReport"):
            again = shown(thing)
            if name != "View":  # of which a page gets an address
                assert again == first
        gc.collect()
        before = dp.memory()["reserved"]
        shown(thing)
        gc.collect()
        assert dp.memory()["reserved"] <= before  # nothing of it is kept
    finally:
        close = None if name == "Scope" else getattr(thing, "close", None)  # that one is at its end
        if close is not None:
            close()
    if close is not None:
        assert "closed" in repr(thing)
        assert all("closed" in part for part in shown(thing).values())


@pytest.mark.parametrize("reduction", [dp.mean("v"), dp.by("c"), "any", dp.max("v")], ids=str)
def test_cells_of_all_kinds_have_a_small_picture(reduction):
    aggregate = dp.Canvas(900, 600).points(data(), "x", "y", reduction)
    html = aggregate._repr_html_()
    (image,) = Checked(html).images
    assert len(html) < MOST and image["alt"]
    tiny = dp.Canvas(3, 2).points(data(100), "x", "y")
    assert Checked(tiny._repr_html_()).images


def test_images_larger_than_a_page_are_shown_small():
    image = dp.Canvas(2100, 1500).points(data(), "x", "y").shade()
    found = shown(image)
    assert "2,100 × 1,500 pixels" in Checked(found["text/html"]).text
    assert sum(map(len, found.values())) < 100_000 and "data:image/png" in found["text/html"]


def test_figures_of_a_higher_density_keep_their_size():
    with dp.Figure(300, 200, scale=2) as figure:
        assert "empty" in shown(figure)["text/plain"] and "image/png" not in figure._repr_mimebundle_()
        figure.points(data(2000), "x", "y")
        content, about = figure._repr_mimebundle_()
        assert PIL.Image.open(io.BytesIO(content["image/png"])).size == (600, 400)
        assert about["image/png"] == {"width": 300, "height": 200}


def test_sources_are_not_read_to_be_shown():
    def rows():
        raise AssertionError("it was read")
        yield

    with dp.scan(rows()) as source:
        assert "read once" in source._repr_html_() and "read once" in repr(source)


def test_cards_do_without_numpy(monkeypatch):
    aggregate = dp.Canvas(900, 600).points(data(), "x", "y", dp.mean("v"))
    counts = dp.Canvas(900, 600).points(data(), "x", "y")
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert Checked(counts._repr_html_()).images
    assert "mean('v')" in Checked(aggregate._repr_html_()).text


def test_a_view_without_anywidget_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    widget._kinds.clear()
    with dp.view(data(2000), "x", "y") as view:
        assert "pip install drypoint[notebook]" in shown(view)["text/html"]
        with pytest.raises(ImportError, match=r"drypoint\[notebook\]"):
            _ = view.widget
