"""Streams of chunks: what they may yield, and the order of first and last."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import itertools

import drypoint as dp
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from agree import check, numbers
from pyarrow import csv, feather, parquet

VALUES = np.random.default_rng(4).normal(0, 10, 5000)
CUTS = [0, 0, 1, 2, 700, 700, 4999, 5000]

MAKERS = {
    "array": lambda v: np.stack([v, v * 0], axis=1),
    "mapping": lambda v: {"x": v, "y": v * 0},
    "mapping of lists": lambda v: {"x": v.tolist(), "y": [0.0] * len(v)},
    "tuple": lambda v: (v, v * 0),
    "list": lambda v: [v, v * 0],
    "records": lambda v: np.rec.fromarrays([v, v * 0], names="x,y"),
    "pandas": lambda v: pd.DataFrame({"x": v, "y": v * 0}),
    "polars": lambda v: pl.DataFrame({"x": v, "y": v * 0}),
    "pyarrow": lambda v: pa.table({"x": v, "y": v * 0}),
    "batch": lambda v: pa.record_batch({"x": v, "y": v * 0}),
    "source": lambda v: dp.scan({"x": v, "y": v * 0}),
    "source of chunks": lambda v: dp.scan(iter([{"x": v[:9], "y": v[:9] * 0}, {"x": v[9:], "y": v[9:] * 0}])),
    "reader": lambda v: pa.table({"x": v, "y": v * 0}).to_reader(),
    "strided": lambda v: {"x": np.repeat(v, 2)[::2], "y": np.broadcast_to(0.0, len(v))},
}


def chunks(*makers):
    for number, (start, end) in enumerate(itertools.pairwise(CUTS)):
        yield MAKERS[makers[number % len(makers)]](VALUES[start:end])


@pytest.mark.parametrize("kind", MAKERS)
def test_chunks(kind):
    check(lambda: chunks(kind), VALUES, "x")


def test_chunks_of_all_kinds():
    check(lambda: chunks(*MAKERS), VALUES, "x")


Row = collections.namedtuple("Row", "x y")


@dataclasses.dataclass
class Point:
    x: float
    y: float


def rows():
    return zip(VALUES.tolist(), [0.0] * len(VALUES), strict=True)


def test_rows():
    check(rows, VALUES, "x")
    check(lambda: map(list, rows()), VALUES, "x")
    check(lambda: (Row(*row) for row in rows()), VALUES, "x")
    check(lambda: ({"x": x, "y": y} for x, y in rows()), VALUES, "x")
    check([Row(*row) for row in rows()], VALUES, "x")
    named = collections.namedtuple("named", "v y")
    check(lambda: (named(*row) for row in rows()), VALUES)


def test_rows_with_everything():
    when = datetime.datetime(2024, 1, 1)

    def stream():
        for number in range(66_000):
            missing = number % 10 == 0
            yield {
                "v": None if missing else number,
                "y": 0.0,
                "t": None if missing else "ab"[number % 2],
                "w": None if missing else when + datetime.timedelta(seconds=number),
            }

    expected = np.arange(66_000.0)
    expected[::10] = np.nan
    parts = list(dp.scan(stream()))
    assert len(parts) > 1
    read = {name: np.concatenate([part[name] for part in parts]) for name in "vtw"}
    np.testing.assert_array_equal(read["v"], expected)
    assert read["t"].tolist() == [None if n % 10 == 0 else "ab"[n % 2] for n in range(66_000)]
    np.testing.assert_array_equal(numbers(read["w"]), 1_704_067_200e6 + expected * 1e6)


@pytest.mark.parametrize("item", [Point(1, 2), 3, b"abc", None, object(), {1, 2}])
def test_other_items_are_refused(item):
    with pytest.raises(dp.UnknownFormat, match=type(item).__name__):
        dp.Canvas().points(iter([item]), "x", "y")


def test_paths_in_a_stream(tmp_path):
    for number in range(3):
        np.savez(tmp_path / f"{number}.npz", x=VALUES[number::3], y=VALUES[number::3] * 0)
    expected = np.concatenate([VALUES[number::3] for number in range(3)])
    check(lambda: (tmp_path / f"{number}.npz" for number in range(3)), expected, "x")


def test_columns_that_change_are_refused():
    for first, second in (
        ({"x": [1.0], "y": [1.0]}, {"x": [1.0], "z": [1.0]}),
        ({"x": [1.0], "y": [1.0]}, {"x": ["a"], "y": [1.0]}),
        ({"x": np.array([1], "M8[s]"), "y": [1.0]}, {"x": np.array([1], "M8[ms]"), "y": [1.0]}),
        ({"x": np.array([1], "M8[s]"), "y": [1.0]}, {"x": np.array([1.0]), "y": [1.0]}),
    ):
        for options in ({}, {"exact": True}):
            with pytest.raises(dp.SchemaMismatch, match="item 1"):
                dp.Canvas().points(iter([first, second]), "x", "y", **options)


POINTS = 9000
ORDERED = {
    "x": np.random.default_rng(1).integers(0, 5, POINTS).astype("f8"),
    "y": np.random.default_rng(2).integers(0, 5, POINTS).astype("f8"),
    "v": np.arange(POINTS, dtype="f8"),
}
PARTS = [slice(0, 6000), slice(6000, 6001), slice(6001, 8500), slice(8500, POINTS)]


def ordered_sources(folder):

    table = pa.table(ORDERED)
    for number, part in enumerate(PARTS):
        piece = table.slice(part.start, part.stop - part.start)
        parquet.write_table(piece, folder / f"{number}.parquet", row_group_size=500)
        csv.write_csv(piece, folder / f"{number}.csv")
        feather.write_feather(piece, folder / f"{number}.feather", chunksize=300)
    cut = lambda part: {name: values[part] for name, values in ORDERED.items()}  # noqa: E731
    return {
        "mapping": lambda: ORDERED,
        "pyarrow": lambda: table,
        "chunks": lambda: pa.Table.from_batches(table.to_batches(max_chunksize=100)),
        "generator of arrays": lambda: (cut(part) for part in PARTS),
        "generator of tables": lambda: (pa.table(cut(part)) for part in PARTS),
        "generator of rows": lambda: (
            {"x": x, "y": y, "v": v} for x, y, v in zip(*map(list, ORDERED.values()), strict=True)
        ),
        "generator of files": lambda: (folder / f"{number}.parquet" for number in range(4)),
        "parquet": lambda: folder / "*.parquet",
        "csv": lambda: folder / "*.csv",
        "feather": lambda: str(folder / "*.feather"),
        "reader": lambda: table.to_reader(200),
    }


@pytest.mark.parametrize(
    "kind",
    [
        "mapping",
        "pyarrow",
        "chunks",
        "generator of arrays",
        "generator of tables",
        "generator of rows",
        "generator of files",
        "parquet",
        "csv",
        "feather",
        "reader",
    ],
)
@pytest.mark.parametrize("ranged", [True, False])
def test_first_and_last_follow_the_source(tmp_path, kind, ranged):
    make = ordered_sources(tmp_path)[kind]
    ranges = {"x_range": (0, 5), "y_range": (0, 5)} if ranged else {}
    order = range(POINTS)
    for reduction, rows in ((dp.first("v"), reversed(order)), (dp.last("v"), order)):
        expected = np.full((5, 5), np.nan)
        for row in rows:
            expected[int(ORDERED["y"][row]), int(ORDERED["x"][row])] = row
        for threads in (1, 3):
            drawn = dp.Canvas(5, 5, **ranges).points(make(), "x", "y", reduction, threads=threads, exact=True)
            np.testing.assert_array_equal(np.asarray(drawn), expected)


@pytest.mark.parametrize("reduction", [dp.count(), dp.mean("v"), dp.by("kind"), dp.last("v"), dp.std("v")])
def test_exact_is_the_picture_of_two_passes(cloud, reduction):
    table = {"x": cloud["x"], "y": cloud["y"], "v": cloud["value"], "kind": cloud["kind"]}
    whole = dp.Canvas(50, 40).points(table, "x", "y", reduction, threads=1)
    parts = ({name: values[at : at + 999] for name, values in table.items()} for at in range(0, 20_000, 999))
    exact = dp.Canvas(50, 40).points(parts, "x", "y", reduction, exact=True, threads=1)
    assert (exact.x_range, exact.y_range, exact.skipped) == (whole.x_range, whole.y_range, whole.skipped)
    np.testing.assert_array_equal(np.asarray(exact), np.asarray(whole))
