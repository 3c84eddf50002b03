"""A tiled aggregate is the aggregate that is not tiled, in every part of it and after everything done to it."""

from __future__ import annotations

import threading

import drypoint as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

RANGES = {"x_range": (0.0, 1.0), "y_range": (-1.0, 1.0)}


def cloud(rows=60_000, seed=1):
    """Tight clusters, and points everywhere, some of them outside or missing."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 1, (7, 2))
    which = rng.integers(0, 7, rows)
    x = centres[which, 0] + rng.normal(0, 0.004, rows)
    y = centres[which, 1] * 2 - 1 + rng.normal(0, 0.01, rows)
    spread = rng.random(rows) < 0.3
    x[spread], y[spread] = rng.uniform(-0.1, 1.1, spread.sum()), rng.uniform(-1.2, 1.2, spread.sum())
    x[::997] = np.nan
    return {"x": x, "y": y, "v": np.where(rng.random(rows) < 0.2, np.nan, x)}


POINTS = cloud()


def both(width=1500, height=900, reduction=None, points=POINTS, **options):
    """The same drawn in tiles and as a whole."""
    drawn = [
        dp.Canvas(width, height, **{**RANGES, **options}, tiled=tiled).points(points, "x", "y", reduction)
        for tiled in (True, False)
    ]
    assert isinstance(drawn[0], dp.TiledAggregate)
    assert type(drawn[1]) is dp.Aggregate
    return drawn


TILED, WHOLE = both()
CELLS = np.asarray(WHOLE)


@pytest.mark.parametrize("reduction", [dp.count(), dp.count("v"), dp.any(), dp.any("v")])
@pytest.mark.parametrize("options", [{}, {"x_scale": "log", "x_range": (0.01, 1.0)}])
def test_cells_are_those_of_a_whole_canvas(reduction, options):
    tiled, whole = both(700, 1100, reduction, **options)
    found = np.asarray(tiled)
    assert found.dtype == np.asarray(whole).dtype == np.dtype(tiled.dtype)
    np.testing.assert_array_equal(found, np.asarray(whole))
    assert tuple(tiled.shape) == tuple(whole.shape)
    for name in ("rows", "skipped", "x_range", "y_range", "reduction", "categories"):
        assert getattr(tiled, name) == getattr(whole, name), name
    assert tiled.nbytes_dense == whole.nbytes


def keys():
    bounds = st.one_of(st.none(), st.integers(-2000, 2000))
    steps = st.one_of(st.none(), st.integers(1, 400), st.integers(-400, -1))
    one = st.one_of(st.builds(slice, bounds, bounds, steps), st.integers(-900, 899))
    return st.one_of(
        one, st.tuples(one, st.one_of(st.builds(slice, bounds, bounds, steps), st.integers(-1500, 1499)))
    )


@settings(max_examples=150, deadline=None)
@given(keys())
def test_slices_are_numpys(key):
    expected = CELLS[key]
    found = TILED[key]
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_array_equal(found, expected)


def test_other_keys_are_numpys_too():
    rows = np.array([1, 5, 899])
    np.testing.assert_array_equal(TILED[rows], CELLS[rows])
    np.testing.assert_array_equal(TILED[CELLS > 3], CELLS[CELLS > 3])
    np.testing.assert_array_equal(TILED[..., 7], CELLS[..., 7])
    with pytest.raises(IndexError, match="pixel 900 of 900"):
        TILED[900]


@pytest.mark.parametrize("n", [0, 1, 3, 20])
def test_levels_are_sums_of_blocks(n):
    side = 2**n
    height, width = (-(-length // side) for length in CELLS.shape)
    padded = np.zeros((height * min(side, 900), width * min(side, 1500)), CELLS.dtype)
    padded[:900, :1500] = CELLS
    expected = padded.reshape(height, min(side, 900), width, min(side, 1500)).sum((1, 3))
    for aggregate in (TILED, WHOLE):
        level = aggregate.level(n)
        np.testing.assert_array_equal(np.asarray(level), expected)
        assert level.rows == WHOLE.rows
        assert level.skipped == WHOLE.skipped


def test_a_zoom_is_the_window_at_the_resolution_that_fits():
    for aggregate in (TILED, WHOLE):
        part = aggregate.zoom(x_range=(0.2, 0.6), y_range=(0.0, 0.5), width=200, height=100)
        assert tuple(part.shape) == (75, 200)  # 225 rows by 3, 600 columns by 3
        assert part.x_range == pytest.approx((0.2, 0.6))
        assert part.y_range == pytest.approx((0.0, 0.5))
        window = CELLS[450:675, 300:900]
        np.testing.assert_array_equal(np.asarray(part), window.reshape(75, 3, 200, 3).sum((1, 3)))


def test_pictures_are_the_same():
    for options in (
        {},
        {"how": "log", "cmap": "viridis"},
        {"how": "linear", "span": (1, 9)},
        {"spread": 2},
        {"background": "black"},
    ):
        np.testing.assert_array_equal(np.asarray(TILED.shade(**options)), np.asarray(WHOLE.shade(**options)))


def test_merged_saved_and_loaded(tmp_path):
    halves = [
        {name: column[part] for name, column in POINTS.items()}
        for part in (slice(None, 9000), slice(9000, None))
    ]
    one, two = (both(points=half)[0] for half in halves)
    merged = one + two
    np.testing.assert_array_equal(np.asarray(merged), CELLS)
    assert merged.rows == WHOLE.rows
    np.testing.assert_array_equal(np.asarray(sum([one, two])), CELLS)
    merged.save(tmp_path / "tiles.npz")
    loaded = dp.Aggregate.load(tmp_path / "tiles.npz")
    assert isinstance(loaded, dp.TiledAggregate)
    np.testing.assert_array_equal(np.asarray(loaded), CELLS)
    np.testing.assert_array_equal(np.asarray(loaded + one)[:50], np.asarray(merged)[:50] + one[:50])
    assert str(np.load(tmp_path / "tiles.npz")["about.txt"], "utf-8").startswith("drypoint-aggregate 2\n")
    with pytest.raises(dp.BadArgument, match="merges with tiled ones"):
        one + WHOLE
    with pytest.raises(dp.BadArgument, match="merges with tiled ones"):
        WHOLE + one


def test_arithmetic_is_numpys():
    np.testing.assert_array_equal(TILED * 2, CELLS * 2)
    np.testing.assert_array_equal(TILED - WHOLE, CELLS * 0)


def test_threads_change_nothing():
    points = cloud(200_000, 3)
    drawn = []
    for threads in (1, 2, 5):
        canvas = dp.Canvas(3000, 2000, **RANGES, tiled=True)
        drawn.append(np.asarray(canvas.points(points, "x", "y", threads=threads)))
    assert (drawn[0] == drawn[1]).all()
    assert (drawn[0] == drawn[2]).all()


def test_streams_with_ranges_are_tiled():
    def parts():
        for at in range(0, 60_000, 7000):
            yield {name: column[at : at + 7000] for name, column in POINTS.items()}

    canvas = dp.Canvas(1500, 900, **RANGES, tiled=True)
    np.testing.assert_array_equal(np.asarray(canvas.points(parts(), "x", "y")), CELLS)
    with pytest.raises(dp.BadArgument, match="give x_range and y_range, or exact=True"):
        dp.Canvas(1500, 900, tiled=True).points(parts(), "x", "y")
    spooled = dp.Canvas(1500, 900, tiled=True).points(parts(), "x", "y", exact=True)
    assert isinstance(spooled, dp.TiledAggregate)
    assert spooled.rows == 60_000


def test_readers_share_an_aggregate():
    wrong = []

    def read(seed):
        rng = np.random.default_rng(seed)
        for _ in range(30):
            low, left = int(rng.integers(0, 800)), int(rng.integers(0, 1400))
            if not (TILED[low : low + 99, left : left + 99] == CELLS[low : low + 99, left : left + 99]).all():
                wrong.append((low, left))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not wrong


def test_a_hot_pixel_counts_past_each_width():
    rows = 300_000
    points = {"x": np.full(rows, 0.3), "y": np.full(rows, 0.3)}
    tiled = dp.Canvas(600, 600, x_range=(0, 1), y_range=(0, 1), tiled=True).points(points, "x", "y")
    total = rows
    while total < 2**33:
        tiled, total = tiled + tiled, total * 2
    assert tiled.dtype == "uint64"
    assert tiled[180, 180] == total
    assert int(np.asarray(tiled).sum()) == total


def test_a_snapshot_tells_dense_and_held_bytes():
    counts = dp.Canvas(65_536, 65_536, x_range=(0, 1), y_range=(0, 1)).points(
        {"x": [0.5], "y": [0.5]}, "x", "y"
    )
    what = dp.holders(counts).what
    assert what.startswith("TiledAggregate of 17.2 GB in ") and what.endswith("kB"), what
