"""NPY, NPZ and Arrow IPC files."""

from __future__ import annotations

import drypoint as dp
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest
from agree import as_float, check, numbers, words
from test_arrow import COLUMNS, ROWS, TEXTS

Y = np.zeros(ROWS)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u2", ">i4", "<i8", "u8", "f2", "f4", ">f8", "M8[s]", "M8[D]", "m8[ms]"]
)
def test_npy(tmp_path, dtype, order):
    values = np.zeros((ROWS, 2), dtype, order=order)
    values[:, 0] = np.arange(ROWS).astype(dtype)
    np.save(tmp_path / "a.npy", values)
    if dtype[0] in "mM":
        records = np.rec.fromarrays([values[:, 0], Y], names="v,y")
        np.save(tmp_path / "a.npy", records)
        check(tmp_path / "a.npy", numbers(values[:, 0]))
    else:
        check(tmp_path / "a.npy", numbers(values[:, 0]), "x")
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", v=values[:, 0], y=Y)
        check(tmp_path / "a.npz", numbers(values[:, 0]))


def write(table, path, kind, codec):
    options = pa.ipc.IpcWriteOptions(compression=codec)
    if kind == "stream":
        with pa.ipc.new_stream(path, table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=77)
    elif kind == "one batch":
        with pa.ipc.new_file(path, table.schema, options=options) as writer:
            writer.write_table(table)
    else:
        with pa.ipc.new_file(path, table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=77)
    return path


@pytest.mark.parametrize("codec", [None, "lz4", "zstd"])
@pytest.mark.parametrize("kind", ["stream", "one batch", "file"])
def test_ipc(tmp_path, kind, codec):
    # The file format holds one dictionary of a name, so those that differ from batch to batch are for streams alone.
    columns = {name: values for name, values in COLUMNS.items() if "runs" not in name}
    table = pa.table({**columns, "y": Y})
    path = write(table, tmp_path / "a.arrow", kind, codec)
    for name, values in columns.items():
        expected = as_float(values)
        read = np.concatenate([numbers(batch[name]) for batch in dp.scan(path).batches([name])])
        np.testing.assert_array_equal(read, expected)
    check(path, as_float(COLUMNS["int64"]), "int64")
    check(path, as_float(COLUMNS["dictionary by int8"]), "dictionary by int8")
    for name, values in TEXTS.items():
        if name != "runs":
            path = write(pa.table({"v": values, "y": Y}), tmp_path / "t.arrow", kind, codec)
            words(path, values.to_pylist())


@pytest.mark.parametrize("codec", ["uncompressed", "lz4", "zstd"])
def test_feather(tmp_path, codec):
    pa.feather.write_feather(
        pa.table({"v": COLUMNS["int64"], "y": Y}), tmp_path / "a.feather", compression=codec
    )
    check(tmp_path / "a.feather", as_float(COLUMNS["int64"]))


def test_ipc_by_polars(tmp_path):
    import polars as pl

    frame = pl.DataFrame({"v": list(range(ROWS)), "y": Y, "t": ["a", "b", None] * (ROWS // 3)})
    frame = frame.with_columns(pl.col("t").cast(pl.Categorical).alias("c"))
    frame.write_ipc(tmp_path / "a.arrow", compression="zstd")
    frame.write_ipc_stream(tmp_path / "b.arrows")
    for path in (tmp_path / "a.arrow", tmp_path / "b.arrows"):
        check(path, np.arange(ROWS, dtype="f8"))
        words(path, frame["t"].to_list(), "t")
        words(path, frame["t"].to_list(), "c")


def test_an_ipc_stream_in_a_file_can_be_read_again(tmp_path):
    path = write(pa.table({"v": COLUMNS["int64"], "y": Y}), tmp_path / "a.arrows", "stream", None)
    source = dp.scan(path)
    assert not source.one_shot and source.rows == ROWS
    for _ in range(2):
        assert np.asarray(dp.Canvas(3, 3).points(source, "v", "y")).sum() > 0
    check([path], as_float(COLUMNS["int64"]))
