"""Every kind of source gives the same aggregate."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pytest

CANVAS = dp.Canvas(40, 30, x_range=(-3, 3), y_range=(-6, 6))


@pytest.fixture(scope="module")
def table(cloud):
    import pyarrow as pa

    return pa.table({name: pa.array(values) for name, values in cloud.items()})


@pytest.fixture(scope="module")
def expected(cloud):
    return np.asarray(CANVAS.points({"x": cloud["x"], "y": cloud["y"]}, "x", "y"))


def write(table, path):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.feather
    import pyarrow.parquet

    kind = "".join(path.suffixes)
    if kind == ".parquet":
        pyarrow.parquet.write_table(table, path, row_group_size=3000)
    elif kind in (".csv", ".csv.gz", ".csv.zst"):
        codec = {".csv": None, ".csv.gz": "gzip", ".csv.zst": "zstd"}[kind]
        with pa.output_stream(path, compression=codec) as stream:
            pyarrow.csv.write_csv(table, stream)
    elif kind == ".feather":
        pyarrow.feather.write_feather(table, path, chunksize=3000)
    elif kind == ".arrow":
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)
    elif kind == ".arrows":
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=3000)
    elif kind == ".npy":
        np.save(path, np.column_stack([table["x"], table["y"]]))
    elif kind == ".npz":
        np.savez(path, x=table["x"].to_numpy(), y=table["y"].to_numpy())
    return path


FILES = ["a.parquet", "a.csv", "a.csv.gz", "a.csv.zst", "a.feather", "a.arrow", "a.arrows", "a.npy", "a.npz"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("threads", [1, 2])
def test_files(table, expected, tmp_path, name, threads):
    path = write(table, tmp_path / name)
    np.testing.assert_array_equal(np.asarray(CANVAS.points(path, "x", "y", threads=threads)), expected)


def tables(table, cloud):
    import polars

    xy = {"x": cloud["x"], "y": cloud["y"]}
    return {
        "mapping": xy,
        "two columns": np.column_stack([cloud["x"], cloud["y"]]),
        "fortran": np.asfortranarray(np.column_stack([cloud["x"], cloud["y"]])),
        "records": np.rec.fromarrays([cloud["x"], cloud["y"]], names="x,y"),
        "pyarrow": table,
        "pandas": table.select(["x", "y"]).to_pandas(),
        "polars": polars.from_arrow(table),
        "series": {"x": polars.Series(cloud["x"]), "y": polars.Series(cloud["y"])},
        "pandas series": {"x": table["x"].to_pandas(), "y": table["y"].to_pandas()},
        "arrow arrays": {"x": table["x"].combine_chunks(), "y": table["y"]},
        "reader": table.to_reader(1000),
        "generator": (part for part in np.array_split(np.column_stack([cloud["x"], cloud["y"]]), 7)),
        "tuples of arrays": iter([(cloud["x"][:9], cloud["y"][:9]), (cloud["x"][9:], cloud["y"][9:])]),
        "dicts of arrays": iter([{"x": cloud["x"], "y": cloud["y"]}]),
        "batches": iter(table.to_batches(777)),
        "rows": zip(cloud["x"].tolist(), cloud["y"].tolist(), strict=True),
        "dicts": ({"x": a, "y": b} for a, b in zip(cloud["x"].tolist(), cloud["y"].tolist(), strict=True)),
    }


def duck(table):
    import duckdb

    connection = duckdb.connect()
    connection.register("t", table)
    return connection


KINDS = [
    "mapping",
    "two columns",
    "fortran",
    "records",
    "pyarrow",
    "pandas",
    "polars",
    "series",
    "pandas series",
    "arrow arrays",
    "reader",
    "generator",
    "tuples of arrays",
    "dicts of arrays",
    "batches",
    "rows",
    "dicts",
]


@pytest.mark.parametrize("kind", KINDS)
def test_objects(table, cloud, expected, kind):
    np.testing.assert_array_equal(np.asarray(CANVAS.points(tables(table, cloud)[kind], "x", "y")), expected)


def test_a_duckdb_relation(table, expected):
    connection = duck(table)
    relation = connection.sql("select x, y from t")
    np.testing.assert_array_equal(np.asarray(CANVAS.points(relation, "x", "y")), expected)


def test_batches_give_numpy_and_arrow(table, cloud):
    import pyarrow as pa

    source = dp.scan(table)
    assert source.rows == len(cloud["x"]) and source.columns == list(cloud)
    parts = list(source.batches(["x", "kind", "when"], rows=6_000))
    assert [part.rows for part in parts] and max(part.rows for part in parts) <= 6_000
    np.testing.assert_array_equal(np.concatenate([part["x"] for part in parts]), cloud["x"])
    whole = pa.Table.from_batches([pa.record_batch(part) for part in parts])
    assert whole["kind"].cast("string").to_pylist() == cloud["kind"].tolist()
    assert whole["when"].to_numpy().tolist() == cloud["when"].tolist()


def test_a_stream_is_read_once(cloud):
    source = dp.scan(iter([cloud["x"]]))
    assert source.one_shot
    assert sum(batch.rows for batch in source) == len(cloud["x"])
    with pytest.raises(dp.ClosedError, match="only once"):
        list(source)


def test_parquet_tells_rows_and_extents(table, cloud, tmp_path):
    source = dp.scan(write(table.select(["value"]), tmp_path / "a.parquet"))
    assert source.rows == len(cloud["value"])
    assert source.extent("value") == (np.nanmin(cloud["value"]), np.nanmax(cloud["value"]))


def test_several_files_are_one_source(table, expected, tmp_path):
    write(table.slice(0, 7000), tmp_path / "1.parquet")
    write(table.slice(7000), tmp_path / "2.parquet")
    for source in (str(tmp_path / "*.parquet"), tmp_path, sorted(tmp_path.iterdir())):
        assert dp.scan(source).rows == len(table)
        np.testing.assert_array_equal(np.asarray(CANVAS.points(source, "x", "y")), expected)


def test_text_keeps_leading_zeros_and_takes_types(tmp_path):
    path = tmp_path / "zip.csv"
    path.write_text('zip,n,"a ""b"""\n00501,1,"x,\ny"\n99950,,z\n')
    source = dp.scan(path)
    assert source.schema == {"zip": "text", "n": "int64", 'a "b"': "text"}
    assert dp.scan(path, types={"zip": "int64"}).schema["zip"] == "int64"


def test_plain_buffers_will_do():
    assert dp.scan({"x": memoryview(bytes(3)), "y": bytearray(3)}).rows == 3


def test_other_objects_are_refused():
    with pytest.raises(dp.UnknownFormat, match="object"):
        dp.scan(object())
