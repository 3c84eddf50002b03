"""What tiles take, measured from outside, and that they give way."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")

_POINTS = """
import drypoint as dp, numpy as np
def points(rows, seed, spread=0.002):
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).uniform(0.1, 0.9, (12, 2))
    which = rng.integers(0, 12, rows)
    return {
        "x": (centres[which, 0] + rng.normal(0, spread, rows)).astype("f4"),
        "y": (centres[which, 1] + rng.normal(0, spread, rows)).astype("f4"),
    }
def stream(rows, parts, spread=0.002):
    for seed in range(parts):
        yield points(rows // parts, seed, spread)
ranges = {"x_range": (0, 1), "y_range": (0, 1)}
"""


@pytest.fixture(scope="module")
def idle(child):
    return child.run_child(_POINTS + "held = points(100_000, 0); result = 1").peak_resident


@pytest.fixture(scope="module")
def child():
    from memory import child

    return child


def test_a_vast_canvas_of_clusters_stays_small(child, idle):
    run = child.run_child(
        _POINTS
        + """
aggregate = dp.Canvas(20_000, 20_000, **ranges).points(stream(2_000_000, 20), "x", "y")
drawn = int(np.asarray(aggregate.zoom()).sum())
result = [aggregate.nbytes, aggregate.nbytes_dense, aggregate.tiles, drawn, aggregate.skipped]
"""
    )
    nbytes, dense, tiles, drawn, skipped = run.result
    assert dense == 1_600_000_000
    assert drawn + skipped == 2_000_000
    assert nbytes < 12_000_000
    assert run.peak_resident - idle < 40_000_000, (run.peak_resident, idle, tiles)


def test_ten_budgets_are_drawn_and_held_in_one(child, idle):
    """Points everywhere: nothing to leave out, so tiles are packed and go to disk. The counts are right in the end."""
    run = child.run_child(
        _POINTS
        + """
dp.set_budget("4MB")
def everywhere():
    for seed in range(80):
        rng = np.random.default_rng(seed)
        yield {"x": rng.random(250_000, dtype="f4"), "y": rng.random(250_000, dtype="f4")}
canvas = dp.Canvas(6000, 6000, **ranges, tiled=True)
aggregate = canvas.points(everywhere(), "x", "y", threads=1)
dp.set_budget("2GB")
def pixel(values):
    return (values.astype("f8") * 6000).astype("i8") // 60
blocks = (pixel(part["y"]) * 100 + pixel(part["x"]) for part in everywhere())
expected = sum(np.bincount(block, minlength=10_000) for block in blocks).reshape(100, 100)
found = np.asarray(aggregate.zoom(width=100, height=100))
peak = dp.memory()["consumers"]["tiles"]["peak"]
result = [bool((found == expected).all()), aggregate.nbytes, aggregate.nbytes_spilled, peak]
"""
    )
    right, nbytes, spilled, peak = run.result
    assert right
    assert nbytes > 5 * 4_000_000
    assert spilled > 4 * 4_000_000
    # One tile at a time is read once the budget is larger again.
    assert peak <= 4_000_000 + 1_000_000
    assert run.peak_resident - idle < 40_000_000, (run.peak_resident, idle)


def test_no_disk_left_is_one_clear_error_with_the_reason(child):
    run = child.run_child(
        _POINTS
        + """
dp.set_budget("4MB")
dp.set_spill(limit="2MB")
def everywhere():
    for seed in range(80):
        rng = np.random.default_rng(seed)
        yield {"x": rng.random(250_000, dtype="f4"), "y": rng.random(250_000, dtype="f4")}
canvas = dp.Canvas(6000, 6000, **ranges, tiled=True)
try:
    canvas.points(everywhere(), "x", "y", threads=1)
    result = ["no error"]
except dp.DrypointError as error:
    result = [type(error).__name__, str(error), dp.memory()["spilled"]]
"""
    )
    kind, message, spilled = run.result
    assert kind == "BudgetExceeded", message
    assert "would pass the disk limit of 2000000 B" in message
    assert spilled == 0
