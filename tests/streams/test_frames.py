"""Frames and relations: pandas, Polars, DuckDB, xarray."""

from __future__ import annotations

import drypoint as dp
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from agree import as_float, check, numbers, words

ROWS = 400
INTS = np.random.default_rng(2).integers(0, 100, ROWS)
MISSING = INTS % 5 == 0
Y = np.zeros(ROWS)
HOLES = np.where(MISSING, np.nan, INTS)
OPTIONAL = [None if missing else int(value) for value, missing in zip(INTS, MISSING, strict=True)]
NAMES = [None if value is None else ["oak", "ash", "élan"][value % 3] for value in OPTIONAL]
WHEN = np.datetime64("2024-03-30", "s") + INTS.astype("m8[s]") * 3600

PANDAS = {
    "Int64": pd.array(OPTIONAL, "Int64"),
    "UInt8": pd.array(OPTIONAL, "UInt8"),
    "Float32": pd.array(OPTIONAL, "Float32"),
    "float64": HOLES,
    "arrow int": pd.array(OPTIONAL, "int32[pyarrow]"),
    "category of numbers": pd.Categorical(OPTIONAL),
    "object": np.array(OPTIONAL, object),
    "object with NA": np.array([pd.NA if value is None else value for value in OPTIONAL], object),
}


@pytest.mark.parametrize("kind", PANDAS)
@pytest.mark.parametrize("shape", ["frame", "sliced", "mapping", "chunks"])
def test_pandas_numbers(kind, shape):
    frame = pd.DataFrame({"v": PANDAS[kind], "y": Y})
    if shape == "frame":
        check(frame, HOLES)
    elif shape == "sliced":
        check(frame.iloc[7:200:3], HOLES[7:200:3])
    elif shape == "mapping":
        check({"v": frame["v"], "y": frame["y"]}, HOLES)
    else:
        check(lambda: (frame.iloc[at : at + 99] for at in range(0, ROWS, 99)), HOLES)


