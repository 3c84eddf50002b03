"""Delimited text as real writers write it, and the errors of text that is not what it began as."""

from __future__ import annotations

import csv
import gzip
import io

import drypoint as dp
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from agree import check, words

ROWS = 2000
RNG = np.random.default_rng(9)
INTS = RNG.integers(-100, 100, ROWS)
FLOATS = RNG.normal(0, 1e6, ROWS)
MISSING = RNG.random(ROWS) < 0.1
HOLES = np.where(MISSING, np.nan, FLOATS)
NAMES = ["oak", 'a "quoted", word', "élan", "two\nlines", "semi;colon\tand tab|bar"]
WORDS = [NAMES[value % 5] for value in INTS]
WHEN = np.datetime64("2024-03-30T22:00:00", "us") + INTS * np.timedelta64(3_600_000_001, "us")


def frame():
    import pandas as pd

    return pd.DataFrame(
        {"y": np.zeros(ROWS), "v": INTS, "f": HOLES, "word": WORDS, "when": WHEN, "flag": INTS > 0}
    )


def check_frame(source, **options):
    def make():
        return dp.scan(source, **options)

    check(make, INTS.astype("f8"))
    check(make, HOLES, "f")
    check(make, WHEN.astype("M8[us]").astype("i8").astype("f8"), "when")
    check(make, (INTS > 0).astype("f8"), "flag")
    words(make, WORDS, "word")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
def test_by_pandas(tmp_path, separator, end, quoting):
    path = tmp_path / "a.csv"
    frame().to_csv(path, sep=separator, index=False, lineterminator=end, quoting=quoting)
    check_frame(path)


def test_by_polars(tmp_path):
    import polars as pl

    for quote in ("necessary", "always", "non_numeric"):
        pl.from_pandas(frame()).write_csv(tmp_path / "a.csv", quote_style=quote)
        check_frame(tmp_path / "a.csv")


def test_by_pyarrow_and_duckdb(tmp_path):
    import duckdb

    table = pa.Table.from_pandas(frame())
    pyarrow.csv.write_csv(table, tmp_path / "a.csv")
    check_frame(tmp_path / "a.csv")
    with duckdb.connect() as connection:
        connection.register("t", table)
        connection.execute(f"copy t to '{tmp_path}/b.csv'")
    check_frame(tmp_path / "b.csv")


def compressed(text: bytes) -> dict[str, bytes]:
    with pa.BufferOutputStream() as sink:
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(text)
        zstd = sink.getvalue().to_pybytes()
    cut = len(text) // 3
    return {
        "a.csv.gz": gzip.compress(text),
        "members.csv.gz": gzip.compress(text[:cut]) + gzip.compress(b"") + gzip.compress(text[cut:]),
        "a.csv.zst": zstd,
        "bom.csv": b"\xef\xbb\xbf" + text,
        "no name": text,
    }


