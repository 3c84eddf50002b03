"""Parquet as PyArrow, Polars and DuckDB write it: codecs, pages, encodings, types, statistics."""

from __future__ import annotations

import datetime
import decimal

import drypoint as dp
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from agree import as_float, check, words

ROWS = 3000
RNG = np.random.default_rng(3)
INTS = RNG.integers(0, 100, ROWS)
MISSING = RNG.random(ROWS) < 0.2
NAMES = ["oak", "ash", "", "élan", "a word that is longer than twelve bytes"]


def column(data_type, make=int, holes=True):
    missing = MISSING if holes else np.zeros(ROWS, bool)
    return pa.array([None if m else make(v) for v, m in zip(INTS, missing, strict=True)], data_type)


TABLE = pa.table(
    {
        "y": np.zeros(ROWS),
        "i4": column(pa.int32()),
        "i8": column(pa.int64(), lambda v: int(v) * 10**9 - 5),
        "f4": column(pa.float32()),
        "f8": column(pa.float64()),
        "all": column(pa.int64(), holes=False),
        "flag": column(pa.bool_(), lambda v: bool(v > 70)),
        "word": column(pa.string(), lambda v: NAMES[v % 5]),
    }
)
NUMERIC = ["i4", "i8", "f4", "f8", "all", "flag"]


def check_table(path, table=TABLE):
    for name in NUMERIC:
        check(path, as_float(table[name]), name)
        true = as_float(table[name])
        known = dp.scan(path).extent(name)
        assert known is None or known == (np.nanmin(true), np.nanmax(true)), name
    words(path, table["word"].to_pylist(), "word")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4"])
def test_codecs(tmp_path, codec, version):
    pq.write_table(
        TABLE, tmp_path / "a.parquet", compression=codec, data_page_version=version, row_group_size=700
    )
    check_table(tmp_path / "a.parquet")


ENCODINGS = {
    "plain": {"use_dictionary": False},
    "split": {"column_encoding": dict.fromkeys(["i4", "i8", "f4", "f8", "all"], "BYTE_STREAM_SPLIT")},
    "delta": {
        "column_encoding": dict.fromkeys(["i4", "i8", "all"], "DELTA_BINARY_PACKED")
        | {"word": "DELTA_LENGTH_BYTE_ARRAY", "flag": "RLE"}
    },
    "delta strings": {"column_encoding": {"word": "DELTA_BYTE_ARRAY"}},
    "small pages": {"data_page_size": 64, "write_batch_size": 16, "write_page_index": True},
    "full dictionary": {"dictionary_pagesize_limit": 64, "data_page_size": 256},
    "no statistics": {"write_statistics": False},
    "old format": {"version": "1.0"},
    "large pages": {"data_page_size": 1 << 26},
    "page checksums": {"write_page_checksum": True},
}


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("kind", ENCODINGS)
def test_encodings(tmp_path, kind, version):
    options = {"use_dictionary": "column_encoding" not in ENCODINGS[kind], "data_page_version": version}
    pq.write_table(TABLE, tmp_path / "a.parquet", **{**options, **ENCODINGS[kind]})
    check_table(tmp_path / "a.parquet")


def test_required_columns(tmp_path):
    full = pa.table({name: TABLE[name].drop_null()[:2000] for name in TABLE.column_names})
    schema = pa.schema([field.with_nullable(False) for field in full.schema])
    pq.write_table(full.cast(schema), tmp_path / "a.parquet", row_group_size=999)
    check_table(tmp_path / "a.parquet", full)


def test_many_row_groups(tmp_path):
    values = np.arange(10_000.0)
    pq.write_table(pa.table({"v": values, "y": values * 0}), tmp_path / "a.parquet", row_group_size=1)
    check(tmp_path / "a.parquet", values)


def test_no_rows(tmp_path):
    pq.write_table(TABLE[:0], tmp_path / "a.parquet")
    assert dp.scan(tmp_path / "a.parquet").rows == 0
    with pytest.raises(dp.EmptyData):
        dp.Canvas().points(tmp_path / "a.parquet", "i4", "y")


TYPES = {
    **{str(t): t for t in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.uint32(), pa.uint64())},
    "time32": pa.time32("ms"),
    "time64": pa.time64("us"),
    "time64 ns": pa.time64("ns"),
    **{f"{unit} {zone}": pa.timestamp(unit, zone) for unit in ("ms", "us", "ns") for zone in (None, "UTC")},
}


@pytest.mark.parametrize("kind", TYPES)
def test_types(tmp_path, kind):
    t = TYPES[kind]
    plain = column(pa.int32() if t == pa.time32("ms") else pa.int64()).cast(t)
    pq.write_table(pa.table({"v": plain, "y": TABLE["y"]}), tmp_path / "a.parquet", row_group_size=1000)
    check(tmp_path / "a.parquet", as_float(plain))
    known = dp.scan(tmp_path / "a.parquet").extent("v")
    assert known is None or known == (np.nanmin(as_float(plain)), np.nanmax(as_float(plain)))


def test_dates_and_halves(tmp_path):
    days = column(pa.date32(), lambda v: datetime.date(1969, 12, 1) + datetime.timedelta(int(v)))
    halves = column(pa.float16(), np.float16)
    pq.write_table(pa.table({"v": days, "h": halves, "y": TABLE["y"]}), tmp_path / "a.parquet")
    check(tmp_path / "a.parquet", as_float(days))
    check(tmp_path / "a.parquet", as_float(halves), "h")


