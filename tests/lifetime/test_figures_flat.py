"""Programs that draw figures in turns, from outside: flat lines where plain Matplotlib climbs."""

from __future__ import annotations

import pytest
from child import MB, run_child

pytest.importorskip("matplotlib")

TURNS = 24

PROGRAM = """
import gc, io, tempfile
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
from matplotlib import animation
from matplotlib.figure import Figure
import numpy as np
import drypoint as dp
from drypoint import _core

data = np.random.default_rng(0).random((1000, 1000))
line = np.random.default_rng(0).random(1_000_000).cumsum()
folder = tempfile.mkdtemp()
resident = []

def image(fig, ax, turn):
    ax.imshow(data)
    fig.savefig(io.BytesIO(), format="{format}")

def lines(fig, ax, turn):
    ax.plot(line)
    fig.savefig(io.BytesIO(), format="{format}")

def movie(fig, ax, turn):
    shown = ax.imshow(data)
    anim = animation.FuncAnimation(fig, lambda frame: shown.set_data(data * frame), frames=3)
    anim.save(folder + "/a.gif", writer="pillow", dpi=50)
    fig.canvas.draw()

def looked(turn):
    resident.append(_core.resident_bytes())

{setting}
{loop}
result = {{"resident": resident}}
"""

PYPLOT = "fig, ax = plt.subplots(figsize=(19.2, 10.8))"
BARE = "fig = Figure(figsize=(19.2, 10.8)); ax = fig.subplots()"

LOOP = """
for turn in {turns}:
    {make}
    {draw}(fig, ax, turn)
    {end}
    looked(turn)
"""

WATCHED = """
from drypoint._lifetime import constructions
constructions.watch()
"""


def run(make=PYPLOT, draw="image", end="", each=True, setting="", turns=TURNS):
    numbers = f"range({turns})"
    loop = LOOP.format(turns=f"dp.each({numbers})" if each else numbers, make=make, draw=draw, end=end)
    child = run_child(PROGRAM.format(loop=loop, setting=setting, format="rgba"))
    assert child.stderr == ""
    resident = child.result["resident"]
    assert len(resident) == turns
    # The least of some turns: now and then one ends before the C library gave back the 10 MB that it has just freed.
    some, early = max(2, turns // 6), turns // 4
    return child.peak_resident, min(resident[early : early + some]), min(resident[-some:])


def is_flat(peak, early, last):
    return last - early < 10 * MB


@pytest.fixture(scope="module")
def plain():
    """A loop with `plt.close`, without Drypoint: it grows with its turns, which a flat one does not."""
    return run(end="plt.close(fig)", each=False, turns=60)


@pytest.mark.parametrize(
    ("make", "draw", "end"),
    [
        (PYPLOT, "image", ""),
        (PYPLOT, "image", "plt.close(fig)"),
        (BARE, "image", ""),
        (PYPLOT, "movie", ""),
    ],
    ids=["never closed", "plt.close", "Figure() dropped", "movie"],
)
@pytest.mark.parametrize("setting", ["", "gc.disable()"], ids=["collector on", "collector off"])
def test_turns_of_each_are_flat(make, draw, end, setting, plain):
    peak, early, last = run(make, draw, end, setting=setting)
    assert is_flat(peak, early, last)
    if draw == "image":  # the plain loop draws images, and no movie
        assert peak < 0.6 * plain[0]


def test_long_lines_are_flat():
    assert is_flat(*run(draw="lines", turns=12))


@pytest.mark.parametrize(
    ("make", "end"), [(PYPLOT, "plt.close(fig)"), (BARE, "")], ids=["plt.close", "Figure() dropped"]
)
def test_dropped_figures_go_without_a_scope(make, end, plain):
    peak, early, last = run(make, end=end, each=False, setting=WATCHED + "gc.disable()")
    assert is_flat(peak, early, last)
    assert peak < 0.6 * plain[0]


def test_a_limit_closes_figures_that_are_never_closed():
    rule = (
        "import drypoint._lifetime.open_figures as open_figures\nopen_figures.FigureRule('60MB').install()\n"
    )
    peak, early, last = run(end="fig = ax = None", each=False, setting=WATCHED + rule)
    assert is_flat(peak, early, last)


def test_without_any_of_it_they_climb():
    """The control: what the others promise is not so by itself."""
    _, early, last = run(each=False, turns=20, end="fig = ax = None")
    assert last - early > 100 * MB


def test_threads_each_with_a_loop_are_flat():
    program = PROGRAM.format(
        format="rgba",
        setting="""
from threading import Thread
errors = []
def work():
    try:
        for turn in dp.each(range(12)):
            fig = Figure(figsize=(9.6, 5.4)); ax = fig.subplots()
            image(fig, ax, turn)
            looked(turn)
    except BaseException as error:
        errors.append(repr(error))
""",
        loop="""
threads = [Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
""",
    ).replace('"resident": resident', '"resident": resident, "errors": errors')
    child = run_child(program)
    assert child.result["errors"] == [] and child.stderr == ""
    resident = child.result["resident"]
    assert len(resident) == 8 * 12
    assert max(resident[48:]) - max(resident[:48]) < 20 * MB


def test_release_gives_back_what_the_c_library_keeps():
    child = run_child(
        PROGRAM.format(
            format="rgba",
            setting="",
            loop="""
for turn in range(10):
    fig, ax = plt.subplots(figsize=(19.2, 10.8))
    image(fig, ax, turn)
    plt.close(fig)
fig = ax = None
before = _core.resident_bytes()
told = dp.release()
resident = [before, told, _core.resident_bytes()]
""",
        )
    )
    before, told, after = child.result["resident"]
    assert told > 20 * MB
    assert abs((before - after) - told) < 5 * MB
