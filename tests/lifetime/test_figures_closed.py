"""What a scope closes of Matplotlib: every construct is drawn, left to its scope while its locals are held, and gone."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import weakref

import drypoint as dp
import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

import matplotlib.pyplot as plt  # noqa: E402
from matplotlib import animation, widgets  # noqa: E402
from matplotlib.backend_bases import FigureCanvasBase  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

RANDOM = np.random.default_rng(0)


class Weighty:
    """Something of the program's own that a figure leads to."""

    def __init__(self):
        self.pixels = np.zeros(1000)

    def __call__(self, *event):
        return self.pixels


def image():
    fig, ax = plt.subplots()
    return fig, ax.imshow(RANDOM.random((50, 50)))


def colorbar():
    fig, ax = plt.subplots()
    shown = ax.imshow(RANDOM.random((50, 50)), cmap="magma")
    bar = fig.colorbar(shown, label="counts")
    return fig, bar, shown


def shared_norm():
    norm = matplotlib.colors.LogNorm(1, 10)
    fig, axs = plt.subplots(1, 2)
    return fig, [ax.pcolormesh(RANDOM.random((5, 5)) + 1, norm=norm) for ax in axs], norm


def lines_and_legend():
    fig, ax = plt.subplots()
    lines = ax.plot(RANDOM.random((1000, 2)), label="x")
    return fig, lines, ax.legend(), fig.legend()


def twins():
    fig, ax = plt.subplots()
    return fig, ax.twinx(), ax.twiny(), ax.secondary_xaxis("top")


def constrained():
    fig = plt.figure(layout="constrained")
    axs = fig.subplots(2, 3, sharex=True, sharey="row")
    fig.suptitle(r"$\alpha^2 + \frac{1}{2}$")
    return fig, axs


def tight():
    fig, axs = plt.subplots(2, 2, tight_layout=True)
    return fig, axs, fig.get_layout_engine()


def mosaic():
    fig = plt.figure()
    return fig, fig.subplot_mosaic("AB;CC")


def subfigures():
    fig = plt.figure()
    left, right = fig.subfigures(1, 2)
    return fig, left.subplots(2, 1), right.subplots()


def bars_and_errors():
    fig, ax = plt.subplots()
    return (
        fig,
        ax.bar([1, 2], [3, 4]),
        ax.errorbar([1, 2], [3, 4], yerr=1),
        ax.stem([1, 2]),
        ax.hist(np.arange(9)),
    )


def statistics():
    fig, ax = plt.subplots()
    return fig, ax.boxplot([1, 2, 3]), ax.violinplot([1, 2, 3]), ax.pie([1, 2])


def contours():
    fig, ax = plt.subplots()
    grid = RANDOM.random((9, 9))
    shown = ax.contour(grid)
    return fig, shown, ax.contourf(grid), ax.clabel(shown)


def fields():
    fig, ax = plt.subplots()
    y, x = np.mgrid[0:5, 0:5].astype(float)
    arrows = ax.quiver(x, y, x, y)
    return fig, arrows, ax.quiverkey(arrows, 0.5, 0.5, 1, "1"), ax.streamplot(x, y, x + 1, y + 1)


def annotations():
    fig, ax = plt.subplots()
    note = ax.annotate("here", (0.1, 0.1), (0.5, 0.5), arrowprops={"arrowstyle": "->"})
    return fig, note, ax.table([["1", "2"]]), ax.text(0.5, 0.5, "$x^2$", bbox={}), ax.axhspan(0, 1)


def inset():
    fig, ax = plt.subplots()
    inner = ax.inset_axes([0.5, 0.5, 0.4, 0.4])
    return fig, inner, ax.indicate_inset_zoom(inner)


def polar():
    fig, ax = plt.subplots(subplot_kw={"projection": "polar"})
    return fig, ax.plot([1, 2], [3, 4])


def three_dimensions():
    fig = plt.figure()
    ax = fig.add_subplot(projection="3d")
    return fig, ax.plot_surface(*np.mgrid[0:5, 0:5], RANDOM.random((5, 5)))


def dates():
    fig, ax = plt.subplots()
    shown = ax.plot(np.arange("2020-01-01", "2020-03-01", dtype="datetime64[D]"), np.arange(60))
    fig.autofmt_xdate()
    return fig, shown, ax.xaxis.get_major_locator(), ax.xaxis.get_major_formatter()