@pytest.mark.parametrize("as_integer", [False, True])
@pytest.mark.parametrize("precision", [5, 9, 15, 18, 30, 38, 60])
def test_decimals(tmp_path, precision, as_integer):
    t = pa.decimal256(precision, 2) if precision > 38 else pa.decimal128(precision, 2)
    values = column(t, lambda v: decimal.Decimal(int(v) - 50) / 4)
    table = pa.table({"v": values, "y": TABLE["y"]})
    pq.write_table(table, tmp_path / "a.parquet", store_decimal_as_integer=as_integer)
    check(tmp_path / "a.parquet", as_float(values))
    known = dp.scan(tmp_path / "a.parquet").extent("v")
    assert known is None or known == (-12.5, 12.25)


def test_int96(tmp_path):
    # Read as microseconds: the years that INT96 reaches do not fit in nanoseconds.
    values = column(pa.timestamp("us"), lambda v: int(v) * 10**12 - 10**13)
    table = pa.table({"v": values, "y": TABLE["y"]})
    pq.write_table(table, tmp_path / "a.parquet", use_deprecated_int96_timestamps=True)
    check(tmp_path / "a.parquet", as_float(values))
    assert dp.scan(tmp_path / "a.parquet").extent("v") is None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_extents_with_what_is_not_finite(tmp_path, bad, dtype):
    values = np.array([1.0, bad, -0.0, 7.5, 3.0], dtype)
    table = pa.table({"v": values, "y": np.zeros(5), "none": np.full(5, bad, dtype)})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    check_finite = np.where(np.isfinite(values), values, np.nan)
    drawn = dp.Canvas(5, 1, y_range=(-1, 1)).points(tmp_path / "a.parquet", "v", "y")
    assert drawn.x_range == (0, 7.5)
    assert drawn.skipped == np.isnan(check_finite).sum()
    known = dp.scan(tmp_path / "a.parquet").extent("v")
    assert known is None or known == (0, 7.5)
    with pytest.raises(dp.EmptyData):
        dp.Canvas().points(tmp_path / "a.parquet", "none", "y")


def test_extents_of_large_integers(tmp_path):
    for values in (
        np.array([2**63 - 1, -(2**63)], "i8"),
        np.array([2**64 - 1, 0], "u8"),
        np.array([2**53 + 1, 3], "i8"),
    ):
        pq.write_table(pa.table({"v": values, "y": [0.0, 0.0]}), tmp_path / "a.parquet")
        assert dp.scan(tmp_path / "a.parquet").extent("v") in (
            None,
            (float(values.min()), float(values.max())),
        )
        check(tmp_path / "a.parquet", values.astype("f8"))


def test_categories(tmp_path):
    import pandas as pd

    names = [None if m else NAMES[v % 5] for v, m in zip(INTS, MISSING, strict=True)]
    pd.DataFrame({"v": pd.Categorical(names), "y": 0.0}).to_parquet(tmp_path / "a.parquet")
    words(tmp_path / "a.parquet", names)


def test_nested_columns_do_no_harm(tmp_path):
    table = TABLE.append_column("list", pa.array([[1, 2]] * ROWS)).append_column(
        "st", pa.array([{"a": 1}] * ROWS)
    )
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=500)
    check_table(tmp_path / "a.parquet")
    with pytest.raises(dp.NotNumeric):
        dp.Canvas().points(tmp_path / "a.parquet", "list", "y")


def test_what_cannot_be_read_is_said(tmp_path):
    pq.write_table(TABLE, tmp_path / "b.parquet", compression="brotli")
    with pytest.raises(dp.DrypointError, match=r"b\.parquet.*(?i:brotli)"):
        dp.Canvas().points(tmp_path / "b.parquet", "i4", "y")


def test_an_encrypted_file_is_said_to_be(tmp_path):
    try:
        import pyarrow.parquet.encryption as pe
    except ImportError:
        pytest.skip("this PyArrow cannot encrypt")

    class Plain(pe.KmsClient):
        def wrap_key(self, key_bytes, master_key_identifier):
            return key_bytes.hex()

        def unwrap_key(self, wrapped_key, master_key_identifier):
            return bytes.fromhex(wrapped_key)

    for plain_footer in (False, True):
        config = pe.EncryptionConfiguration(
            footer_key="f", column_keys={"c": ["i4"]}, plaintext_footer=plain_footer
        )
        factory = pe.CryptoFactory(lambda configuration: Plain())
        properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
        with pq.ParquetWriter(
            tmp_path / "e.parquet", TABLE.schema, encryption_properties=properties
        ) as writer:
            writer.write_table(TABLE)
        with pytest.raises(dp.DrypointError, match=r"e\.parquet.*encrypted"):
            dp.Canvas().points(tmp_path / "e.parquet", "i4", "y")


@pytest.mark.parametrize("codec", ["uncompressed", "snappy", "gzip", "zstd", "lz4"])
def test_by_polars(tmp_path, codec):
    import polars as pl

    pl.from_arrow(TABLE).write_parquet(tmp_path / "a.parquet", compression=codec, row_group_size=800)
    check_table(tmp_path / "a.parquet")


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("codec", ["uncompressed", "snappy", "gzip", "zstd", "lz4_raw"])
def test_by_duckdb(tmp_path, codec, version):
    import duckdb

    with duckdb.connect() as connection:
        connection.register("t", TABLE)
        connection.execute(
            f"copy (select *, i4::decimal(9, 2) as d, i8::hugeint as huge from t) to '{tmp_path}/a.parquet' "
            f"(format parquet, compression {codec}, parquet_version {version}, row_group_size 2048)"
        )
    check_table(tmp_path / "a.parquet")
    check(tmp_path / "a.parquet", as_float(TABLE["i4"]), "d")
