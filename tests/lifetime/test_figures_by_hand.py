"""Closing by hand, figures that were dropped, and limits on how many are open."""

from __future__ import annotations

import gc
import io
import logging
import weakref
from threading import Thread

import drypoint as dp
import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402
from drypoint import _core  # noqa: E402
from drypoint._lifetime import constructions, figures, open_figures  # noqa: E402
from matplotlib.artist import Artist  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

GALLERY = []


@pytest.fixture(autouse=True)
def collector_off():
    plt.close("all")
    gc.collect()
    gc.disable()
    constructions.watch()
    yield
    constructions.unwatch()
    gc.enable()
    GALLERY.clear()
    plt.close("all")


def drawn(**options):
    fig, ax = plt.subplots(**options)
    ax.imshow(np.zeros((500, 500)))
    fig.canvas.draw()
    return fig


def test_closing_says_what_it_freed():
    fig = drawn(figsize=(10, 10))
    weak = weakref.ref(fig.canvas.get_renderer())
    closed = dp.close(fig)
    assert weak() is None
    assert closed.kind == "Figure" and closed.name == f"Figure {closed.name.split()[1]} (1000×1000)"
    assert 4_000_000 < closed.freed_bytes < 10_000_000
    assert plt.get_fignums() == []
    with pytest.raises(dp.FigureClosed, match=r"closed by dp\.close"):
        fig.savefig(io.BytesIO())
    assert dp.close(fig).already


def test_it_says_who_holds_it():
    def page():
        fig = drawn()
        GALLERY.append(fig.axes[0])
        return dp.close(fig)

    (local,) = [text for text in page().held_by if "local" in text]
    assert local.startswith("local `fig` in page() at test_figures_by_hand.py:")
    fig = drawn()
    GALLERY.append(fig)
    assert any("list `GALLERY` of module" in text for text in dp.close(fig).held_by)

    class Viewer:
        pass

    viewer = Viewer()
    viewer.figure = drawn()
    assert dp.close(viewer.figure).held_by == ["attribute `figure` of a Viewer"]
    assert dp.close(drawn()).held_by == []


def test_parts_stand_for_their_figure():
    for part in (lambda fig: fig.axes[0], lambda fig: fig.axes[0].images[0], lambda fig: fig.canvas):
        fig = drawn()
        assert dp.close(part(fig)).name.startswith("Figure ")
        with pytest.raises(dp.FigureClosed):
            fig.axes  # noqa: B018


def test_lists_and_all():
    figs = [drawn(), drawn()]
    assert [closed.kind for closed in dp.close(figs)] == ["Figure", "Figure"]
    bare = Figure()
    kept = drawn()
    closed = dp.close("all")
    assert len(closed) == 2 and plt.get_fignums() == []
    for fig in (bare, kept):
        with pytest.raises(dp.FigureClosed):
            fig.axes  # noqa: B018


def test_bad_arguments():
    for wrong in ("some", 3, None, object()):
        with pytest.raises(dp.BadArgument):
            dp.close(wrong)
    for wrong in (0, -1, True, 1.5, None, "many", "-3MB"):
        with pytest.raises(dp.BadArgument):
            open_figures.FigureRule(wrong)


def test_a_dropped_figure_goes_when_the_next_is_drawn():
    large = (20, 16)  # at 100 dots an inch
    weak = weakref.ref(plt.figure(figsize=large))
    assert weak() is not None
    plt.close("all")
    drawn().savefig(io.BytesIO())
    assert weak() is None
    bare = Figure(figsize=large)
    bare.subplots()
    weak = weakref.ref(bare)
    del bare
    drawn().savefig(io.BytesIO())
    assert weak() is None


def test_small_figures_that_were_dropped_go_when_they_are_many():
    gc.disable()
    try:
        dropped = []
        for _ in range(20):
            figure = drawn()
            dropped.append(weakref.ref(figure))
            plt.close(figure)
        del figure
        alive = sum(figure() is not None for figure in dropped)
        assert 0 < alive * 640 * 480 * 8 < 60_000_000
    finally:
        gc.enable()


def test_a_held_figure_stays_usable_after_pyplot_closed_it():
    fig = drawn()
    ax = drawn().axes[0]
    weak = weakref.ref(ax.figure)
    plt.close("all")
    for _ in range(200):
        open_figures.look(everything=True)
    fig.savefig(io.BytesIO())
    weak().savefig(io.BytesIO())
    ax.plot([1, 2])


