"""Meshes beside Datashader, and histograms beside NumPy: fresh processes in turns, equal results, ratios of one run.

    PYTHONPATH=python python benches/meshes.py                     # 3 processes each: some minutes
    PYTHONPATH=python python benches/meshes.py --case uneven --repeats 1

Run by an interpreter that has NumPy, pandas, xarray and Datashader beside Drypoint. `cold` is from the import of the
library to its first result, compilation included; `warm` the least of three further calls, `cpu` what the processor
spent on one of them, on all threads. `peak` is what the kernel saw above the data, which both read from files before.
The sums of all cells must be the same.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WIDTH, HEIGHT = 900, 600
SIDE = 5000

#: What each case is; triangles, values of quads, or rows.
CASES = {
    "triangles": "1e6 triangles between 5e5 vertices, mean between the values of corners",
    "even": f"{SIDE} x {SIDE} values, evenly spaced, mean",
    "uneven": f"{SIDE} x {SIDE} values, rows and columns of different sizes, mean",
    "bent": f"{SIDE} x {SIDE} values with x and y of each, mean",
    "histogram": "1e7 float64 into 100 bins of a given range",
}


def data(case: str):
    """Arrays of a case."""
    import numpy as np

    rng = np.random.default_rng(1)
    if case == "triangles":
        side = 708
        x, y = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
        x, y = x + rng.normal(0, 2e-4, x.shape), y + rng.normal(0, 2e-4, y.shape)
        first = np.arange((side - 1) * side).reshape(side - 1, side)[:, :-1].ravel()
        lower = np.column_stack([first, first + 1, first + side])
        upper = np.column_stack([first + 1, first + side + 1, first + side])
        vertices = np.column_stack([x.ravel(), y.ravel(), rng.random(side * side)])
        return {"vertices": vertices, "faces": np.concatenate([lower, upper])}
    if case == "histogram":
        return {"values": rng.normal(0, 1, 10_000_000)}
    x, y = np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE)
    if case == "uneven":
        x, y = np.cumsum(rng.random(SIDE) + 0.1), np.cumsum(rng.random(SIDE) + 0.1)
    elif case == "bent":
        x, y = np.meshgrid(x, y)
        x, y = x + 0.05 * np.sin(6 * y), y + 0.05 * np.cos(6 * x)
    return {"values": rng.random((SIDE, SIDE)), "x": x, "y": y}


def drypoint(case: str, arrays):
    import drypoint as dp

    canvas = dp.Canvas(WIDTH, HEIGHT)
    if case == "triangles":
        return lambda: canvas.trimesh(arrays["vertices"], arrays["faces"])
    if case == "histogram":
        return lambda: dp.histogram({"v": arrays["values"]}, "v", 100, (-4, 4)).counts
    return lambda: canvas.quadmesh(arrays["values"], arrays["x"], arrays["y"])


def peer(case: str, arrays):
    if case == "histogram":
        import numpy as np

        return lambda: np.histogram(arrays["values"], 100, (-4, 4))[0]
    import datashader
    import pandas
    import xarray

    canvas = datashader.Canvas(WIDTH, HEIGHT)
    if case == "triangles":
        vertices = pandas.DataFrame(arrays["vertices"], columns=["x", "y", "z"])
        faces = pandas.DataFrame(arrays["faces"], columns=["v0", "v1", "v2"])
        return lambda: canvas.trimesh(vertices, faces)
    dims = ["y", "x"]
    coords = {"y": arrays["y"], "x": arrays["x"]}
    names = {"x": "x", "y": "y"}
    if case == "bent":
        coords, names = {"lat": (dims, arrays["y"]), "lon": (dims, arrays["x"])}, {"x": "lon", "y": "lat"}
    array = xarray.DataArray(arrays["values"], coords=coords, dims=dims, name="z")
    return lambda: canvas.quadmesh(array, **names)


CONTENDERS = {"peer": peer, "Drypoint": drypoint}


def resident(name: str) -> int:
    """A line of the kernel's about this process, in bytes."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))


def child(case: str, contender: str, folder: Path) -> None:
    """Draw from the files of a case, and print what it took."""
    import numpy as np

    arrays = {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = resident("VmRSS")
    began = time.perf_counter()
    draw = CONTENDERS[contender](case, arrays)
    found = draw()
    cold = time.perf_counter() - began
    warm, spent = [], []
    for _ in range(3):
        clock, cpu = time.perf_counter(), time.process_time()
        draw()
        warm.append(time.perf_counter() - clock)
        spent.append(time.process_time() - cpu)
    total = float(np.nansum(np.asarray(found, "float64")))
    # Not `ru_maxrss`, which begins with what the parent held.
    peak = resident("VmHWM") - before
    print(json.dumps({"cold": cold, "warm": min(warm), "cpu": min(spent), "total": total, "peak": peak}))


def measure(case: str, repeats: int) -> bool:
    """One case: a table, and whether the results agree."""
    import numpy as np

    samples: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        for name, values in data(case).items():
            np.save(f"{folder}/{name}.npy", values)
        for turn in range(repeats):
            names = list(CONTENDERS)[:: 1 if turn % 2 == 0 else -1]
            for name in names:
                command = [sys.executable, __file__, "--child", case, name, folder]
                run = subprocess.run(command, capture_output=True, text=True, timeout=900)
                if run.returncode:
                    raise SystemExit(f"{case}, {name}: {run.stderr[-2000:]}")
                samples[name].append(json.loads(run.stdout))
    totals = [sample["total"] for runs in samples.values() for sample in runs]
    agree = max(totals) - min(totals) <= 1e-6 * max(totals)
    print(f"\n{case}: {CASES[case]}{'' if agree else '   RESULTS DIFFER'}")
    print(
        "  " + " " * 12 + "".join(f"{key:>9}{'times':>7}" for key in ("warm s", "cpu s", "cold s", "peak MB"))
    )
    for name, runs in samples.items():
        row = f"  {name:12}"
        for key in ("warm", "cpu", "cold", "peak"):
            here, theirs = (statistics.median(run[key] for run in found) for found in (runs, samples["peer"]))
            shown = here / 1e6 if key == "peak" else here
            row += f"{shown:9.3f}{theirs / here:7.1f}"
        print(row)
    return agree


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        case, contender, folder = options.child
        child(case, contender, Path(folder))
        return 0
    agreed = [measure(case, options.repeats) for case in options.case or CASES]
    return 0 if all(agreed) else 1


if __name__ == "__main__":
    sys.exit(main())
