"""Every type of Arrow, in every shape in which a library may hand it out."""

from __future__ import annotations

import datetime
import decimal

import drypoint as dp
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from agree import as_float, check, words

ROWS = 600
RNG = np.random.default_rng(11)
INTS = RNG.integers(0, 100, ROWS)
MISSING = RNG.random(ROWS) < 0.2
Y = pa.array(np.zeros(ROWS))
KEYS = [pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()]


def column(data_type, make=int):
    return pa.array(
        [None if missing else make(value) for value, missing in zip(INTS, MISSING, strict=True)], data_type
    )


def columns() -> dict[str, pa.Array]:
    made = {str(t): column(t) for t in (*KEYS, pa.float32(), pa.float64())}
    made["float16"] = column(pa.float16(), np.float16)
    made["bool"] = column(pa.bool_(), lambda value: bool(value > 50))
    made["bool, none missing"] = pa.array(INTS > 50)
    day = datetime.date(1969, 11, 11)
    for t in (pa.date32(), pa.date64()):
        made[str(t)] = column(t, lambda value: day + datetime.timedelta(int(value)))
    for unit in ("s", "ms", "us", "ns"):
        for t in (pa.timestamp(unit), pa.timestamp(unit, "UTC"), pa.timestamp(unit, "Europe/Vienna")):
            made[str(t)] = column(pa.int64(), lambda value: int(value) - 50).cast(t)
        made[f"duration {unit}"] = column(pa.int64()).cast(pa.duration(unit))
    for t, bits in (
        (pa.time32("s"), 32),
        (pa.time32("ms"), 32),
        (pa.time64("us"), 64),
        (pa.time64("ns"), 64),
    ):
        made[str(t)] = column(getattr(pa, f"int{bits}")()).cast(t)
    for t in (pa.decimal32(7, 2), pa.decimal64(15, 3), pa.decimal128(30, 5), pa.decimal256(60, 5)):
        made[str(t)] = column(t, lambda value: decimal.Decimal(int(value) - 50) / 4)
    made["decimal of hundreds"] = column(
        pa.decimal128(30, -2), lambda value: decimal.Decimal(int(value) * 100)
    )
    for key in KEYS:
        keys = column(key)
        made[f"dictionary by {key}"] = pa.DictionaryArray.from_arrays(keys, pa.array(np.arange(100) * 1.5))
    instants = pa.array(np.arange(100) * 1000, pa.timestamp("ms", "UTC"))
    made["dictionary of instants"] = pa.DictionaryArray.from_arrays(column(pa.int32()), instants)
    holes = pa.array([None if value % 7 == 0 else value for value in range(100)])
    made["dictionary with a missing word"] = pa.DictionaryArray.from_arrays(column(pa.int16()), holes)
    runs = pa.array(np.sort(INTS), pa.int64())
    made["runs"] = pc.run_end_encode(runs)
    made["short runs, some missing"] = pc.run_end_encode(column(pa.float32()), run_end_type=pa.int16())
    made["null"] = pa.nulls(ROWS)
    return made


COLUMNS = columns()


def chunked(values):
    cuts = [(0, 0), (0, 7), (7, 7), (7, 400), (400, ROWS), (0, 0)]
    return pa.chunked_array([values[start:end] for start, end in cuts], type=values.type)


