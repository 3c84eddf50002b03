"""Every dtype and memory layout of NumPy, and the plain sequences of Python."""

from __future__ import annotations

import array
import datetime
import decimal
import fractions

import drypoint as dp
import numpy as np
import pytest
from agree import check, numbers, words

ROWS = 500
INTS = np.random.default_rng(5).integers(0, 100, ROWS)
Y = np.zeros(ROWS)

DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "q", "Q", "l", "L"]
TIMES = [f"{kind}8[{unit}]" for kind in "Mm" for unit in ("W", "D", "h", "m", "s", "ms", "us", "ns")]


def with_holes(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        values[::7] = np.nan
    elif values.dtype.kind in "mM":
        values[::7] = "NaT"
    return values


def unaligned(values: np.ndarray) -> np.ndarray:
    bytes_ = np.zeros(values.nbytes + 1, "u1")
    bytes_[1:] = np.frombuffer(values.tobytes(), "u1")
    return bytes_[1:].view(values.dtype)


def read_only(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values.flags.writeable = False
    return values


def padded(values: np.ndarray) -> np.ndarray:
    records = np.zeros(len(values), np.dtype([("a", "u1"), ("v", values.dtype), ("b", "u1")], align=True))
    records["v"] = values
    return records["v"]


LAYOUTS = {
    "plain": lambda v: v,
    "strided": lambda v: np.repeat(v, 3)[::3],
    "reversed": lambda v: v[::-1].copy()[::-1],
    "column": lambda v: np.stack([v, v], axis=1)[:, 1],
    "swapped": lambda v: v.astype(v.dtype.newbyteorder(">")),
    "swapped and strided": lambda v: np.repeat(v.astype(v.dtype.newbyteorder(">")), 2)[::2],
    "unaligned": unaligned,
    "read-only": read_only,
    "padded": padded,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [*DTYPES, *TIMES])
def test_dtypes(dtype, layout):
    values = with_holes((INTS if dtype != "?" else INTS > 50).astype(dtype))
    expected = numbers(values)
    if dtype[-3:] == "[W]":
        expected *= 7  # there are no weeks in Arrow: days
    elif dtype[-3:] == "[h]":
        expected *= 3600
    elif dtype[-3:] == "[m]":
        expected *= 60
    laid = LAYOUTS[layout](values)
    check({"v": laid, "y": Y}, expected)


@pytest.mark.parametrize("dtype", ["f4", "M8[s]", "i8"])
def test_broadcast(dtype):
    one = np.broadcast_to(np.array(3, dtype), ROWS)
    check({"v": one, "y": np.broadcast_to(0.0, ROWS)}, np.full(ROWS, 3.0))


@pytest.mark.parametrize("unit", ["Y", "M"])
def test_calendar_units_become_days(unit):
    values = with_holes(np.arange(ROWS).astype(f"M8[{unit}]"))
    check({"v": values, "y": Y}, numbers(values.astype("M8[D]")))


@pytest.mark.parametrize("dtype", ["m8[Y]", "m8[M]", "M8[ps]", "m8[as]", "m8", "c16", "V8", "f16"])
def test_what_has_no_place_on_an_axis(dtype):
    source = {"v": np.zeros(3, dtype), "y": np.zeros(3)}
    with pytest.raises(dp.DrypointError, match='"v"'):
        dp.Canvas().points(source, "v", "y")


def test_nothing_bad_beside_does_harm():
    source = {"v": INTS, "c": INTS.astype("c16"), "y": Y}
    check(source, INTS.astype("f8"))


@pytest.mark.parametrize("dtype", ["i4", "f8", "M8[ms]", "u1", "?"])
def test_masked(dtype):
    masked = np.ma.masked_array(INTS.astype(dtype), INTS % 3 == 0)
    expected = np.where(INTS % 3 == 0, np.nan, numbers(INTS.astype(dtype)))
    check({"v": masked, "y": Y}, expected)
    check({"v": masked[::-2], "y": Y[::2]}, expected[::-2])
    check(np.ma.stack([masked, np.ma.zeros(ROWS, dtype)], axis=1), expected, "x") if dtype == "f8" else None


def test_structured():
    records = np.zeros(ROWS, np.dtype([("v", "<i4"), ("a", "S3"), ("y", ">f4"), ("n", "U2")], align=True))
    records["v"] = INTS
    records["n"] = np.where(INTS > 50, "é", "bb")
    for source in (records, records.view(np.recarray), records[::2]):
        check(source, source["v"].astype("f8"))
        words(source, source["n"].tolist(), "n")
    masked = np.ma.masked_array(records, mask=False)
    masked["v"].mask = INTS > 90
    masked.mask["v"] = INTS > 90
    check(masked, np.where(INTS > 90, np.nan, INTS))


def test_memmap(tmp_path):
    path = tmp_path / "a.bin"
    INTS.astype(">i2").tofile(path)
    check({"v": np.memmap(path, ">i2", "r"), "y": Y}, INTS.astype("f8"))


@pytest.mark.parametrize("columns", [2, 3, 5])
@pytest.mark.parametrize("order", ["C", "F"])
def test_columns_of_an_array(columns, order):
    values = np.zeros((ROWS, columns), order=order)
    values[:, 0] = INTS
    names = {2: ["x", "y"], 3: ["x", "y", "z"], 5: ["x", "y", "2", "3", "4"]}[columns]
    assert dp.scan(values).columns == names
    check(values, INTS.astype("f8"), "x")
    check(lambda: iter(np.array_split(values, [0, 1, 300])), INTS.astype("f8"), "x")


def test_one_column_and_no_column():
    one = INTS.reshape(-1, 1)
    (name,) = dp.scan(one).columns
    np.testing.assert_array_equal(np.asarray(dp.Canvas(3, 1).points(one, name, name)).sum(), ROWS)
    for nothing in (np.zeros((0, 2)), {"x": np.zeros(0), "y": np.zeros(0)}):
        with pytest.raises(dp.EmptyData):
            dp.Canvas().points(nothing, "x", "y")
    for bad in (
        np.float64(3.0),
        np.array(3.0),
        np.zeros((2, 2, 2)),
        {"x": np.array(1.0), "y": np.array(1.0)},
    ):
        with pytest.raises(dp.DrypointError):
            dp.Canvas().points(bad, "x", "y")
    with pytest.raises(dp.SchemaMismatch, match="rows"):
        dp.scan({"x": np.zeros(3), "y": np.zeros(2)})


MIXED = {
    "ints": ([3, 1, 2], [3, 1, 2]),
    "ints and None": ([3, None, 2], [3, np.nan, 2]),
    "ints and floats": ([3, 1.5, None], [3, 1.5, np.nan]),
    "large ints": ([2**60, 2**63 - 1, -5], [2.0**60, 2.0**63, -5]),
    "bools": ([True, False, None], [1, 0, np.nan]),
    "numpy scalars": ([np.float32(1.5), np.int8(3), np.nan], [1.5, 3, np.nan]),
    "decimals": ([decimal.Decimal("1.25"), None, decimal.Decimal(2)], [1.25, np.nan, 2]),
    "fractions": ([fractions.Fraction(1, 4), 2, None], [0.25, 2, np.nan]),
    "dates": ([datetime.date(1970, 1, 2), None, datetime.date(1970, 1, 3)], [1, np.nan, 2]),
    "datetimes": (
        [datetime.datetime(1970, 1, 1, 0, 0, 1, 5), None, datetime.datetime(1969, 12, 31, 23, 59, 59)],
        [1_000_005, np.nan, -1_000_000],
    ),
    "zoned": (
        [
            datetime.datetime(1970, 1, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
            None,
            datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC),
        ],
        [0, np.nan, 0],
    ),
    "spans": ([datetime.timedelta(seconds=2), None, datetime.timedelta(microseconds=-1)], [2e6, np.nan, -1]),
    "times": ([datetime.time(0, 0, 1), None, datetime.time(0, 0, 0, 7)], [1e6, np.nan, 7]),
    "instants of numpy": (
        [np.datetime64("1970-01-02"), None, np.datetime64("NaT")],
        [86_400e6, np.nan, np.nan],
    ),
    "spans of numpy": ([np.timedelta64(2, "s"), None, np.timedelta64("NaT")], [2e6, np.nan, np.nan]),
    "all None": ([None, None, None], [np.nan] * 3),
}


@pytest.mark.parametrize("kind", MIXED)
def test_objects(kind):
    values, expected = MIXED[kind]
    zeros = [0.0] * 3
    expected = np.array(expected, "f8")
    check({"v": values, "y": zeros}, expected)
    check({"v": tuple(values), "y": range(3)} | {"y": zeros}, expected)
    check({"v": np.array(values, object), "y": zeros}, expected)
    check(lambda: ({"v": value, "y": 0} for value in values), expected)
    check(lambda: zip(values, zeros, strict=True), expected, "x")
    check([[value, 0] for value in values], expected, "x")


@pytest.mark.parametrize("values", [["b", None, "a"], ["", "é", ""]])
def test_text_objects(values):
    y = [0.0] * 3
    words({"v": values, "y": y}, values)
    words({"v": np.array(values, object), "y": y}, values)
    words(lambda: ({"v": value, "y": 0} for value in values), values)
    words([{"v": value, "y": 0} for value in values], values)
    if None not in values:
        words({"v": np.array(values), "y": y}, values)
        words({"v": np.array(values, np.dtypes.StringDType()), "y": y}, values)
        words({"v": np.array([value.encode() for value in values]), "y": y}, values)


BAD = {
    "number after text": ["a", 1],
    "text after number": [1, "a"],
    "date after number": [1, datetime.date(1970, 1, 1)],
    "number after date": [datetime.date(1970, 1, 1), 1],
    "an object": [object()],
    "a complex": [1j, None],
}


@pytest.mark.parametrize("kind", BAD)
def test_mixed_kinds_are_refused(kind):
    values = BAD[kind]
    for source in (
        {"v": values, "y": [0] * len(values)},
        ({"v": value, "y": 0} for value in values),
        {"v": np.array(values, object), "y": [0] * len(values)},
    ):
        with pytest.raises(dp.DrypointError, match='"v"'):
            dp.Canvas(3, 3, x_range=(0, 1), y_range=(0, 1)).points(source, "v", "y")


def test_sequences_and_buffers():
    plain = INTS.tolist()
    y = array.array("d", Y)
    for code in "bBhHiIlLqQfd":
        check({"v": array.array(code, plain), "y": y}, INTS.astype("f8"))
    check({"v": range(10, 0, -2), "y": np.zeros(5)}, np.arange(10.0, 0, -2))
    check({"v": bytes(plain), "y": y}, INTS.astype("f8"))
    check({"v": memoryview(INTS)[::-2], "y": Y[::2]}, INTS[::-2].astype("f8"))
    check((array.array("i", plain), y), INTS.astype("f8"), "x")
    check([INTS, Y], INTS.astype("f8"), "x")
    check((plain, Y), INTS.astype("f8"), "x")
    check({"v": plain, "y": array.array("f", Y), "t": np.arange(ROWS).astype("M8[s]")}, INTS.astype("f8"))
