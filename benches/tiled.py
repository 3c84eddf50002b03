"""Tiled canvases beside whole ones and the sparse counts of SciPy: the same points, each in a process of its own.

``python benches/tiled.py [points]`` prints a line for each case: nanoseconds of the processor for a point (of one thread,
so that what else runs matters little), the bytes held in the end, and the peak that the system saw beyond the points.
"""

from __future__ import annotations

import json
import subprocess
import sys

CASES = [
    ("clusters", 65_536, "tiled"),
    ("clusters", 65_536, "coo"),
    ("mixed", 65_536, "tiled"),
    ("uniform", 65_536, "tiled"),
    ("full", 4_000, "tiled"),
    ("full", 4_000, "whole"),
]

_CHILD = """
import json, sys, time
import numpy as np
import drypoint as dp

kind, side, how, rows = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
centres = np.random.default_rng(1).uniform(0.1, 0.9, (40, 2))
widths = np.random.default_rng(2).uniform(2e-4, 3.5e-3, 40)
share = {"clusters": 0.0, "mixed": 0.3, "uniform": 1.0, "full": 0.0}[kind]

def part(seed, count):
    rng = np.random.default_rng(seed)
    if kind == "full":
        return rng.normal(0.5, 0.2, count), rng.normal(0.5, 0.2, count)
    which = rng.integers(0, 40, count)
    x = centres[which, 0] + rng.standard_normal(count) * widths[which]
    y = centres[which, 1] + rng.standard_normal(count) * widths[which]
    spread = rng.random(count) < share
    x[spread], y[spread] = rng.random(spread.sum()), rng.random(spread.sum())
    return x, y

x, y = np.empty(rows), np.empty(rows)
for at in range(0, rows, 1_000_000):
    end = min(rows, at + 1_000_000)
    x[at:end], y[at:end] = part(at, end - at)

def resident(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))

with open("/proc/self/clear_refs", "w") as reset:
    reset.write("5")  # the peak begins again
before, begun = resident("VmRSS"), time.process_time()
if how == "coo":
    import scipy.sparse
    inside = (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
    at = ((y[inside] * side).astype("i4"), (x[inside] * side).astype("i4"))
    counts = scipy.sparse.coo_array((np.ones(len(at[0]), "u4"), at), (side, side))
    counts.sum_duplicates()
    held = counts.data.nbytes + sum(index.nbytes for index in counts.coords)
else:
    height = side * 3 // 4 if kind == "full" else side
    canvas = dp.Canvas(side, height, x_range=(0, 1), y_range=(0, 1), tiled=how == "tiled")
    counts = canvas.points({"x": x, "y": y}, "x", "y", threads=1)
    held = counts.nbytes
spent = time.process_time() - begun
print(json.dumps({"ns": spent / rows * 1e9, "held": held, "peak": resident("VmHWM") - before}))
"""


def run(kind: str, side: int, how: str, rows: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, kind, str(side), how, str(rows)],
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def main() -> None:
    rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else 100_000_000
    print(f"{rows:,} points")
    print(
        f"{'points':<10}{'canvas':>9}  {'how':<7}{'ns/point':>9}{'MB held':>10}{'B/point':>9}{'MB peak':>9}"
    )
    for kind, side, how in CASES:
        found = run(kind, side, how, rows)
        held = found["held"]
        print(
            f"{kind:<10}{side:>9}  {how:<7}{found['ns']:>9.1f}{held / 1e6:>10.1f}{held / rows:>9.2f}"
            f"{found['peak'] / 1e6:>9.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
