"""Zarr drawn, scanned, compressed, on the command line: chunk by chunk, with the result of NumPy's arrays."""

from __future__ import annotations

import doctest
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import drypoint as dp
import numpy as np
import pytest
import zarr
from child import MB, run_child, run_cli
from test_read import same

pytestmark = pytest.mark.filterwarnings("ignore::zarr.errors.ZarrUserWarning")

RNG = np.random.default_rng(11)
COLUMNS = {
    "x": RNG.normal(size=30_000),
    "y": RNG.integers(-500, 500, 30_000).astype("i2"),
    "when": np.datetime64("2001-01-01", "ms") + RNG.integers(0, 10**9, 30_000).astype("m8[ms]"),
}


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    path = tmp_path_factory.mktemp("sources") / "points.zarr"
    group = zarr.create_group(path)
    for name, chunk, shard in (("x", 1000, None), ("y", 700, 7000), ("when", 30_000, None)):
        array = group.create_array(
            name, shape=(30_000,), chunks=(chunk,), shards=shard and (shard,), dtype=COLUMNS[name].dtype
        )
        array[...] = COLUMNS[name]
    group.create_group("more")
    return path


def cells(source, x="x", y="y"):
    canvas = dp.Canvas(60, 40, x_range=(-3, 3), y_range=(-500, 500)) if x == "x" else dp.Canvas(60, 40)
    return np.asarray(canvas.points(source, x, y))


def test_columns(points):
    expected = cells(COLUMNS)
    group = dp.open_zarr(points)
    theirs = zarr.open_group(points, mode="r")
    sources = [
        points,
        group,
        theirs,
        {"x": group["x"], "y": group["y"]},
        {"x": theirs["x"], "y": COLUMNS["y"]},
        (group["x"], group["y"]),
    ]
    for source in sources:
        np.testing.assert_array_equal(cells(source), expected)
    source = dp.scan(points)
    assert source.columns == ["when", "x", "y"] and source.rows == 30_000 and not source.one_shot
    assert source.schema == {"when": "timestamp[ms]", "x": "float64", "y": "int16"}
    read = [batch["when"] for batch in source.batches(["when"], rows=999)]
    np.testing.assert_array_equal(np.concatenate(read), COLUMNS["when"])
    np.testing.assert_array_equal(cells(points, "when"), cells(COLUMNS, "when"))


def test_rows(tmp_path):
    table = np.stack([COLUMNS["x"], COLUMNS["y"]], axis=1)
    dp.write_zarr(tmp_path / "a.zarr", table, chunks=(999, 1))
    for source in (
        tmp_path / "a.zarr",
        dp.open_zarr(tmp_path / "a.zarr"),
        zarr.open_array(tmp_path / "a.zarr"),
    ):
        np.testing.assert_array_equal(cells(source), cells(COLUMNS))
    dp.write_zarr(tmp_path / "b.zarr", table, chunks=(999, 1))
    both = cells(f"{tmp_path}/*.zarr")
    np.testing.assert_array_equal(both, 2 * cells(COLUMNS))
    np.testing.assert_array_equal(cells(tmp_path), both)
    same(dp.compress(tmp_path / "a.zarr")[...], table)
    same(dp.compress(zarr.open_array(tmp_path / "a.zarr"))[...], table)
    dp.compress(table).to_zarr(tmp_path / "c.zarr", codec="gzip")
    same(zarr.open_array(tmp_path / "c.zarr")[...], table)


def test_arrays_of_others(tmp_path):
    import h5py

    memory = zarr.create_group(zarr.storage.MemoryStore())
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name in ("x", "y"):
            memory.create_array(name, data=COLUMNS[name], chunks=(777,))
            file[name] = COLUMNS[name]
        table = np.stack([COLUMNS["x"], COLUMNS["y"]], axis=1)
        rows = memory.create_array("table", data=table, chunks=(500, 1))
        for source in ({"x": memory["x"], "y": file["y"]}, (file["x"], COLUMNS["y"]), rows):
            np.testing.assert_array_equal(cells(source), cells(COLUMNS))

    class Failing(zarr.Array):
        def __getitem__(self, index):
            raise ConnectionError("the cloud is gone")

    with pytest.raises(ConnectionError, match="the cloud is gone"):
        broken = memory["x"]
        broken.__class__ = Failing
        Failing.__module__ = "zarr.test"
        cells({"x": broken, "y": COLUMNS["y"]})