def interactive():
    fig, ax = plt.subplots()
    helper = Weighty()
    helper.figure = fig
    fig.helper = helper
    fig.canvas.mpl_connect("draw_event", helper)
    fig.canvas.mpl_connect("button_press_event", lambda event: (fig, ax, helper))
    ax.callbacks.connect("xlim_changed", lambda axes: helper)
    ax.format_coord = lambda x, y: str((x, y, helper))
    return fig, helper


def controls():
    fig, ax = plt.subplots()
    slider = widgets.Slider(fig.add_axes([0.1, 0.1, 0.3, 0.1]), "size", 0, 1)
    slider.on_changed(lambda value: ax.set_title(str(value)))
    return (
        fig,
        slider,
        widgets.Button(fig.add_axes([0.1, 0.3, 0.3, 0.1]), "go"),
        widgets.RectangleSelector(ax, lambda *_: fig),
        widgets.CheckButtons(fig.add_axes([0.5, 0.3, 0.3, 0.1]), ["a", "b"]),
    )


def restored_from_pickle():
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    return fig, pickle.loads(pickle.dumps(fig))


def copied():
    fig = Figure()
    fig.subplots().plot([1, 2])
    return fig, copy.deepcopy(fig)


def without_pyplot():
    fig = Figure()
    return fig, fig.subplots().imshow(RANDOM.random((9, 9)))


def closed_by_the_program():
    fig, ax = plt.subplots()
    fig.canvas.draw()
    plt.close(fig)
    return fig, ax


def cleared():
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    ax.cla()
    del ax
    fig.clf()
    return fig, fig.subplots()


def blitted():
    fig, ax = plt.subplots()
    fig.canvas.draw()
    return fig, fig.canvas.copy_from_bbox(ax.bbox), fig.canvas.get_renderer()


def vectors():
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    for kind in ("svg", "pdf"):
        fig.savefig(io.BytesIO(), format=kind)
    return fig, ax


def own_subclass():
    class Page(Figure):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.notes = [Weighty()]

    fig = plt.figure(FigureClass=Page)
    return fig, fig.subplots()


CONSTRUCTS = [
    image,
    colorbar,
    shared_norm,
    lines_and_legend,
    twins,
    constrained,
    tight,
    mosaic,
    subfigures,
    bars_and_errors,
    statistics,
    contours,
    fields,
    annotations,
    inset,
    polar,
    three_dimensions,
    dates,
    interactive,
    controls,
    restored_from_pickle,
    copied,
    without_pyplot,
    closed_by_the_program,
    cleared,
    blitted,
    vectors,
    own_subclass,
]


@pytest.fixture(autouse=True)
def collector_off():
    plt.close("all")
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    plt.close("all")


def weigh(fig):
    """Weak references to the arrays, transforms and renderers of a figure: what should be gone."""
    found = [weakref.ref(fig.canvas.get_renderer())] if hasattr(fig.canvas, "get_renderer") else []
    for ax in fig.axes:
        found += [weakref.ref(ax.transData), weakref.ref(ax.viewLim), weakref.ref(ax.patch)]
        for artist in ax.get_children():
            found += [weakref.ref(value) for value in vars(artist).values() if isinstance(value, np.ndarray)]
    return found


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda construct: construct.__name__)
@pytest.mark.filterwarnings("error", "ignore::DeprecationWarning")  # old releases with new dependencies
def test_what_is_held_is_emptied_and_the_rest_is_freed(construct, capfd):
    construct()  # caches, and class attributes that are set once
    plt.close("all")
    gc.collect()
    with dp.scope() as scope:
        held = construct()
        fig = held[0]
        fig.canvas.draw()
        gone = weigh(fig)
    assert plt.get_fignums() == []
    assert scope.report()["closed"]["Figure"] == scope.report()["made"]["Figure"] >= 1
    kept = [one for one in (weak() for weak in gone) if one is not None]
    del one_is_held_by_the_program(held)[:]
    assert len(kept) <= sum(type(one).__name__ == "RendererAgg" for one in kept if construct is blitted)
    with pytest.raises(dp.FigureClosed, match=r"scope\.keep\(figure\)"):
        fig.savefig(io.BytesIO())
    del held, fig, kept
    assert gc.collect() < 100  # objects in cycles: nothing of the size of a figure, which has thousands
    assert capfd.readouterr().err == ""


def one_is_held_by_the_program(held):
    """A list to delete from: the locals above hold the figure, not this."""
    return [held]


def test_without_a_scope_the_same_figure_stays():
    """The control: these programs leak until the collector runs."""
    fig, shown = image()
    fig.canvas.draw()
    gone = weigh(fig)
    plt.close(fig)
    del fig, shown
    assert any(weak() is not None for weak in gone)
    assert gc.collect() > 500


