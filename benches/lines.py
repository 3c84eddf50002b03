"""Lines beside Datashader: fresh processes in turns, equal cells, ratios of one run.

    PYTHONPATH=python python benches/lines.py            # 1e7 vertices, 3 processes each: some minutes
    PYTHONPATH=python python benches/lines.py --rows 1e8 --case series

Run by an interpreter that has NumPy, pandas and Datashader beside Drypoint. `cold` is from the start of the process to a
picture on disk, imports and compilation included; `warm` the least of three further calls, without shading. The peak is
the kernel's, with the data. The sum of all cells of both must be the same.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WIDTH, HEIGHT = 900, 600
#: Vertices of one line where there are many.
LINE = 1000

#: Each case: what is drawn, and how many times faster than Datashader it has to be, warm and cold.
CASES = {
    "walk": ("a polyline, steps far below a pixel", 3.0, 20.0),
    "steps": ("a polyline, steps of two pixels", 3.0, None),
    "stroke": ("a polyline, antialiased, width 1", 6.0, 20.0),
    "series": ("a time series that walks", 20.0, None),
    "any": ("a time series that walks, any", 20.0, None),
    "area": ("the area below a time series that walks", None, None),
    "noise": ("a time series of noise", None, None),
    "grouped": (f"lines of {LINE} vertices, told apart by a column", 3.0, None),
    "mean": ("a polyline, mean of a third column", None, None),
}


def data(case: str, rows: int):
    """Columns of a case, and its ranges."""
    import numpy as np

    rng = np.random.default_rng(1)

    def walk():
        return rng.standard_normal(rows).cumsum()

    if case in ("walk", "mean", "stroke"):
        columns = {"x": walk(), "y": walk()}
    elif case == "steps":
        # To and fro in the canvas, two pixels at a time.
        columns = {
            "x": abs((2 * walk()) % (2 * WIDTH) - WIDTH),
            "y": abs((2 * walk()) % (2 * HEIGHT) - HEIGHT),
        }
    elif case == "grouped":
        lines = rows // LINE
        steps = rng.standard_normal((lines, LINE)).cumsum(axis=1)
        columns = {"x": np.tile(np.arange(float(LINE)), lines), "y": steps.ravel()}
        columns["line"] = np.repeat(np.arange(lines), LINE)
    else:
        columns = {
            "x": np.arange(float(rows)),
            "y": rng.standard_normal(rows) if case == "noise" else walk(),
        }
    if case == "mean":
        columns["value"] = rng.integers(0, 100, rows).astype(float)
    ranges = {f"{axis}_range": (columns[axis].min(), columns[axis].max()) for axis in "xy"}
    return columns, ranges


def drypoint(case: str, columns, ranges, threads: int):
    import drypoint as dp

    canvas = dp.Canvas(WIDTH, HEIGHT, **ranges)
    reduction = dp.mean("value") if case == "mean" else dp.any() if case == "any" else dp.count()
    options = {"grouped": {"group": "line"}, "stroke": {"line_width": 1}}.get(case, {})

    def draw():
        if case == "area":
            return canvas.area(columns, "x", "y", reduction, threads=threads)
        return canvas.line(columns, "x", "y", reduction, threads=threads, **options)

    return draw, lambda aggregate, path: aggregate.shade().save(path)


def datashader(case: str, columns, ranges, _threads: int):
    import warnings

    import datashader as ds
    import numpy as np
    import pandas
    from datashader import transfer_functions

    warnings.filterwarnings("ignore")
    if case == "grouped":  # told apart by rows of NaN, its own way
        lines = len(columns["x"]) // LINE
        apart = {}
        for name in "xy":
            padded = np.full((lines, LINE + 1), np.nan)
            padded[:, :LINE] = columns[name].reshape(lines, LINE)
            apart[name] = padded.ravel()
        columns.clear()
        columns.update(apart)
    frame = pandas.DataFrame(columns, copy=False)
    canvas = ds.Canvas(WIDTH, HEIGHT, **ranges)
    reduction = ds.mean("value") if case == "mean" else ds.any() if case == "any" else ds.count()

    def draw():
        if case == "area":
            return canvas.area(frame, "x", "y", reduction)
        return canvas.line(frame, "x", "y", reduction, line_width=1 if case == "stroke" else 0)

    def save(aggregate, path):
        transfer_functions.shade(aggregate).to_pil().save(path)

    return draw, save


CONTENDERS = {
    "Datashader": (datashader, 1),
    "Drypoint, 1 thread": (drypoint, 1),
    "Drypoint, 2 threads": (drypoint, 2),
}


def child(case: str, contender: str, folder: Path) -> None:
    """Draw from the files of a case, and print what it took."""
    began = float(os.environ["BENCH_BEGAN"])
    import numpy as np

    loading = time.time()
    columns = {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}
    ranges = json.loads((folder / "ranges.json").read_text())
    loading = time.time() - loading
    make, threads = CONTENDERS[contender]
    draw, save = make(case, columns, ranges, threads)
    aggregate = draw()
    save(aggregate, str(folder / "picture.png"))
    cold = time.time() - began - loading
    warm = []
    for _ in range(3):
        before = time.perf_counter()
        draw()
        warm.append(time.perf_counter() - before)
    total = float(np.nansum(np.asarray(aggregate, "float64")))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"cold": cold, "warm": min(warm), "total": total, "peak": peak}))


def measure(case: str, rows: int, repeats: int) -> bool:
    """One case: a table, and whether the results agree."""
    import numpy as np

    what, warm_target, cold_target = CASES[case]
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        columns, ranges = data(case, rows)
        for name, values in columns.items():
            np.save(f"{folder}/{name}.npy", values)
        Path(folder, "ranges.json").write_text(
            json.dumps({k: [float(end) for end in v] for k, v in ranges.items()})
        )
        del columns
        for turn in range(repeats):
            names = list(CONTENDERS)
            for name in names[turn % 3 :] + names[: turn % 3]:
                command = [sys.executable, __file__, "--child", case, name, folder]
                environment = {**os.environ, "BENCH_BEGAN": str(time.time())}
                run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
                if run.returncode:
                    raise SystemExit(f"{case}, {name}: {run.stderr[-2000:]}")
                samples[name].append(json.loads(run.stdout))
    theirs = samples["Datashader"]
    totals = {round(sample["total"], 3) for runs in samples.values() for sample in runs}
    # Datashader adds up coverage in float32.
    agree = max(totals) - min(totals) <= (1e-3 if case == "stroke" else 1e-9) * max(totals)
    print(f"\n{case}: {what}, {rows:.0e} vertices{'' if agree else '   RESULTS DIFFER'}")
    print(f"  {'':22}{'warm s':>9}{'times':>7}{'cold s':>9}{'times':>7}{'peak MB':>9}")
    for name, runs in samples.items():
        row = f"  {name:22}"
        for key in ("warm", "cold"):
            here = statistics.median(run[key] for run in runs)
            row += f"{here:9.3f}{statistics.median(run[key] for run in theirs) / here:7.1f}"
        print(row + f"{max(run['peak'] for run in runs) / 1e6:9.0f}")
    wanted = [
        f"{kind} {target:g}" for kind, target in (("warm", warm_target), ("cold", cold_target)) if target
    ]
    if wanted:
        print(f"  to be reached, times faster: {', '.join(wanted)}")
    return agree


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=float, default=1e7)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        case, contender, folder = options.child
        child(case, contender, Path(folder))
        return 0
    agreed = [measure(case, int(options.rows), options.repeats) for case in options.case or CASES]
    return 0 if all(agreed) else 1


if __name__ == "__main__":
    sys.exit(main())