@pytest.mark.parametrize("shape", ["frame", "mapping"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_pandas_times(unit, shape):
    instants = WHEN.astype(f"M8[{unit}]")
    instants[MISSING] = "NaT"
    for values, expected in (
        (pd.Series(instants), numbers(instants)),
        (pd.Series(instants).dt.tz_localize("UTC"), numbers(instants)),
        (pd.Series(instants).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"), numbers(instants)),
        (
            pd.Series(instants - WHEN[0].astype(f"M8[{unit}]")),
            numbers(instants - instants.dtype.type(WHEN[0], unit)),
        ),
    ):
        frame = pd.DataFrame({"v": values, "y": Y})
        check(frame if shape == "frame" else {"v": values, "y": Y}, expected)
        assert f"[{unit}" in dp.scan(frame).schema["v"]


@pytest.mark.parametrize("shape", ["frame", "mapping"])
def test_pandas_truth_and_text(shape):
    def wrap(values):
        series = pd.Series(values)
        return pd.DataFrame({"v": series, "y": Y}) if shape == "frame" else {"v": series, "y": Y}

    truth = [None if value is None else value > 50 for value in OPTIONAL]
    expected = np.array([np.nan if value is None else value for value in truth], "f8")
    check(wrap(pd.array(truth, "boolean")), expected)
    check(wrap(pd.array(truth, "bool[pyarrow]")), expected)
    for values in (
        pd.array(NAMES, "str"),
        pd.array(NAMES, "string"),
        pd.Categorical(NAMES),
        pd.Categorical(NAMES, ["élan", "oak", "never", "ash"], ordered=True),
        np.array(NAMES, object),
        pd.array(NAMES, "string[python]"),
    ):
        words(wrap(values), NAMES)


def test_pandas_odd_frames():
    frame = pd.DataFrame({"v": INTS, "y": Y})
    check(frame.set_index("v").reset_index(), INTS.astype("f8"))
    check(frame.iloc[::-1], INTS[::-1].astype("f8"))
    numbered = pd.DataFrame(np.stack([INTS, Y], axis=1))
    assert dp.scan(numbered).columns == ["0", "1"]
    with pytest.raises(dp.EmptyData):
        dp.Canvas().points(frame.iloc[:0], "v", "y")
    period = pd.DataFrame({"v": INTS, "p": pd.period_range("2020", periods=ROWS, freq="D"), "y": Y})
    check(period, INTS.astype("f8"))


POLARS = {
    **{str(t): t for t in (pl.Int8, pl.UInt16, pl.Int64, pl.UInt64, pl.Float32, pl.Float64)},
    "Decimal": pl.Decimal(20, 3),
    "Date": pl.Date,
    "Time": pl.Time,
    **{f"Datetime {unit}": pl.Datetime(unit, "Europe/Vienna") for unit in ("ms", "us", "ns")},
    **{f"Duration {unit}": pl.Duration(unit) for unit in ("ms", "us", "ns")},
}


@pytest.mark.parametrize("kind", POLARS)
def test_polars_numbers(kind):
    frame = pl.DataFrame({"v": pl.Series(OPTIONAL, dtype=pl.Int64), "y": Y}).with_columns(
        pl.col("v").cast(POLARS[kind])
    )
    expected = as_float(frame["v"].to_arrow())
    check(frame, expected)
    check(frame[3:300:2], expected[3:300:2])
    check({"v": frame["v"], "y": frame["y"]}, expected)
    check(pl.concat([frame[:0], frame[:9], frame[9:]], rechunk=False), expected)
    check(lambda: frame.iter_slices(77), expected)


def test_polars_text():
    for t in (pl.String, pl.Categorical, pl.Enum(["oak", "never", "ash", "élan"])):
        frame = pl.DataFrame({"v": pl.Series(NAMES, dtype=pl.String).cast(t), "y": Y})
        words(frame, NAMES)
        words({"v": frame["v"], "y": Y}, NAMES)
        words(lambda frame=frame: frame.iter_slices(50), NAMES)


def test_a_lazy_frame_says_what_to_do():
    with pytest.raises(dp.UnknownFormat, match=r"\.collect\(\)"):
        dp.scan(pl.LazyFrame({"x": [1], "y": [1]}))


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute("create table t as select i::bigint v, 0.0::double y from range(300000) r(i)")
        yield connection


DUCK = ["relation", "reader", "table", "frame"]


@pytest.mark.parametrize("kind", DUCK)
def test_duckdb(connection, kind):
    def make():
        relation = connection.sql("select v % 1000 as v, y from t")
        return {
            "relation": lambda: relation,
            "reader": lambda: relation.to_arrow_reader(1000),
            "table": relation.to_arrow_table,
            "frame": relation.df,
        }[kind]()

    check(make, (np.arange(300_000) % 1000).astype("f8"))


def test_duckdb_types(connection):
    types = "tinyint utinyint smallint integer hugeint float double decimal(9,2) decimal(38,4) date time timestamp"
    for t in [*types.split(), "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamptz"]:
        if t in ("date", "time") or t.startswith("timestamp"):
            cast = f"(timestamp '2020-01-01' + to_seconds(i * 3600))::{t}"
        else:
            cast = f"i::{t}"
        query = f"select case when i % 7 > 0 then {cast} end v, 0.0 y from range(100) r(i)"
        check(
            lambda query=query: connection.sql(query), as_float(connection.sql(query).to_arrow_table()["v"])
        )
    word = "case when i % 7 > 0 then ['a', 'b', 'é'][1 + i % 3]::enum('é', 'b', 'a') end"
    enum = f"select {word} v, 0.0 y from range(100) r(i)"
    words(lambda: connection.sql(enum), [row[0] for row in connection.sql(enum).fetchall()])


def test_a_query_runs_no_more_often_than_needed(connection):
    runs = []

    def noted(value: int) -> int:
        runs.append(value)
        return value

    connection.create_function("noted", noted, ["BIGINT"], "BIGINT", side_effects=True)
    relation = connection.sql("select noted(i) v, i::double y, 'a' as kind from range(10) r(i)")
    canvas = dp.Canvas(3, 3, x_range=(0, 9), y_range=(0, 9))
    for draw, times in (
        (lambda: canvas.points(relation, "v", "y"), 1),
        (lambda: canvas.points(relation, "v", "y", dp.by("kind")), 1),
        (lambda: dp.Canvas(3, 3).points(relation, "v", "y"), 2),
    ):
        runs.clear()
        draw()
        assert len(runs) == 10 * times


def test_a_relation_is_let_go(connection):
    canvas = dp.Canvas(3, 1, x_range=(0, 299_999), y_range=(-1, 1))
    with dp.scan(connection.sql("select v, y from t")) as source:
        for _ in range(2):
            assert np.asarray(canvas.points(source, "v", "y")).sum() == 300_000
            assert connection.execute("select count(*) from t").fetchall() == [(300_000,)]
    with dp.scan(connection.sql("select v, y from t")):
        pass
    assert connection.execute("select count(*) from t").fetchall() == [(300_000,)]


def test_xarray_columns():
    xarray = pytest.importorskip("xarray")
    dataset = xarray.Dataset({"v": ("row", INTS), "y": ("row", Y), "t": ("row", WHEN)})
    check({"v": dataset["v"], "y": dataset["y"]}, INTS.astype("f8"))
    check({"v": dataset["t"], "y": dataset["y"]}, numbers(WHEN))
    check(pa.table({"v": dataset["v"].values, "y": Y}), INTS.astype("f8"))
