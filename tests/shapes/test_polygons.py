"""Polygons: as Datashader fills them, from every form that a column of shapes can have, and what they hold."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import drypoint as dp
import numpy as np
import pytest

RECORD = json.loads(Path(__file__).with_name("datashader.json").read_text())
SHAPES = RECORD["shapes"]
CANVASES, FOLDS = RECORD["canvases"], RECORD["folds"]
RANGES = {"x_range": (0.0, 16.0), "y_range": (0.0, 16.0)}


def wkb(polygons) -> bytes:
    """A multipolygon."""
    made = [struct.pack("<BII", 1, 6, len(polygons))]
    for rings in polygons:
        made.append(struct.pack("<BII", 1, 3, len(rings)))
        for ring in rings:
            made += [struct.pack("<I", len(ring)), *(struct.pack("<dd", *at) for at in ring)]
    return b"".join(made)


def table(shapes=SHAPES):
    return {"geometry": [wkb(shape) for shape in shapes], "value": np.array(RECORD["value"][: len(shapes)])}


def fold(name: str):
    return dp.count() if name == "count" else getattr(dp, name)("value")


def drawn(source, **options) -> np.ndarray:
    return np.asarray(dp.Canvas(30, 20, **RANGES).polygons(source, **options))


@pytest.mark.parametrize("place", range(len(CANVASES)))
@pytest.mark.parametrize("name", FOLDS)
def test_cells_are_those_that_datashader_gave(place, name):
    width, height, x_range, y_range = CANVASES[place]
    canvas = dp.Canvas(width, height, x_range=x_range, y_range=y_range)
    expected = np.array(RECORD["cells"][place * len(FOLDS) + FOLDS.index(name)], float).reshape(height, width)
    found = np.asarray(canvas.polygons(table(), reduction=fold(name), fill="nonzero"), float)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_every_form_of_a_column_is_the_same(tmp_path):
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet as pq

    expected = drawn(table())
    assert expected.sum() > 500
    position = pa.struct([("x", pa.float64()), ("y", pa.float64())])
    apart = pa.list_(pa.list_(pa.list_(position)))
    together = pa.large_list(pa.list_(pa.list_(pa.list_(pa.field("xy", pa.float64()), 2))))
    as_fields = [
        [[[{"x": x, "y": y} for x, y in ring] for ring in rings] for rings in shape] for shape in SHAPES
    ]
    bytes_ = table()["geometry"]
    columns = {
        "binary": pa.array(bytes_),
        "large binary": pa.array(bytes_, pa.large_binary()),
        "views": pa.array(bytes_, pa.binary_view()),
        "apart": pa.array(as_fields, apart),
        "together": pa.array(SHAPES, together),
    }
    for name, column in columns.items():
        source = pa.table({"geometry": column})
        np.testing.assert_array_equal(drawn(source), expected, name)
        np.testing.assert_array_equal(drawn(source.slice(7)), drawn(table(SHAPES[7:])), name)
        for codec in ("uncompressed", "lz4"):
            path = tmp_path / "shapes.arrow"
            pyarrow.feather.write_feather(source, path, compression=codec, chunksize=17)
            np.testing.assert_array_equal(drawn(path), expected, name)
    np.testing.assert_array_equal(drawn({"geometry": SHAPES}), expected)
    arrays = [[[np.array(ring) for ring in rings] for rings in shape] for shape in SHAPES]
    np.testing.assert_array_equal(drawn({"geometry": arrays}), expected)
    for dictionary in (True, False):
        path = tmp_path / "shapes.parquet"
        pq.write_table(
            pa.table({"geometry": columns["binary"]}), path, use_dictionary=dictionary, row_group_size=13
        )
        np.testing.assert_array_equal(drawn(path), expected)


def test_a_column_is_bytes_where_only_the_description_of_geoparquet_says_so(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    described = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB"}},
    }
    column = pa.array(table()["geometry"])
    bare = pa.table({"geometry": column})
    path = tmp_path / "bare.parquet"
    with pq.ParquetWriter(path, bare.schema, store_schema=False) as writer:
        writer.add_key_value_metadata({"geo": json.dumps(described)})
        writer.write_table(bare)
    assert dp.scan(path).schema == {"geometry": "binary"}
    np.testing.assert_array_equal(drawn(path), drawn(table()))
    batch = next(iter(dp.scan(path)))
    assert pa.record_batch(batch)["geometry"].to_pylist() == column.to_pylist()


def test_ranges_are_those_of_the_corners():
    corners = np.array([at for shape in SHAPES for rings in shape for ring in rings for at in ring])
    found = dp.Canvas(9, 9).polygons(table())
    assert found.x_range == (corners[:, 0].min(), corners[:, 0].max())
    assert found.y_range == (corners[:, 1].min(), corners[:, 1].max())
    assert found.rows == len(SHAPES)


def test_streams_give_what_the_whole_gives():
    whole = dp.Canvas(30, 20).polygons(table(), reduction=dp.max("value"))

    def chunks():
        for start in range(0, len(SHAPES), 7):
            part = table(SHAPES[start : start + 7])
            yield {**part, "value": np.array(RECORD["value"][start : start + 7])}

    for ranges in ({}, {"x_range": whole.x_range, "y_range": whole.y_range}):
        streamed = dp.Canvas(30, 20, **ranges).polygons(chunks(), reduction=dp.max("value"))
        np.testing.assert_array_equal(np.asarray(streamed), np.asarray(whole))


def test_holes_are_holes_whichever_way_they_turn():
    outer = [(0, 0), (4, 0), (4, 4), (0, 4)]
    hole = [(1, 1), (3, 1), (3, 3), (1, 3)]
    canvas = dp.Canvas(4, 4, x_range=(0, 4), y_range=(0, 4))
    for ring in (hole, hole[::-1]):
        found = canvas.polygons({"geometry": [[outer, ring]]})
        assert found.cells.tolist() == [[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
    same_way = canvas.polygons({"geometry": [[outer, hole]]}, fill="nonzero")
    assert np.asarray(same_way).min() == 1


def test_what_cannot_be_drawn_is_skipped_and_counted():
    far = [[(90, 90), (91, 90), (91, 91)]]
    infinite = [[(0, 0), (np.inf, 0), (1, 1)]]
    seen = [[(1, 1), (9, 1), (9, 9)]]
    found = dp.Canvas(30, 20, **RANGES).polygons({"geometry": [far, None, infinite, [], seen]})
    assert (found.rows, found.skipped) == (5, 4)


@pytest.mark.parametrize(
    ("column", "error", "words"),
    [
        ([b"POINT (1 2)"], dp.BadValue, "row 0: it is no WKB: byte order 80"),
        ([struct.pack("<BIdd", 1, 1, 0, 0)], dp.UnsupportedData, "it holds a point; drawn are polygons"),
        ([wkb(SHAPES[0])[:-1]], dp.BadValue, "its WKB ends after"),
        ([1.0], dp.UnsupportedData, "is float64; needed are"),
        ([[1.0, 2.0]], dp.UnsupportedData, "is list<float64>; needed are"),
        (["POINT (1 2)"], dp.UnsupportedData, "is text; needed are"),
    ],
)
def test_what_is_no_polygon_is_told(column, error, words):
    with pytest.raises(error, match=words):
        drawn({"geometry": column})


def test_arguments_are_told_apart():
    with pytest.raises(dp.MissingColumn, match='did you mean "geometry"'):
        drawn(table(), geometry="geometri")
    with pytest.raises(dp.BadArgument, match="fill"):
        drawn(table(), fill="odd")
    with pytest.raises(dp.NotNumeric):
        drawn({**table(), "value": ["a"] * len(SHAPES)}, reduction=dp.mean("value"))


def test_one_shape_too_large_for_the_budget_is_refused():
    angle = np.linspace(0, 2 * np.pi, 400_000)
    ring = np.stack([8 + 7 * np.cos(angle), 8 + 7 * np.sin(angle)], 1)
    with pytest.raises(dp.BudgetExceeded):
        drawn({"geometry": [[ring]]}, memory="4MB")
    assert drawn({"geometry": [[ring]]}, memory="40MB").max() == 1