def test_a_kept_figure_is_whole():
    with dp.scope() as outer:
        with dp.scope() as scope:
            fig, ax = plt.subplots()
            scope.keep(ax)
            other, _ = plt.subplots()
        assert scope.report()["kept"] == {"Figure": 1}
        fig.savefig(io.BytesIO())
        with pytest.raises(dp.ClosedError):
            other.savefig(io.BytesIO())
    with pytest.raises(dp.ClosedError):
        fig.savefig(io.BytesIO())
    assert outer.report()["closed"] == {"Figure": 2}


def test_what_is_left_is_harmless():
    with dp.scope():
        fig, ax = plt.subplots()
        weak = weakref.ref(fig)
    assert isinstance(fig, Figure) and isinstance(ax, matplotlib.axes.Axes)
    assert repr(fig) == "<closed Figure>" and str(ax) == "<closed Axes>"
    assert fig == fig and fig != ax and {fig: 1}[fig] == 1 and dir(fig) == []
    assert not hasattr(fig, "savefig") and weak() is fig
    plt.close(fig)
    for use in (
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        lambda shell: shell.plot([1]),
        lambda shell: setattr(shell, "dpi", 3),
    ):
        for shell in (fig, ax):
            with pytest.raises(dp.FigureClosed):
                use(shell)
    del shell
    del fig
    assert weak() is None


def test_what_is_shared_with_others_stays():
    cmap = matplotlib.colors.ListedColormap(["red", "blue"])
    norm = matplotlib.colors.Normalize(0, 1)
    other, other_ax = plt.subplots()
    other_ax.imshow(np.eye(3), cmap=cmap, norm=norm)
    data = np.eye(3)
    with dp.scope():
        fig, ax = plt.subplots()
        ax.imshow(data, cmap=cmap, norm=norm)
        fig.colorbar(ax.images[0])
        fig.canvas.draw()
    assert norm(0.5) == 0.5 and cmap(0)[:3] == (1, 0, 0) and data.sum() == 3
    norm.vmax = 2  # tells the image that is still there
    other.savefig(io.BytesIO())


def test_shared_axes_across_figures():
    first, first_ax = plt.subplots()
    with dp.scope():
        fig = plt.figure()
        ax = fig.add_subplot(sharex=first_ax)
        ax.plot([1, 2])
        fig.canvas.draw()
    first_ax.plot([1, 20])
    first.canvas.draw()
    with pytest.raises(dp.FigureClosed):
        ax.plot([1])


def test_axes_that_another_figure_draws_with_are_left():
    with dp.scope() as scope:
        first, first_ax = plt.subplots()
        other = scope.keep(plt.figure())
        ax = other.add_subplot(sharex=first_ax)
        ax.plot([1, 2])
    (left,) = scope.report()["alive"]
    assert "shared with Figure" in left["reason"]
    other.savefig(io.BytesIO())
    first.savefig(io.BytesIO())


def test_a_handle_that_is_shared_between_figures_stays():
    proxy = matplotlib.lines.Line2D([], [], color="red", label="shared")
    for _ in dp.each(range(3)):
        fig, ax = plt.subplots()
        ax.legend(handles=[proxy])
        fig.canvas.draw()
    assert proxy.get_color() == "red"


def test_the_error_names_the_scope():
    with dp.scope("monthly report"):
        fig, ax = plt.subplots()
    with pytest.raises(
        dp.FigureClosed, match=r"savefig: Figure .* closed at the end of scope 'monthly report'"
    ):
        fig.savefig(io.BytesIO())
    with pytest.raises(dp.FigureClosed, match=r"plot: the figure of this Axes .* closed"):
        ax.plot([1])


def test_a_window_is_left_to_its_toolkit(monkeypatch):
    """Stands for a canvas of Qt: its toolkit may draw the figure once more, so it stays whole while it is held."""
    monkeypatch.setattr(FigureCanvasBase, "required_interactive_framework", "qt")
    with dp.scope():
        fig = Figure()
    fig.savefig(io.BytesIO())
    with dp.scope():
        dropped = Figure()
        weak = weakref.ref(dropped)
        del dropped
    assert weak() is None


def test_an_animation_of_a_figure_that_was_closed_before_it():
    with dp.scope() as outer:
        with dp.scope():
            fig, ax = plt.subplots()
            anim = outer.keep(
                animation.FuncAnimation(fig, lambda frame: [], frames=2, cache_frame_data=False)
            )
            anim._draw_was_started = True
        del ax
    assert vars(anim)["event_source"] is None


