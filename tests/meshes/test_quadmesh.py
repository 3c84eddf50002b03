"""Quads equal Datashader's cell by cell, whatever holds their values and however they are cut."""

from __future__ import annotations

import itertools

import drypoint as dp
import numpy as np
import pytest
from meshes.cases import KINDS, QUAD_FOLDS, RECORDED, SHAPES, SIZE, quads


@pytest.fixture(scope="module")
def recorded():
    with np.load(RECORDED) as cells:
        return {name: cells[name] for name in cells.files}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_folds_equal_datashader(recorded, name, kind):
    values, x, y = quads(SHAPES[name], kind)
    for fold in QUAD_FOLDS:
        if name == "large" and kind in ("even", "falling") and fold in ("count", "var"):
            continue  # Datashader then gives the values, whatever the fold
        found = np.asarray(dp.Canvas(*SIZE).quadmesh(values, x, y, fold))
        expected = recorded[f"quads {name} {kind} {fold}"]
        if name == "small" and kind in ("even", "falling"):
            # Rounding carries Datashader's last edge below the last row or column of the array, which it leaves out.
            found, expected = found[1:-1, :-1], expected[1:-1, :-1]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6, err_msg=fold)


def test_no_item_of_even_rows_is_lost_or_seen_twice():
    for shape in [(110, 130), (111, 131), (300, 500), (1000, 37)]:
        values = np.ones(shape)
        for x, y in [((0.0, 1.0), (0.1, 0.7)), ((-3.0, 5.0), (5.0, 0.0))]:
            edges = np.linspace(*x, shape[1] + 1), np.linspace(*y, shape[0] + 1)
            counts = np.asarray(dp.Canvas(37, 29).quadmesh(values, *edges, "count"))
            assert counts.sum() == values.size


def twin(values, spans, width, height):
    """The mean of all items in each pixel, one item after the other."""
    sums, counts = np.zeros((height, width)), np.zeros((height, width))
    for row, (low, high) in enumerate(spans[1]):
        for column, (left, right) in enumerate(spans[0]):
            if not np.isnan(values[row, column]):
                sums[low:high, left:right] += values[row, column]
                counts[low:high, left:right] += 1
    return np.divide(sums, counts, out=np.full((height, width), np.nan), where=counts > 0)


def covered(edges, start, end, pixels, log):
    """The pixels of each item: between its edges, rounded down; at least one."""
    at = np.log10(edges) if log else edges
    low, high = (np.log10(start), np.log10(end)) if log else (start, end)
    share = (at - low) / (high - low)
    spans = []
    for a, b in itertools.pairwise(share):
        a, b = min(a, b), max(a, b)
        if b <= 0 or a >= 1:
            spans.append((0, 0))
            continue
        first, last = (int(np.clip(edge * pixels, 0, pixels)) for edge in (a, b))
        spans.append((first, last + 1 if first == last and last < pixels else last))
    return spans


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("falling", [False, True])
def test_edges_equal_the_twin(log, falling):
    rng = np.random.default_rng(7)
    values = rng.random((40, 60))
    x, y = np.cumsum(rng.random(61) ** 4 + 0.01) + 0.5, np.cumsum(rng.random(41) ** 4 + 0.01) + 0.5
    if falling:
        x = x[::-1]
    ranges = {"x_range": (2.0, 9.0), "y_range": (1.0, 7.0)}
    scales = {"x_scale": "log", "y_scale": "log"} if log else {}
    expected = twin(values, (covered(x, 2.0, 9.0, 23, log), covered(y, 1.0, 7.0, 17, log)), 23, 17)
    found = dp.Canvas(23, 17, **ranges, **scales).quadmesh(values, x, y)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9)


