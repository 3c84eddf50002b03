"""Triangles equal Datashader's cell by cell and their slow twin, whatever the batches, the threads and the source."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meshes.cases import FOLDS, RECORDED, SIZE, ZOOM, triangles


@pytest.fixture(scope="module")
def recorded():
    with np.load(RECORDED) as cells:
        return {name: cells[name] for name in cells.files}


def ours(count, reduction=None, **options):
    return np.asarray(
        dp.Canvas(*SIZE, **options.pop("ranges", {})).trimesh(*triangles(count), reduction, **options)
    )


@pytest.mark.parametrize("count", [40, 3000])
@pytest.mark.parametrize("fold", FOLDS)
def test_folds_equal_datashader(recorded, count, fold):
    found = ours(count, getattr(dp, fold)("z"))
    np.testing.assert_allclose(found, recorded[f"triangles {count} {fold}"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("count", [40, 3000])
def test_values_of_triangles_and_flat_ones_equal_datashader(recorded, count):
    flat = ours(count, interpolate=False)
    np.testing.assert_allclose(flat, recorded[f"triangles {count} flat"], rtol=1e-5, atol=1e-6)
    vertices, faces = triangles(count)
    vertices.pop("z")
    faces["q"] = np.arange(len(faces["v0"])) % 17.0
    own = np.asarray(dp.Canvas(*SIZE).trimesh(vertices, faces))
    np.testing.assert_allclose(own, recorded[f"triangles {count} own"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("count", [40, 3000])
def test_a_window_equals_datashader_inside_of_its_rim(recorded, count):
    # On the rim Datashader draws what lies outside of a pixel but is cut to it.
    found, theirs = ours(count, ranges=ZOOM), recorded[f"triangles {count} zoom"]
    np.testing.assert_allclose(found[1:-1, 1:-1], theirs[1:-1, 1:-1], rtol=1e-5, atol=1e-6)


def twin(vertices, faces, width, height, x_range, y_range):
    """Every pixel of every triangle asked: the mean of the values there."""
    sums, counts = np.zeros((height, width)), np.zeros((height, width))
    scales = width / (x_range[1] - x_range[0]), height / (y_range[1] - y_range[0])
    place = np.column_stack(
        [
            vertices[:, 0] * scales[0] - x_range[0] * scales[0] - 0.5,
            vertices[:, 1] * scales[1] - y_range[0] * scales[1] - 0.5,
        ]
    )
    for face in faces:
        (ax, ay), (bx, by), (cx, cy) = place[face]
        a, b, c = vertices[face, 2]
        box = np.floor(place[face] + 0.5).astype(int)
        if (box == box[0]).all() and (box[0] >= 0).all() and box[0, 0] < width and box[0, 1] < height:
            sums[box[0, 1], box[0, 0]] += (a + b + c) / 3
            counts[box[0, 1], box[0, 0]] += 1
            continue
        if (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) >= 0:
            bx, by, cx, cy, b, c = cx, cy, bx, by, c, b
        area = (cx - ax) * (by - ay) - (cy - ay) * (bx - ax)
        if area == 0:
            continue
        for y in range(height):
            for x in range(width):
                sides = []
                for (x0, y0), (x1, y1) in (((bx, by), (cx, cy)), ((cx, cy), (ax, ay)), ((ax, ay), (bx, by))):
                    side = (x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)
                    on = not (y0 < y1 or (y0 == y1 and x0 < x1))
                    sides.append(side if side > 0 or (on and side == 0) else -1.0)
                if min(sides) >= 0:
                    sums[y, x] += (sides[0] * a + sides[1] * b + sides[2] * c) / area
                    counts[y, x] += 1
    return np.divide(sums, counts, out=np.full((height, width), np.nan), where=counts > 0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 12), st.sampled_from([1.0, 0.25]))
def test_any_triangles_equal_their_twin(seed, count, grid):
    rng = np.random.default_rng(seed)
    vertices = np.column_stack([rng.uniform(-2, 9, (count, 2)), rng.random(count)])
    vertices[:, :2] = np.round(vertices[:, :2] / grid) * grid  # so that edges run through pixel centres
    faces = rng.integers(0, count, (8, 3))
    ranges = {"x_range": (0.0, 7.0), "y_range": (0.0, 5.0)}
    expected = twin(vertices, faces, 14, 10, (0.0, 7.0), (0.0, 5.0))
    found = np.asarray(dp.Canvas(14, 10, **ranges).trimesh(vertices, faces))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_the_direction_of_a_triangle_does_not_matter():
    vertices, faces = triangles(200)
    turned = {name: faces[name].copy() for name in faces}
    turned["v1"][::2], turned["v2"][::2] = faces["v2"][::2], faces["v1"][::2]
    np.testing.assert_allclose(
        np.asarray(dp.Canvas(*SIZE).trimesh(vertices, turned)),
        np.asarray(dp.Canvas(*SIZE).trimesh(vertices, faces)),
    )


@pytest.mark.parametrize("fold", ["count", "max", "first", "last"])
def test_streams_and_threads_give_the_same_cells(fold):
    vertices, faces = triangles(3000)
    faces["q"] = np.arange(len(faces["v0"]), dtype=float)
    del vertices["z"]
    reduction = dp.count() if fold == "count" else getattr(dp, fold)("q")
    canvas = dp.Canvas(*SIZE)
    expected = np.asarray(canvas.trimesh(vertices, faces, reduction, threads=1))

    def parts(table, size):
        for start in range(0, len(next(iter(table.values()))), size):
            yield {name: column[start : start + size] for name, column in table.items()}

    for threads in (1, 3):
        found = canvas.trimesh(parts(vertices, 700), parts(faces, 999), reduction, threads=threads)
        np.testing.assert_array_equal(np.asarray(found), expected)


def test_categories_of_triangles_have_a_plane_each():
    vertices, faces = triangles(300)
    faces["kind"] = np.where(np.arange(len(faces["v0"])) % 3 == 0, "rock", "sand")
    both = dp.Canvas(*SIZE).trimesh(vertices, faces, dp.by("kind", dp.count()))
    assert both.categories == ["rock", "sand"]
    whole = dp.Canvas(*SIZE).trimesh(vertices, faces, "count")
    np.testing.assert_array_equal(np.asarray(both).sum(axis=2), np.asarray(whole))


def test_columns_are_found_by_name_by_place_and_by_argument():
    vertices, faces = triangles(60)
    expected = np.asarray(dp.Canvas(*SIZE).trimesh(vertices, faces))
    array = np.column_stack([vertices["x"], vertices["y"], vertices["z"]])
    numbers = np.column_stack([faces[name] for name in ("v0", "v1", "v2")])
    np.testing.assert_array_equal(np.asarray(dp.Canvas(*SIZE).trimesh(array, numbers)), expected)
    renamed = {"value": vertices["z"], "lat": vertices["y"], "lon": vertices["x"]}
    corners = {"n": faces["v2"], "l": faces["v0"], "m": faces["v1"]}
    found = dp.Canvas(*SIZE).trimesh(
        renamed, corners, dp.mean("value"), x="lon", y="lat", corners=("l", "m", "n")
    )
    np.testing.assert_array_equal(np.asarray(found), expected)


def test_what_has_no_place_is_skipped_and_counted():
    nan = float("nan")
    vertices = np.array(
        [[0, 0, 1], [4, 0, 1], [0, 4, 1], [nan, 2, 1], [50, 50, 1], [51, 50, 1], [50, 51, 1.0]]
    )
    faces = np.array([[0, 1, 2], [0, 1, 3], [4, 5, 6]])
    drawn = dp.Canvas(4, 4, x_range=(0, 4), y_range=(0, 4)).trimesh(vertices, faces, "count")
    assert (drawn.rows, drawn.skipped) == (3, 2)
    assert np.asarray(drawn).max() == 1


@pytest.mark.parametrize(
    ("faces", "options", "error", "says"),
    [
        ([[0, 1, 9]], {}, dp.BadValue, "triangle 0 has vertex 9; there are 3 vertices"),
        ([[0, 1, -1]], {}, dp.BadValue, "vertex -1"),
        ([[0.0, 1.0, 2.0]], {}, dp.NotNumeric, "the number of a vertex"),
        ([[0, 1, 2]], {"reduction": dp.mean("zz")}, dp.MissingColumn, "did you mean 'z'"),
        ([[0, 1, 2]], {"corners": ("x", "y")}, dp.BadArgument, "three names"),
        ([[0, 1, 2]], {"x": "x"}, dp.BadArgument, "or none"),
        ([[0, 1]], {}, dp.BadArgument, "3 columns are needed"),
        ([[0, 1, 2]], {"reduction": "men"}, dp.BadArgument, "did you mean 'mean'"),
    ],
)
def test_bad_input_has_one_clear_error(faces, options, error, says):
    vertices = np.array([[0, 0, 1], [4, 0, 1], [0, 4, 1.0]])
    with pytest.raises(error, match=says):
        dp.Canvas(4, 4).trimesh(vertices, np.array(faces), **options)


def test_vertices_without_a_place_are_refused():
    with pytest.raises(dp.EmptyData, match="no vertex has a finite x"):
        dp.Canvas(4, 4).trimesh(np.full((3, 3), np.nan), np.array([[0, 1, 2]]))


def test_a_budget_that_is_too_small_is_refused_before_triangles_are_read():
    vertices = np.zeros((200_000, 3))
    with pytest.raises(dp.BudgetExceeded):
        dp.Canvas(400, 400).trimesh(vertices, np.array([[0, 1, 2]]), memory="2MB")