def test_saved_after_the_exception():
    with pytest.raises(ZeroDivisionError), dp.scope():
        fig, ax = plt.subplots()
        ax.plot([1 / 0])
    assert plt.get_fignums() == []
    with pytest.raises(dp.FigureClosed):
        fig.canvas  # noqa: B018


def movie(fig, ax, frames=4, **options):
    shown = ax.imshow(np.zeros((9, 9)))

    def draw(frame):
        shown.set_data(np.full((9, 9), frame))
        return [shown]

    return animation.FuncAnimation(fig, draw, frames=frames, **options)


@pytest.mark.filterwarnings("error", "ignore::DeprecationWarning")
def test_animations(tmp_path, capfd):
    def frames():
        try:
            yield from range(100)
        finally:
            ended.append(True)

    ended = []
    with dp.scope() as scope:
        fig, ax = plt.subplots()
        anim = movie(fig, ax, frames=frames, save_count=5, cache_frame_data=True)
        anim.save(tmp_path / "a.gif", writer="pillow")
        still = movie(*plt.subplots(), blit=True)
        still.save(tmp_path / "b.gif", writer="pillow")
        artists = animation.ArtistAnimation(fig, [ax.plot([1, 2]) for _ in range(3)])
        artists.save(tmp_path / "c.gif", writer="pillow")
        held = weakref.ref(fig.canvas.get_renderer())
    assert (tmp_path / "a.gif").stat().st_size > 100
    assert scope.report()["closed"] == {"Animation": 3, "Figure": 2}
    assert held() is None and ended
    with pytest.raises(dp.FigureClosed):
        anim.save(tmp_path / "d.gif", writer="pillow")
    del anim, still, artists, fig, ax
    assert gc.collect() < 100
    assert capfd.readouterr().err == ""


def test_an_animation_is_kept_with_its_figure(tmp_path):
    with dp.scope() as scope:
        anim = scope.keep(movie(*plt.subplots()))
    anim.save(tmp_path / "a.gif", writer="pillow")
    assert (tmp_path / "a.gif").exists()


def test_a_writer_that_was_not_finished(tmp_path):
    with dp.scope():
        fig, _ = plt.subplots()
        writer = animation.PillowWriter(fps=5)
        writer.setup(fig, tmp_path / "a.gif")
        writer.grab_frame()
    assert (tmp_path / "a.gif").stat().st_size > 100
    with pytest.raises(KeyError), dp.scope():
        fig, _ = plt.subplots()
        writer = animation.PillowWriter(fps=5)
        writer.setup(fig, tmp_path / "b.gif")
        writer.grab_frame()
        raise KeyError
    assert not (tmp_path / "b.gif").exists()


@pytest.fixture
def encoder(tmp_path):
    """Stands for ffmpeg: copies what it is given to the file that it is told last."""
    script = tmp_path / "encoder"
    script.write_text('#!/bin/sh\nfor last; do :; done\ncat > "$last"\n')
    script.chmod(0o755)
    with matplotlib.rc_context({"animation.ffmpeg_path": str(script)}):
        yield


def test_an_encoder_that_was_not_finished(tmp_path, encoder):
    path = tmp_path / "a.mp4"
    with dp.scope():
        fig, _ = plt.subplots()
        writer = animation.FFMpegWriter()
        writer.setup(fig, path)
        writer.grab_frame()
    assert writer._proc.returncode == 0 and path.stat().st_size == 640 * 480 * 4
    path = tmp_path / "b.mp4"
    with pytest.raises(KeyError), dp.scope():
        fig, _ = plt.subplots()
        writer = animation.FFMpegWriter()
        writer.setup(fig, path)
        writer.grab_frame()
        raise KeyError
    assert writer._proc.returncode not in (0, None) and not path.exists()


def test_a_finished_writer_is_not_finished_again(tmp_path, encoder):
    path = tmp_path / "a.mp4"
    with dp.scope() as scope:
        fig, _ = plt.subplots()
        writer = animation.FFMpegWriter()
        with writer.saving(fig, path, 100):
            writer.grab_frame()
        pillow = animation.PillowWriter(fps=5)
        with pillow.saving(fig, tmp_path / "a.gif", 100):
            pillow.grab_frame()
        stamp = (tmp_path / "a.gif").stat().st_mtime_ns
    assert (tmp_path / "a.gif").stat().st_mtime_ns == stamp
    assert scope.report()["closed"]["MovieWriter"] == 2