SHAPES = {
    "table": (lambda v: pa.table({"v": v, "y": Y}), slice(None)),
    "sliced": (lambda v: pa.table({"v": v, "y": Y}).slice(13, 501), slice(13, 514)),
    "chunked": (lambda v: pa.table({"v": chunked(v), "y": Y}), slice(None)),
    "batch": (lambda v: pa.record_batch([v, Y], ["v", "y"]).slice(5, 100), slice(5, 105)),
    "struct": (lambda v: pa.StructArray.from_arrays([v, Y], ["v", "y"]).slice(5, 100), slice(5, 105)),
    "mapping": (lambda v: {"v": v, "y": Y}, slice(None)),
    "mapping of chunks": (lambda v: {"v": chunked(v).slice(3), "y": np.zeros(ROWS - 3)}, slice(3, None)),
    "batches": (lambda v: iter(pa.table({"v": v, "y": Y}).to_batches(max_chunksize=77)), slice(None)),
    "reader": (lambda v: pa.table({"v": v, "y": Y}).to_reader(50), slice(None)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", COLUMNS)
def test_columns(kind, shape):
    make, rows = SHAPES[shape]
    check(lambda: make(COLUMNS[kind]), as_float(COLUMNS[kind])[rows])


WORDS = ["oak", "ash", "", "élan", "a word that is longer than twelve bytes"]
TEXT = column(pa.string(), lambda value: WORDS[value % 5])
TEXTS = {
    "string": TEXT,
    "large_string": TEXT.cast(pa.large_string()),
    "string_view": TEXT.cast(pa.string_view()),
    "dictionary of views": pa.DictionaryArray.from_arrays(
        column(pa.uint8(), lambda value: value % 5), pa.array(WORDS, pa.string_view())
    ),
    "ordered": pa.DictionaryArray.from_arrays(
        column(pa.int8(), lambda value: value % 5), pa.array(WORDS), ordered=True
    ),
    "word twice": pa.DictionaryArray.from_arrays(
        column(pa.int64(), lambda value: value % 5), pa.array(WORDS[:3] + WORDS[:1] + [None])
    ),
    "runs": pc.run_end_encode(TEXT),
    **{
        f"dictionary by {key}": TEXT.dictionary_encode().cast(pa.dictionary(key, pa.string())) for key in KEYS
    },
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", TEXTS)
def test_text(kind, shape):
    make, rows = SHAPES[shape]
    text = TEXTS[kind]
    plain = pc.run_end_decode(text) if kind == "runs" else text
    words(lambda: make(text), plain.to_pylist()[rows])


def test_a_dictionary_may_differ_from_batch_to_batch():
    batches = [
        pa.record_batch([pa.array(part).dictionary_encode(), pa.array(np.zeros(3))], ["v", "y"])
        for part in (["b", "a", "b"], ["a", "c", None], ["d", "d", "a"])
    ]
    words(pa.Table.from_batches(batches), ["b", "a", "b", "a", "c", None, "d", "d", "a"])


NESTED = {
    "list": pa.array([[1], None, []]),
    "struct": pa.array([{"a": 1}, None, {"a": 2}]),
    "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int64())),
    "fixed list": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64(), 2)),
    "list view": pa.array([[1], None, []], pa.list_view(pa.int64())),
    "binary": pa.array([b"\xff", None, b""]),
    "fixed binary": pa.array([b"ab", None, b"cd"], pa.binary(2)),
    "union": pa.UnionArray.from_sparse(pa.array([0, 0, 0], pa.int8()), [pa.array([1, 2, 3])]),
    "interval": pa.array([None, (1, 2, 3), None], pa.month_day_nano_interval()),
}


@pytest.mark.parametrize("kind", NESTED)
def test_nested_columns_do_no_harm(kind):
    table = pa.table({"v": [1.0, 2.0, 4.0], kind: NESTED[kind], "y": [0.0, 0.0, 0.0]})
    check(table, np.array([1.0, 2.0, 4.0]))
    with pytest.raises(dp.NotNumeric, match=kind):
        dp.Canvas().points(table, kind, "y")


def test_tables_of_odd_sizes():
    one = pa.table({"v": [3], "y": [0.0]})
    check(one, np.array([3.0]))
    empty = one.slice(0, 0)
    check(empty, np.zeros(0))
    check(empty.schema.empty_table(), np.zeros(0))
    for nothing in (empty, iter([empty, empty]), pa.table({"v": [], "y": []}), iter([])):
        with pytest.raises(dp.EmptyData):
            dp.Canvas().points(nothing, "v", "y")
    check(lambda: iter([empty, one, empty, one]), np.array([3.0, 3.0]))
    with pytest.raises(dp.MissingColumn):
        dp.Canvas().points(pa.table({}), "v", "y")
    assert [b.rows for b in dp.scan(pa.table({}))] == []
    wide = pa.table({f"c{i}": [i, i + 1] for i in range(300)} | {"y": [0.0, 0.0]})
    check(wide, np.array([123.0, 124.0]), "c123")


def test_columns_of_one_name_get_a_number():
    table = pa.Table.from_arrays([pa.array([1, 2]), pa.array([3, 4]), pa.array([0.0, 0.0])], ["v", "v", "y"])
    assert dp.scan(table).columns == ["v", "v.1", "y"]
    check(table, np.array([1.0, 2.0]))
    check(table, np.array([3.0, 4.0]), "v.1")


def test_a_dataset(tmp_path):
    table = pa.table({"v": COLUMNS["int64"], "y": Y})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=100)
    dataset = pyarrow.dataset.dataset(tmp_path)
    expected = as_float(COLUMNS["int64"])
    assert not dp.scan(dataset).one_shot
    check(dataset, expected)
    check(lambda: dataset.scanner().to_reader(), expected)