@pytest.mark.parametrize("name", ["a.csv.gz", "members.csv.gz", "a.csv.zst", "bom.csv", "no name"])
def test_compressed(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(compressed(frame().to_csv(index=False).encode())[name])
    check_frame(path)


def numbers_of(tmp_path, text: str, name="v", **options):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    parts = [batch[name] for batch in dp.scan(path, **options)]
    return np.concatenate(parts).tolist() if parts else []


def test_no_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1,0\n2,0\n3,0\n")
    x, _ = dp.scan(path).columns
    assert numbers_of(tmp_path, "1,0\n2,0\n", x) == [1, 2]
    assert numbers_of(tmp_path, "1,0\n2,0\n", "1", header=True) == [2]
    assert numbers_of(tmp_path, "a,b\n1,0\n2,0\n", "a") == [1, 2]


def test_odd_lines(tmp_path):
    assert numbers_of(tmp_path, "v,y\n\n1,0\n\n\n2,0\n\n") == [1, 2]
    assert numbers_of(tmp_path, "v,y\r\n1,0\r\n2,0") == [1, 2]
    assert numbers_of(tmp_path, "v,y\n1,0\n 2 , 0 \n") == [1, 2]
    assert numbers_of(tmp_path, 'v,y\n"1",0\n"2",0\n') == [1, 2]
    assert numbers_of(tmp_path, "v,y\n+1,0\n-2e1,0\n.5,0\n") == [1, -20, 0.5]
    np.testing.assert_array_equal(
        numbers_of(tmp_path, "v,y\n1,0\nNA,0\nnan,0\n,0\n"), [1, np.nan, np.nan, np.nan]
    )
    assert numbers_of(tmp_path, "v,y\n9007199254740993,0\n1,0\n") == [9007199254740993, 1]
    assert numbers_of(tmp_path, "v,y,\n1,0,\n2,0,\n") == [1, 2]


def test_header_only_and_nothing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("v,y\n")
    assert dp.scan(path).columns == ["v", "y"]
    assert list(dp.scan(path)) == []
    with pytest.raises(dp.EmptyData):
        dp.Canvas().points(path, "v", "y")
    path.write_text("")
    with pytest.raises(dp.EmptyData):
        dp.scan(path)


def test_many_columns_and_long_fields(tmp_path):
    path = tmp_path / "a.csv"
    names = [f"c{i}" for i in range(3000)]
    rows = [[str(i * j) for i in range(3000)] for j in range(20)]
    path.write_text("\n".join(",".join(row) for row in [names, *rows]))
    parts = list(dp.scan(path).batches(["c2999"]))
    assert np.concatenate([part["c2999"] for part in parts]).tolist() == [2999 * j for j in range(20)]
    long = "word " * 300_000
    path.write_text(f'v,t,y\n1,"{long}",0\n2,short,0\n')
    words(path, [long, "short"], "t")
    check(path, np.array([1.0, 2.0]))


def late(values: list[str], first="1") -> str:
    """Rows beyond any sample, then some others."""
    return "y,v\n" + f"0,{first}\n" * 200_000 + "".join(f"0,{value}\n" for value in values)


def test_floats_after_integers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(late(["2.5", "1e3"]))
    values = np.ones(200_002)
    values[-2:] = [2.5, 1000]
    check(path, values)
    check(lambda: dp.scan(path, types={"v": "float64"}), values)


def test_text_after_numbers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(late(["oak"], "1.5"))
    with pytest.raises(dp.BadValue) as caught:
        dp.Canvas(3, 1).points(path, "v", "y")
    for piece in ("a.csv", "200002", '"v"', "oak", "types", "text"):
        assert piece in str(caught.value)
    source = dp.scan(path, types={"v": "text"})
    assert dp.Canvas(1, 1, x_range=(-1, 1), y_range=(-1, 1)).points(
        source, "y", "y", dp.by("v")
    ).categories == [
        "1.5",
        "oak",
    ]


def test_ragged_rows_are_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(late(["1,2,3"]))
    with pytest.raises(dp.DrypointError, match=r"a\.csv.*200002"):
        dp.Canvas(3, 1).points(path, "v", "y")


def test_dates(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "d,z,s,y\n1970-01-02,1970-01-01T02:00:00+02:00,1970-01-01 00:00:01.5,0\n1969-12-31,1970-01-01T00:00:00Z,,0\n"
    )
    assert dp.scan(path).schema["d"] == "date"
    check(path, np.array([1.0, -1.0]), "d")
    check(path, np.array([0.0, 0.0]), "z")
    check(path, np.array([1_500_000, np.nan]), "s")


def test_the_csv_module(tmp_path):
    for quoting in (csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC):
        for dialect in ("excel", "excel-tab", "unix"):
            buffer = io.StringIO(newline="")
            writer = csv.writer(buffer, dialect, quoting=quoting)
            writer.writerow(["v", "y", "t"])
            writer.writerows([value, 0, word] for value, word in zip(INTS.tolist(), WORDS, strict=True))
            path = tmp_path / "a.csv"
            path.write_bytes(buffer.getvalue().encode())
            check(path, INTS.astype("f8"))
            words(path, WORDS, "t")
