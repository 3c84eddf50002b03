"""Memory promises, measured from outside in child processes."""

from __future__ import annotations

import json

import drypoint as dp
import numpy as np
import pytest
from child import MB, run_child, run_cli

ROWS = 6_000_000  # 96 MB of float64 pairs: more than the budgets below


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.feather
    import pyarrow.parquet

    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(5)
    table = pa.table({"x": rng.normal(size=ROWS), "y": rng.normal(size=ROWS)})
    pyarrow.parquet.write_table(table, folder / "a.parquet")
    pyarrow.parquet.write_table(table, folder / "pages.parquet", data_page_size=8 << 20, use_dictionary=False)
    pyarrow.parquet.write_table(table, folder / "zstd.parquet", compression="zstd", row_group_size=ROWS)
    pyarrow.feather.write_feather(table, folder / "a.feather", compression="uncompressed")
    with pa.ipc.new_file(folder / "one.arrow", table.schema) as writer:
        writer.write_table(table)
    np.save(folder / "a.npy", np.column_stack([table["x"], table["y"]]))
    np.savez(folder / "a.npz", x=table["x"].to_numpy(), y=table["y"].to_numpy())
    pyarrow.csv.write_csv(table.slice(0, ROWS // 4), folder / "a.csv")
    return folder


FILES = ["a.parquet", "pages.parquet", "zstd.parquet", "a.feather", "one.arrow", "a.npy", "a.npz", "a.csv"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("bare", [True, False])
def test_the_whole_process_stays_under_64_mb(files, name, bare, tmp_path):
    out = tmp_path / "out.png"
    extra = ["--bare"] if bare else []
    done = run_cli(
        "draw", files / name, "-x", "x", "-y", "y", "--memory", "64MB", "-o", out, "--json", *extra
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["rows"] == (ROWS // 4 if name.endswith("csv") else ROWS)
    assert told["peak_resident_bytes"] < 64 * MB
    assert out.stat().st_size > 1000


@pytest.mark.parametrize("name", ["a.parquet", "a.npy", "a.csv"])
def test_32_mb_works_or_is_refused_before_it_starts(files, name, tmp_path):
    out = tmp_path / "out.png"
    done = run_cli(
        "draw", files / name, "-x", "x", "-y", "y", "--memory", "32MB", "-o", out, "--json", "--bare"
    )
    if done.returncode == 0:
        assert json.loads(done.stdout)["peak_resident_bytes"] < 32 * MB
    else:
        assert done.returncode == 2 and "asked for" in done.stderr and not out.exists()


def test_in_a_program_the_budget_bounds_what_is_held(files):
    child = run_child(
        f"""
import drypoint as dp
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
before = resident()
dp.set_budget("24MB")
for _ in range(3):
    dp.draw({str(files / "a.parquet")!r}, x="x", y="y")._repr_png_()
result = before
"""
    )
    assert child.peak_resident < child.result + 24 * MB + 16 * 1024 * 1024


def test_a_generator_is_never_held(tmp_path):
    child = run_child(
        """
import numpy as np
import drypoint as dp
def chunks():
    rng = np.random.default_rng(0)
    for _ in range(60):
        yield rng.normal(size=(250_000, 2))
figure = dp.draw(chunks(), x="x", y="y", memory="48MB")
result = figure.aggregate.rows
"""
    )
    assert child.result == 15_000_000
    assert child.peak_resident < 110 * MB  # NumPy itself, one chunk while the next is made, and the canvas


def test_the_second_picture_misses_no_block(files):
    child = run_child(
        f"""
import drypoint as dp
def picture():
    return dp.draw({str(files / "a.parquet")!r}, x="x", y="y", threads=2)._repr_png_()
first = picture()
before = dp.memory()["misses"]
assert picture() == first
result = dp.memory()["misses"] - before
"""
    )
    assert child.result == 0


def test_import_is_light():
    child = run_child(
        """
import sys
before = set(sys.modules)
import drypoint
heavy = {"numpy", "matplotlib", "pandas", "pyarrow", "tqdm", "PIL", "inspect", "typing", "dataclasses", "logging"}
result = sorted(heavy & set(sys.modules) - before)
"""
    )
    assert child.result == []


def test_what_is_freed_is_freed_without_the_collector():
    child = run_child(
        """
import gc
import drypoint as dp
gc.disable()
points = {"x": memoryview(bytes(1000)), "y": memoryview(bytes(1000))}
before = dp.memory()["reserved"]
figure = dp.draw(points, x="x", y="y")
image = figure.image()
held = dp.memory()["reserved"] - before
del figure, image
result = [held > 0, dp.memory()["reserved"] - before]
"""
    )
    assert child.result == [True, 0]


def test_too_small_a_budget_is_refused_with_names():
    points = {"x": memoryview(bytes(1000)), "y": memoryview(bytes(1000))}
    with pytest.raises(dp.BudgetExceeded) as caught:
        canvas = dp.Canvas(20_000, 20_000, x_range=(-1, 1), y_range=(-1, 1), tiled=False)
        canvas.points(points, "x", "y", memory="100MB")
    assert isinstance(caught.value, MemoryError)
    assert caught.value.requested > caught.value.available
    assert caught.value.consumer in str(caught.value)


def test_memory_reports_plain_numbers():
    report = dp.memory()
    assert report["live"] <= report["reserved"] + report["idle"] + report["resident"]
    assert {"budget", "reserved", "live", "idle", "resident", "hits", "misses", "consumers"} <= set(report)
    assert ("budget" in repr(report) and "MB" in repr(report)) or "GB" in repr(report)
    json.dumps(report)