def test_whatever_holds_it_is_found():
    def by_closure():
        fig = drawn()
        return (lambda: fig), weakref.ref(fig)

    def by_callback():
        fig = drawn()
        return fig.axes[0].get_children, weakref.ref(fig)

    def by_generator():
        def turns():
            fig = drawn()
            yield weakref.ref(fig)
            fig.savefig(io.BytesIO())
            yield None

        running = turns()
        return running, next(running)

    def by_array():
        fig, axs = plt.subplots(2, 2)
        return axs, weakref.ref(fig)

    def by_exception():
        fig = drawn()
        try:
            fig.savefig("/nowhere/at/all.png")
        except OSError as error:
            return error, weakref.ref(fig)

    for held, weak in [by_closure(), by_callback(), by_generator(), by_array(), by_exception()]:
        plt.close("all")
        open_figures.look(everything=True)
        assert weak() is not None, held
        weak().savefig(io.BytesIO())


def test_an_island_is_exact():
    """Freed at once with all that only it holds; whatever is held from outside keeps the figure, until it goes."""
    fig = drawn()
    plt.close(fig)
    weak = weakref.ref(fig)
    tick = fig.axes[0].xaxis.get_major_ticks()[0]
    del fig
    assert figures.free_if_dropped(weak) is None
    del tick
    assert figures.free_if_dropped(weak) > 1_000_000
    assert weak() is None
    assert gc.collect() < 50


def test_finalizers_and_resurrection_are_the_collectors_business():
    saved, told = [], []

    class Phoenix:
        def __del__(self):
            saved.append(self)

    def make():
        fig = drawn()
        fig.phoenix = Phoenix()
        fig.phoenix.figure = fig
        weakref.finalize(fig, told.append, "finalized")
        plt.close(fig)
        return weakref.ref(fig)

    weak = make()
    figures.free_if_dropped(weak)
    assert saved and saved[0].figure is not None
    saved.pop().figure.savefig(io.BytesIO())


def test_large_data_of_the_program_is_not_walked_through():
    rows = [[number] for number in range(400_000)]
    fig = drawn()
    fig.canvas.mpl_connect("draw_event", lambda event: rows)
    plt.close(fig)
    island = _core.Island([weakref.ref(fig)], [Artist])
    assert len(island) < 100_000
    del island
    weak = weakref.ref(fig)
    del fig
    figures.free_if_dropped(weak)
    assert weak() is None and len(rows) == 400_000


def test_claiming_what_was_not_given():
    fig = drawn()
    island = _core.Island([weakref.ref(fig)], [Artist])
    with pytest.raises(ValueError, match="did not give"):
        island.claim([fig])
    assert fig in island.visible()


def test_a_limit_in_figures(caplog):
    rule = open_figures.FigureRule(3)
    rule.install()
    rule.install()
    try:
        with caplog.at_level(logging.INFO, logger="drypoint"):
            for _ in range(8):
                plt.figure().savefig(io.BytesIO())
                assert len(plt.get_fignums()) <= 3
        numbers = plt.get_fignums()
        assert len(numbers) == 3 and plt.gcf().number == numbers[-1]
        assert len(caplog.messages) == len(rule.closed) == 5
        assert "limited to 3" in caplog.messages[0]
    finally:
        rule.remove()


def test_a_limit_in_bytes_spares_the_current_figure():
    rule = open_figures.FigureRule("20MB")
    rule.install()
    try:
        first = plt.figure(figsize=(10, 10))
        plt.figure(figsize=(10, 10))
        plt.figure(first.number)
        plt.figure(figsize=(10, 10)).savefig(io.BytesIO())
        assert plt.get_fignums()[0] == first.number and len(plt.get_fignums()) == 2
        first.savefig(io.BytesIO())
    finally:
        rule.remove()
    rule = open_figures.FigureRule("1MB")
    assert len(rule.apply()) == 1 and len(plt.get_fignums()) == 1


def test_unwatching_puts_everything_back():
    constructions.unwatch()
    while constructions.watching():
        constructions.unwatch()
    wrapped = Figure.__init__, Figure.__setstate__, matplotlib.backend_bases.FigureCanvasBase.print_figure
    constructions.watch()
    assert Figure.__init__ is not wrapped[0]
    constructions.unwatch()
    assert wrapped == (
        Figure.__init__,
        Figure.__setstate__,
        matplotlib.backend_bases.FigureCanvasBase.print_figure,
    )
    constructions.watch()


def test_threads_that_make_and_drop_figures():
    errors = []

    def work():
        try:
            for _ in range(10):
                fig = Figure()
                fig.subplots().plot([1, 2])
                fig.savefig(io.BytesIO())
        except Exception as error:
            errors.append(error)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_release():
    assert dp.release() >= 0
    assert _core.prefer_heap(True) == _core.prefer_heap(False)
