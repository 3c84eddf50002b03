"""Whole programs with one defect each: what a turn of `dp.each` cures, what it cannot, and what it must leave alone.

Each program runs in a process of its own, once as it stands and once over `dp.each`; the number that the defect makes
grow is read from the system. A program without the cure has to show its defect, or the cure would prove nothing.
"""

from __future__ import annotations

import pytest
from child import MB, run_child

HEAD = """
import os, sys, tempfile, gc
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
def files():
    return len(os.listdir("/proc/self/fd"))
def turns(count):
    if not CURED:
        return range(count)
    import drypoint as dp
    return dp.each(range(count))
folder = tempfile.mkdtemp()
"""


def grown(program: str, cured: bool) -> float:
    """What the program's own measure grew by."""
    child = run_child(f"CURED = {cured}\n{HEAD}{program}")
    assert isinstance(child.result, int | float)
    return child.result


POSTERS = """
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot as plt, numpy as np
plt.rcParams["figure.max_open_warning"] = 0
def poster(number):
    fig, ax = plt.subplots(figsize=(5, 4))
    ax.plot(np.arange(60_000.0) * number)
    fig.savefig(os.devnull, format="png")
    return fig
"""
FORGOTTEN = """
for turn in turns(28):
    poster(turn)
    if turn == 7: before = resident()
result = resident() - before
"""
COLLECTOR_OFF = """
from matplotlib.figure import Figure
gc.disable()
for turn in turns(28):
    fig = Figure(figsize=(5, 4))
    fig.subplots().plot(np.arange(60_000.0) * turn)
    fig.savefig(os.devnull, format="png")
    if turn == 7: before = resident()
result = resident() - before
"""
KEPT_IN_A_LIST = """
wall = []
for turn in turns(28):
    wall.append(poster(turn))
    if turn == 7: before = resident()
result = resident() - before
"""
LAZY_IMAGES = """
from PIL import Image
path = os.path.join(folder, "stamp.png")
Image.new("L", (64, 64)).save(path)
before, album = files(), []
for turn in turns(20):
    album.append(Image.open(path))
result = files() - before
"""
MAPS = """
import numpy as np
path = os.path.join(folder, "plate.dat")
np.zeros(500_000).tofile(path)
before, plates = files(), []
for turn in turns(20):
    plates.append(np.memmap(path, dtype=np.float64, mode="r+"))
with open("/proc/self/maps") as file:
    result = sum("plate.dat" in line for line in file)
"""
ARCHIVES = """
import numpy as np
path = os.path.join(folder, "proofs.npz")
np.savez(path, ink=np.arange(10))
before, kept = files(), []
for turn in turns(20):
    kept.append(np.load(path)); kept[-1]["ink"]
result = files() - before
"""
CAPTURES = """
import cv2, numpy as np
path = os.path.join(folder, "clip.avi")
writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
for _ in range(4): writer.write(np.zeros((48, 64, 3), np.uint8))
writer.release()
before, kept = files(), []
for turn in turns(12):
    kept.append(cv2.VideoCapture(path)); kept[-1].read()
result = files() - before
"""

MEASURED_IN_MB = {"forgotten": FORGOTTEN, "collector off": COLLECTOR_OFF, "kept in a list": KEPT_IN_A_LIST}
COUNTED = {"lazy images": LAZY_IMAGES, "maps": MAPS, "archives": ARCHIVES, "captures": CAPTURES}


@pytest.mark.parametrize("name", MEASURED_IN_MB)
def test_figures_that_pile_up_are_gone_after_their_turn(name: str) -> None:
    pytest.importorskip("matplotlib")
    program = POSTERS + MEASURED_IN_MB[name]
    assert grown(program, cured=False) > 25 * MB
    assert grown(program, cured=True) < 5 * MB


@pytest.mark.parametrize("name", COUNTED)
def test_handles_that_pile_up_are_closed_after_their_turn(name: str) -> None:
    for module in ("PIL", "cv2") if name in ("lazy images", "captures") else ():
        pytest.importorskip(module)
    program = COUNTED[name]
    assert grown(program, cured=False) >= 12
    assert grown(program, cured=True) == 0


def test_a_closed_segment_that_nobody_unlinked_is_unlinked_by_the_scope_that_made_it() -> None:
    program = """
from multiprocessing import shared_memory
names = []
for turn in turns(6):
    segment = shared_memory.SharedMemory(create=True, size=4096)
    names.append(segment.name)
    segment.close()
    del segment
result = sum(os.path.exists(os.path.join("/dev/shm", name)) for name in names)
for name in names:
    if os.path.exists(os.path.join("/dev/shm", name)):
        shared_memory.SharedMemory(name).unlink()
"""
    assert grown(program, cured=False) == 6
    assert grown(program, cured=True) == 0


def test_what_a_program_holds_as_plain_data_is_its_own() -> None:
    program = """
import numpy as np
shelf = []
for turn in turns(12):
    shelf.append(np.ones(1_000_000))
result = float(sum(values.sum() for values in shelf))
"""
    assert grown(program, cured=False) == grown(program, cured=True) == 12_000_000


def test_a_figure_made_before_the_loop_stays_usable_in_every_turn() -> None:
    program = (
        POSTERS
        + """
fig = poster(1)
line = fig.axes[0].lines[0]
sizes = []
for turn in turns(6):
    line.set_ydata(np.arange(60_000.0) * turn)
    path = os.path.join(folder, f"{turn}.png")
    fig.savefig(path)
    sizes.append(os.path.getsize(path))
result = float(min(sizes))
"""
    )
    pytest.importorskip("matplotlib")
    assert grown(program, cured=True) == grown(program, cured=False) > 1000
