"""Pixels of figures and images count for collection by bytes, and what counted is taken back to the last byte."""

from __future__ import annotations

import gc
import io

import drypoint as dp
import pytest
from child import run_child
from drypoint import _core
from drypoint._lifetime import constructions

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402


class Told:
    """All that is told to the core, added up on the way."""

    def __init__(self):
        self.bytes = 0
        self.most = 0

    def __call__(self, change):
        self.bytes += change
        self.most = max(self.most, self.bytes)


@pytest.fixture
def told(monkeypatch):
    plt.close("all")
    gc.collect()
    constructions.watch()
    counted, note = Told(), _core.note_native

    def note_native(change):
        counted(change)
        note(change)

    monkeypatch.setattr(_core, "note_native", note_native)
    yield counted
    plt.close("all")
    gc.collect()
    constructions.unwatch()


def test_figures_count_from_their_making_to_their_end(told):
    fig = Figure(figsize=(10, 10), dpi=100)
    assert told.bytes == 1000 * 1000 * 8
    other = plt.figure(figsize=(1, 1), dpi=100)
    assert told.bytes == 1000 * 1000 * 8 + 100 * 100 * 8
    del fig
    gc.collect()
    assert told.bytes == 100 * 100 * 8
    plt.close(other)
    del other
    gc.collect()
    assert told.bytes == 0


def test_a_new_size_counts_when_it_is_drawn(told):
    fig = Figure(figsize=(1, 1), dpi=100)
    fig.set_size_inches(2, 2)
    fig.savefig(io.BytesIO(), dpi="figure")
    assert told.bytes == 200 * 200 * 8
    fig.set_size_inches(0.5, 0.5)
    fig.savefig(io.BytesIO(), dpi="figure")
    assert told.bytes == 50 * 50 * 8
    fig.savefig(io.BytesIO(), dpi=400)
    assert told.bytes == 50 * 50 * 8, "saved through a canvas that is gone"
    del fig
    gc.collect()
    assert told.bytes == 0


def test_a_canvas_keeps_the_pixels_that_were_saved(told):
    fig = plt.figure(figsize=(1, 1), dpi=100)
    fig.savefig(io.BytesIO(), dpi=400)
    assert told.bytes == 400 * 400 * 8
    fig.canvas.draw()
    fig.savefig(io.BytesIO(), dpi=100)
    assert told.bytes == 100 * 100 * 8
    plt.close(fig)
    del fig
    gc.collect()
    assert told.bytes == 0


@pytest.mark.parametrize("end", ["scope", "dp.close"])
def test_a_closed_figure_counts_no_more_though_somebody_sees_it(told, end):
    with dp.scope():
        fig = plt.figure(figsize=(10, 10), dpi=100)
        assert told.bytes == 1000 * 1000 * 8
        if end == "dp.close":
            dp.close(fig)
            assert told.bytes == 0
    assert told.bytes == 0
    with pytest.raises(dp.FigureClosed):
        fig.savefig(io.BytesIO())
    del fig
    gc.collect()
    assert told.bytes == 0


def test_copies_of_figures_count_as_figures_do(told):
    import pickle

    fig = Figure(figsize=(1, 1), dpi=100)
    copy = pickle.loads(pickle.dumps(fig))
    assert told.bytes == 2 * 100 * 100 * 8
    del fig, copy
    gc.collect()
    assert told.bytes == 0


LATER = """
import gc
import drypoint as dp
from drypoint import _core
from matplotlib.figure import Figure
told, note = [], _core.note_native
_core.note_native = lambda change: (told.append(change), note(change))
with dp.manage():
    fig = Figure(figsize=(1, 1), dpi=100)
unseen = Figure()
between = list(told)
del fig, unseen
gc.collect()
result = [between, told]
"""


def test_what_was_made_while_managed_is_taken_back_later():
    assert run_child(LATER).result == [[80_000], [80_000, -80_000]]


@pytest.fixture
def pillow():
    image = pytest.importorskip("PIL.Image")
    if not isinstance(image.Image.__dict__.get("im"), property):
        pytest.skip("this Pillow has its pixels where they cannot be watched")
    return image


def test_images_count_while_they_have_pixels(told, pillow):
    image = pillow.new("RGB", (500, 400))
    assert told.bytes == 500 * 400 * 4
    grey = image.convert("L")
    assert told.bytes == 500 * 400 * 5
    image.thumbnail((250, 400))
    assert told.bytes == 250 * 200 * 4 + 500 * 400
    grey.close()
    assert told.bytes == 250 * 200 * 4
    image = grey = None
    assert told.bytes == 0


def test_files_count_once_they_are_read(told, pillow, tmp_path):
    pillow.new("RGB", (500, 400), "red").save(tmp_path / "red.png")
    assert told.bytes == 0
    with pillow.open(tmp_path / "red.png") as image:
        assert told.bytes == 0
        image.load()
        assert told.bytes == 500 * 400 * 4
        assert image.getpixel((0, 0)) == (255, 0, 0)
    image.close()
    assert told.bytes == 0


def test_small_images_are_not_told_of(told, pillow):
    icons = [pillow.new("RGBA", (64, 64)) for _ in range(10)]
    assert len(icons) == 10 and told.most == 0


RESTORED = """
import drypoint as dp
from PIL import Image
def now():
    return [Image.Image.__dict__[name] for name in ("im", "close", "__init__")]
before = now()
with dp.manage():
    during = now()
result = [now() == before, [a is not b for a, b in zip(before, during)]]
"""


def test_pillow_is_as_before_when_nobody_watches(pillow):
    assert run_child(RESTORED).result == [True, [True, True, True]]


CYCLES = """
import gc, weakref
import drypoint as dp
from drypoint import _core
{made}
class Page:
    def __init__(self):
        self.me = self
        self.held = make()
gc.collect()
gc.set_threshold(10**9)  # on, but never for the number of objects
managed = dp.manage(collect={collect})
pages, most = [], 0
for turn in range(40):
    pages.append(weakref.ref(Page()))
    most = max(most, sum(page() is not None for page in pages))
collections = _core.collections()
gc.collect()
result = most, collections["scheduled"] + collections["overdue"], sum(page() is not None for page in pages)
"""
FIGURES = "from matplotlib.figure import Figure\nmake = lambda: Figure(figsize=(10, 6.25), dpi=100)"
IMAGES = "from PIL import Image\nmake = lambda: Image.new('RGBA', (1000, 1250))"


@pytest.mark.parametrize("made", [FIGURES, IMAGES], ids=["figures", "images"])
def test_pixels_in_cycles_call_for_collections(made, request):
    if made == IMAGES:
        request.getfixturevalue("pillow")
    most, collections, left = run_child(CYCLES.format(made=made, collect="'16MB'")).result
    assert collections >= 40 // 10 and most <= 10, "five megabytes each: three or four make sixteen"
    assert left == 0
    most, collections, left = run_child(CYCLES.format(made=made, collect=False)).result
    assert (most, collections) == (40, 0), "the control: nothing else would collect them"
