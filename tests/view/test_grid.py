"""The grid of a view: sizes of pixels, places, windows."""

from __future__ import annotations

import math

import drypoint as dp
import pytest
from drypoint._view.grid import LARGEST_PIXEL, Axis, Grid, Window, snapped
from hypothesis import given
from hypothesis import strategies as st

SIZES = st.floats(2.0**-40, 2.0**10)


def sizes_near(size):
    """All sizes of the grid within a factor of 4."""
    exponent = math.floor(math.log2(size))
    return [m * 2.0**e for e in range(exponent - 5, exponent + 3) for m in (4, 5, 6, 7)]


@given(SIZES)
def test_the_size_is_the_nearest_of_the_grid(size):
    near, up = snapped(size), snapped(size, up=True)
    assert near in sizes_near(size)
    assert abs(near - size) == min(abs(one - size) for one in sizes_near(size))
    assert up >= size * (1 - 1e-9) and not any(size <= one < up for one in sizes_near(size))
    assert snapped(near) == near == snapped(near, up=True)


@given(
    st.floats(-1e12, 1e12),
    st.floats(1e-3, 1e12),
    st.integers(50, 4000),
    st.sampled_from(["linear", "log"]),
)
def test_an_axis_has_all_data_within_a_margin_wider_than_the_largest_pixel(start, length, pixels, scale):
    if scale == "log":
        start = 10 ** (start / 1e11)
        length = start * length
    axis = Axis("x", "t", "float64", start, start + length, scale, pixels)
    low, high = axis.home(start), axis.home(start + length)
    assert LARGEST_PIXEL < low <= high < pixels - LARGEST_PIXEL
    for place in (low, high, pixels / 3):
        assert axis.home(axis.value(place)) == pytest.approx(place, abs=1e-6 + axis.least)
    assert 0 < axis.least <= 1 and snapped(axis.least) == axis.least


def test_one_value_is_an_axis_too():
    for value, scale in ((5.0, "linear"), (0.0, "linear"), (1e300, "linear"), (5.0, "log")):
        axis = Axis("x", "x", "float64", value, value, scale, 100)
        assert axis.value(0) < value < axis.value(100)


def windows():
    side, sizes = st.integers(1, 60), st.sampled_from([0.5, 0.625, 1.0])
    return st.builds(Window, st.integers(-50, 50), st.integers(-50, 50), side, side, sizes, sizes)


@given(windows(), windows())
def test_a_window_holds_another_if_it_has_all_its_pixels(one, other):
    def pixels(window):
        columns = range(window.column, window.column + window.columns)
        rows = range(window.row, window.row + window.rows)
        return {(x, y, window.width, window.height) for x in columns for y in rows}

    assert one.holds(other) == (pixels(other) <= pixels(one))


@given(windows(), st.integers(1, 5000))
def test_a_margin_is_even_and_within_its_pixels(window, most):
    wide = window.grown(most)
    assert wide.holds(window)
    assert wide == window or wide.columns * wide.rows <= most
    assert wide.columns - window.columns == 2 * (window.column - wide.column)


@given(st.floats(-50, 50), st.floats(0.01, 100))
def test_what_is_asked_for_is_shown_in_the_middle(start, length):
    grid = Grid(
        Axis("x", "x", "float64", -60, 160, "linear", 500), Axis("y", "y", "float64", 0, 1, "linear", 400)
    )
    window = grid.showing(grid.home, (start, start + length), None)
    (left, right), y_range = grid.ranges(window)
    half = 0.51 * (right - left) / window.columns
    assert left <= start + half and right >= start + length - half
    assert y_range == grid.ranges(grid.home)[1]
    if window.width > grid.x.least:
        assert right - left <= length * 1.26
    assert abs((left + right) / 2 - start - length / 2) <= (right - left) / window.columns
    assert grid.checked(window) == window


def test_pixels_of_no_grid_are_refused():
    grid = Grid(*(Axis(name, name, "float64", 0, 1, "linear", 400) for name in "xy"))
    for width, height in ((0.3, 1.0), (1.0, 16.0), (2.0**-60, 1.0), (-1.0, 1.0), (math.nan, 1.0)):
        with pytest.raises(dp.BadArgument, match="home pixels"):
            grid.checked(Window(0, 0, 10, 10, width, height))
