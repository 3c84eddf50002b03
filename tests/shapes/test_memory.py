"""What polygons of a file hold, told by the system from outside."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np

CHILD = """
import json, sys
import drypoint as dp
canvas = dp.Canvas(300, 200, x_range=(0, 40), y_range=(0, 25))
found = canvas.polygons(sys.argv[1], memory="24MB")
told = open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]
print(json.dumps({"rows": found.rows, "peak": int(told) * 1024, "numpy": "numpy" in sys.modules}))
"""


def test_polygons_of_a_large_file_in_a_small_budget(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(8)
    count, corners = 1000, 2000
    angle = np.linspace(0, 2 * np.pi, corners)
    head = np.array([(1, 3, 1, corners)], "u1,<u4,<u4,<u4").tobytes()
    path = tmp_path / "shapes.parquet"
    with pq.ParquetWriter(
        path, pa.schema([("geometry", pa.binary())]), data_page_size=1 << 18, write_batch_size=8
    ) as w:
        for start in range(0, count, 100):
            place = np.stack(np.divmod(np.arange(start, start + 100), 25), 1)[:, None, :] + 0.5
            ring = place + 0.5 * rng.uniform(0.5, 1, (100, corners, 1)) * np.stack(
                [np.cos(angle), np.sin(angle)], 1
            )
            w.write_table(pa.table({"geometry": [head + shape.tobytes() for shape in ring]}))
    assert path.stat().st_size > 24_000_000
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, timeout=120
    )
    assert not done.returncode, done.stderr
    told = json.loads(done.stdout)
    assert told["rows"] == count
    assert not told["numpy"]
    assert (
        told["peak"] < 24_000_000 + 16 * 2**20 + 20_000_000
    )  # the budget, what is beside it, and the interpreter