def test_page(tmp_path):
    """The examples of the page on Zarr run, one after the other."""
    page = (Path(__file__).parents[2] / "docs" / "zarr.md").read_text()
    program = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "<ZarrArray image.zarr shape=(1200, 1600) dtype=uint16" in done.stdout
    assert "float64 ['more', 'x', 'y']" in done.stdout


@pytest.mark.parametrize("name", ["zarr", "write_zarr"])
def test_docstrings(name):
    module = importlib.import_module(f"drypoint._arrays.{name}")
    assert doctest.testmod(module).failed == 0


def test_what_is_no_table(tmp_path):
    dp.write_zarr(tmp_path / "deep.zarr", np.zeros((2, 2, 2)))
    dp.write_zarr(tmp_path / "mixed.zarr", {"x": np.zeros(3), "y": np.zeros((3, 2))})
    dp.write_zarr(tmp_path / "uneven.zarr", {"x": np.zeros(3), "y": np.zeros(4)})
    zarr.create_group(tmp_path / "none.zarr")
    for name, error, match in [
        ("deep", dp.SchemaMismatch, "3 dimensions"),
        ("mixed", dp.SchemaMismatch, '"y" has the shape'),
        ("uneven", dp.SchemaMismatch, "3 rows.*has 4"),
        ("none", dp.EmptyData, "none.zarr is empty"),
    ]:
        with pytest.raises(error, match=match):
            dp.scan(tmp_path / f"{name}.zarr")
    with pytest.raises(dp.UnsupportedData, match="is a group"):
        dp.compress(tmp_path / "mixed.zarr")


def test_command_line(points, tmp_path):
    told = run_cli("info", points, "--json")
    assert told.returncode == 0, told.stderr
    assert [column["name"] for column in json.loads(told.stdout)["columns"]] == ["when", "x", "y"]
    drawn = run_cli(
        "draw", points, "-x", "x", "-y", "y", "--memory", "64MB", "-o", tmp_path / "a.png", "--json"
    )
    assert drawn.returncode == 0, drawn.stderr
    assert json.loads(drawn.stdout)["rows"] == 30_000
    program = f"""
import sys
from drypoint._cli import main
sys.argv = ["drypoint", "draw", {str(points)!r}, "-x", "x", "-y", "y", "-o", {str(tmp_path / "b.png")!r}, "--quiet"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
assert "numpy" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_boxes_of_a_large_image_in_flat_memory(tmp_path):
    side, step = 20_000, 1000
    program = f"""
import numpy as np, drypoint as dp
dp.set_budget("16MB")
side, step = {side}, {step}
row = np.arange(side, dtype="u2")
def bands():
    for first in range(0, side, 500):
        yield (row[first:first + 500, None] + row).astype("u2")
def resident():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]) * 1024
np.zeros(30_000_000, "u1").sum()
before = resident()
dp.write_zarr({str(tmp_path / "image.zarr")!r}, bands(), chunks=(500, 500), threads=2)
image = dp.open_zarr({str(tmp_path / "image.zarr")!r})
assert image.shape == (side, side)
total = 0
for y in range(0, side, step):
    box = image[y:y + step, 7_000:9_000]
    assert box[3, 5] == (y + 3 + 7_005) % 65536
    total += int(image[y, ::4000].sum(dtype="u8"))
thumbnail = image[::200, ::200]
assert (thumbnail == row[::200, None] + row[::200]).all()
largest = int(image.max())
result = {{"before": before, "largest": largest, "total": total}}
"""
    child = run_child(program)
    assert child.result["largest"] == 2 * side - 2
    row = np.arange(side, dtype="u8")
    assert child.result["total"] == sum(int((row[::4000] + y).sum()) for y in range(0, side, step))
    # The budget, and the one band of the source (20 MB, computed by way of another of the same size).
    assert child.peak_resident < child.result["before"] + 16 * MB + 16 * MB + 2 * 20 * MB
