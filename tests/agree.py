"""What a column of any source must be, and whether drawing and reading it agree with that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import drypoint as dp
import numpy as np

PIXELS = 17


def as_float(values: Any) -> np.ndarray:
    """An Arrow array as float64, instants as their integers, NaN where a value is missing: one object after another."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(values, pa.ChunkedArray):
        return np.concatenate([as_float(chunk) for chunk in values.chunks] or [np.zeros(0)])
    if pa.types.is_dictionary(values.type):
        return as_float(values.dictionary_decode())
    if pa.types.is_run_end_encoded(values.type):
        return as_float(pc.run_end_decode(values))
    if values.type in (pa.date32(), pa.time32("s"), pa.time32("ms")):
        values = values.cast(pa.int32())
    elif pa.types.is_temporal(values.type):
        values = values.cast(pa.int64())
    return np.array([np.nan if value is None else float(value) for value in values.to_pylist()], "f8")


def numbers(values: np.ndarray) -> np.ndarray:
    """A NumPy array as float64, instants as their integers, NaN for NaT."""
    if values.dtype.kind in "mM":
        return np.where(np.isnat(values), np.nan, values.view("i8").astype("f8"))
    return values.astype("f8")


def check(make: Callable[[], Any] | Any, expected: np.ndarray, name: str = "v") -> None:
    """Column `name` is `expected` (float64, NaN where missing): drawn, ranged, read as NumPy and as Arrow.

    `make` gives the source, or makes it anew where it can be read only once. Its column ``y`` is all zeros.
    """
    import pyarrow as pa

    source = make if callable(make) else lambda: make
    finite = expected[np.isfinite(expected)]
    start, end = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    if start == end:
        start, end = start - 1, end + 1
    inside = finite[(finite >= start) & (finite <= end)]
    scale = PIXELS / (end - start)
    pixels = np.clip(np.floor(inside * scale + -start * scale), 0, PIXELS - 1).astype(int)
    pixels[inside == end] = PIXELS - 1
    counts = np.bincount(pixels, minlength=PIXELS)
    for threads in (1, 2, 4):
        canvas = dp.Canvas(PIXELS, 1, x_range=(start, end), y_range=(-1, 1))
        if len(expected):
            drawn = canvas.points(source(), name, "y", threads=threads)
            np.testing.assert_array_equal(np.asarray(drawn)[0], counts)
            assert (drawn.rows, drawn.skipped) == (len(expected), len(expected) - len(finite))
    if len(finite) and finite.min() < finite.max():
        whole = dp.Canvas(PIXELS, 1, y_range=(-1, 1)).points(source(), name, "y", exact=True)
        assert whole.x_range == (finite.min(), finite.max())
        np.testing.assert_array_equal(np.asarray(whole)[0], counts)
    parts = list(dp.scan(source()))
    read = np.concatenate([numbers(part[name]) for part in parts] or [np.zeros(0)])
    np.testing.assert_array_equal(read, expected)
    for part in parts:
        record = pa.record_batch(part)
        record.validate(full=True)
        values = part[name]
        if values.dtype == "m8[D]":  # Arrow has no spans of days
            values = values.astype("m8[s]")
        np.testing.assert_array_equal(as_float(record[name]), numbers(values))


def words(make: Callable[[], Any] | Any, expected: list[str | None], name: str = "v") -> None:
    """Text column `name` is `expected`: as categories, read as NumPy and as Arrow."""
    import pyarrow as pa

    source = make if callable(make) else lambda: make
    canvas = dp.Canvas(1, 1, x_range=(-1, 1), y_range=(-1, 1))
    known = sorted({word for word in expected if word is not None})
    for threads in (1, 3):
        drawn = canvas.points(source(), "y", "y", dp.by(name), threads=threads)
        assert drawn.categories == known
        np.testing.assert_array_equal(np.asarray(drawn)[0, 0], [expected.count(word) for word in known])
    parts = list(dp.scan(source()))
    assert [word for part in parts for word in part[name].tolist()] == expected
    read = [word for part in parts for word in pa.record_batch(part)[name].cast("string").to_pylist()]
    assert read == expected
