"""What the system sees of a process that draws arrays larger than its budget."""

import drypoint as dp
import numpy as np
import pytest
from memory.child import MB, run_child

#: Beyond what the process has after its imports, and beyond its budget.
OVERHEAD = 16 * 1024 * 1024

PROGRAM = """
import numpy as np, drypoint as dp
rows = columns = 9_000
def strips():
    line = np.arange(columns) // 8
    for start in range(0, rows, 500):
        yield ((line + np.arange(start, start + 500)[:, None] // 8) & 0x3ff).astype("u2")
{make}
def resident():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
def reset():
    open("/proc/self/clear_refs", "w").write("5")
np.linalg.norm(np.ones(10))
dp.Canvas(9, 9).raster(array[:10, :10])
before = resident()
reset()
aggregate = dp.Canvas(1200, 1200).raster(array, memory="24MB"{options})
result = before, float(np.asarray(aggregate).mean())
"""

KINDS = {
    "zarr": """
import tempfile, atexit, shutil
folder = tempfile.mkdtemp()
atexit.register(shutil.rmtree, folder)
dp.write_zarr(folder + "/a.zarr", strips(), chunks=(500, 500))
array = dp.open_zarr(folder + "/a.zarr")
""",
    "memmap": """
import tempfile
file = tempfile.NamedTemporaryFile()
for strip in strips():
    strip.tofile(file)
file.flush()
array = np.memmap(file.name, "u2", "r", shape=(rows, columns))
""",
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_array_of_many_budgets_is_drawn_in_one(kind):
    child = run_child(PROGRAM.format(make=KINDS[kind], options=""))
    before, mean = child.result
    assert child.peak_resident < before + 24 * MB + OVERHEAD, (child.peak_resident / MB, before / MB)
    assert 400 < mean < 620


def test_a_zarr_image_is_drawn_by_a_process_of_64_mb(tmp_path):
    row = np.arange(6_000, dtype="u2") // 8
    strips = (row + np.arange(at, at + 1000, dtype="u2")[:, None] // 8 for at in range(0, 6_000, 1000))
    dp.write_zarr(tmp_path / "image.zarr", strips, chunks=(1000, 1000))  # 72 MB
    program = f"""
import sys
import drypoint as dp
image = dp.Canvas(1600, 1600).raster(dp.open_zarr({str(tmp_path / "image.zarr")!r}), memory="64MB").shade(how="linear")
image.save({str(tmp_path / "image.png")!r})
result = "numpy" in sys.modules, image.width
"""
    child = run_child(program)
    assert child.result == [False, 1600]
    assert child.peak_resident < 64e6, child.peak_resident / 1e6