@pytest.mark.parametrize("kind", ["uneven", "bent"])
@pytest.mark.parametrize("fold", ["mean", "count", "last"])
def test_what_holds_the_values_does_not_matter(kind, fold, tmp_path):
    values, x, y = quads((110, 130), kind)
    expected = np.asarray(dp.Canvas(*SIZE).quadmesh(values, x, y, fold))
    np.save(tmp_path / "values.npy", values)
    bent = kind == "bent"
    held = {
        "memmap": np.load(tmp_path / "values.npy", mmap_mode="r"),
        "compressed": dp.compress(values, chunks=(32, 48)),
        "reversed": values[::-1][::-1],
        "fortran": np.asfortranarray(values),
        "masked": np.ma.masked_invalid(values),
        "swapped": values.astype(values.dtype.newbyteorder()),
    }
    for name, array in held.items():
        places = (dp.compress(x, chunks=(50, 20)), np.asfortranarray(y)) if bent else (x, y)
        for threads in (1, 3):
            found = dp.Canvas(*SIZE).quadmesh(array, *places, fold, threads=threads)
            np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9, err_msg=name)


def test_corners_and_their_centres_are_the_same_grid():
    corners_x, corners_y = np.meshgrid(np.arange(9.0), np.arange(7.0))
    centres_x, centres_y = np.meshgrid(np.arange(8) + 0.5, np.arange(6) + 0.5)
    values = np.random.default_rng(3).random((6, 8))
    canvas = dp.Canvas(31, 23)
    expected = canvas.quadmesh(values, corners_x, corners_y)
    np.testing.assert_array_equal(
        np.asarray(canvas.quadmesh(values, centres_x, centres_y)), np.asarray(expected)
    )
    assert (expected.x_range, expected.y_range) == ((0.0, 8.0), (0.0, 6.0))


def test_coordinates_of_xarray_are_found_by_dimension_and_by_name():
    xarray = pytest.importorskip("xarray")
    values, x, y = quads((110, 130), "uneven")
    array = xarray.DataArray(values, coords={"lat": y, "lon": x}, dims=["lat", "lon"], name="z")
    expected = np.asarray(dp.Canvas(*SIZE).quadmesh(values, x, y))
    np.testing.assert_array_equal(np.asarray(dp.Canvas(*SIZE).quadmesh(array)), expected)
    found = dp.Canvas(*SIZE).quadmesh(array.transpose(), "lon", "lat", dp.mean("z"))
    np.testing.assert_array_equal(np.asarray(found), expected)


def test_dates_are_an_axis_of_dates():
    days = np.array(["2024-01-01", "2024-01-02", "2024-01-04"], "M8[D]")
    drawn = dp.Canvas(6, 1, x_range=("2024-01-01", "2024-01-04")).quadmesh(
        np.array([[1.0, 2, 3]]), days, [0, 1]
    )
    assert drawn.x_range == (19723.0, 19726.0)
    assert np.asarray(drawn).tolist() == [[1, 2, 2, 2, 3, 3]]


@pytest.mark.parametrize(
    ("values", "x", "y", "options", "error", "says"),
    [
        (
            np.zeros((2, 3)),
            [0, 1],
            None,
            {},
            dp.BadArgument,
            "2 coordinates for 3 items; give 3 centres or 4",
        ),
        (np.zeros((2, 3)), [0, 2, 1], None, {}, dp.UnsupportedData, "do not rise or fall throughout"),
        (np.zeros((2, 3)), [0, 1, float("nan")], None, {}, dp.UnsupportedData, "edges"),
        (np.zeros(3), None, None, {}, dp.UnsupportedData, "1 dimensions"),
        (np.zeros((2, 3)), np.zeros((2, 3)), None, {}, dp.BadArgument, "both have one dimension"),
        (
            np.zeros((2, 3)),
            np.zeros((2, 2)),
            np.zeros((2, 2)),
            {},
            dp.UnsupportedData,
            "its corners, one more",
        ),
        (np.zeros((2, 3)), "lon", None, {}, dp.BadArgument, "array of xarray"),
        (np.zeros((2, 3)), None, None, {"reduction": "median"}, dp.BadArgument, "reduction"),
        (np.zeros((2, 3)), None, None, {"reduction": dp.by("k")}, dp.BadArgument, "not folded"),
        (np.zeros((2, 3), "U1"), None, None, {}, dp.UnsupportedData, "type"),
    ],
)
def test_bad_input_has_one_clear_error(values, x, y, options, error, says):
    with pytest.raises(error, match=says):
        dp.Canvas(4, 4).quadmesh(values, x, y, **options)
