"""Memory seen from outside: an artist holds no copy of its rows, and zooming does not add up."""

from __future__ import annotations

import pytest
from child import MB, run_child

SETUP = """
import gc, resource
import matplotlib; matplotlib.use("agg")
import matplotlib.pyplot as plt, numpy as np, drypoint as dp
rows = {ROWS}
rng = np.random.default_rng(1)
data = {"x": rng.normal(size=rows), "y": rng.normal(size=rows)}
fig, ax = plt.subplots(figsize=(4, 3), dpi=100)

def resident():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024

def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
"""


def test_fifty_zooms_are_flat():
    told = run_child(
        SETUP.replace("{ROWS}", "200_000")
        + """
image = dp.matplotlib.points(ax, data, "x", "y", how="linear")
bar = fig.colorbar(image)
seen = []
for turn in range(55):
    ax.set(xlim=(-5 + turn / 20, 5 - turn / 20), ylim=(-4, 4 - turn / 20))
    fig.canvas.draw()
    seen.append(resident())
result = [image.folds, max(seen[10:]) - seen[10]]
""",
        timeout=120,
    ).result
    assert told[0] == 56
    assert told[1] < 6 * MB


def test_rows_are_not_copied():
    """Two columns of 40 MB; a picture takes 4 bytes a cell and 4 a pixel, and each thread has cells of its own."""
    told = run_child(
        SETUP.replace("{ROWS}", "5_000_000")
        + """
fig.canvas.draw()
before = peak()
image = dp.matplotlib.points(ax, data, "x", "y")
fig.canvas.draw()
result = peak() - before
""",
        timeout=120,
    ).result
    assert told < 25 * MB, told


@pytest.mark.parametrize("memory", ["16MB", "64MB"])
def test_budget_of_the_fold(memory, tmp_path):
    """Files of more bytes than the budget are read within it."""
    told = run_child(
        SETUP.replace("{ROWS}", "2_000_000")
        + f"""
path = {str(tmp_path / "rows.npz")!r}
np.savez(path, **data)
del data
image = dp.matplotlib.points(ax, path, "x", "y", memory={memory!r})
fig.canvas.draw()
result = [int(image.get_array().sum()), dp.memory()["peak_reserved"]]
""",
        timeout=120,
    ).result
    assert told[0] == 2_000_000
    assert told[1] <= int(memory[:-2]) * MB, told
