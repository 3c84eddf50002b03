"""Shapes beside Datashader: fresh processes in turns, cells compared, ratios of one run.

    PYTHONPATH=python python benches/shapes.py                        # 3 processes each: some minutes
    PYTHONPATH=python python benches/shapes.py --case counties --repeats 1

Run by an interpreter that has GeoPandas, shapely, PyArrow, pandas and Datashader beside Drypoint. Polygons come from a
GeoParquet file. `cold` is from the start of the process to a picture on disk: imports, reading and compilation included.
`warm` is the least of three further calls: Datashader draws the frame that it holds, Drypoint reads the file again
(`warm`), and draws the same polygons as an Arrow table in memory (`held`). The peak is the kernel's, with the data.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WIDTH, HEIGHT = 900, 600

#: Each case: what is drawn, polygons, vertices of each.
CASES = {
    "counties": ("as many polygons as there are US counties, outlines in detail", 3_100, 1_000),
    "countries": ("few polygons with long outlines", 200, 20_000),
    "buildings": ("many small polygons", 300_000, 8),
    "mean": ("the counties, mean of a column", 3_100, 1_000),
    "across": ("a line for each row of 50 columns", 100_000, 50),
}


def outlines(polygons: int, vertices: int):
    """Rings around the places of a lattice, as rough as a coast: float64 of shape (polygons, vertices + 1, 2)."""
    import numpy as np

    rng = np.random.default_rng(1)
    columns = int(np.ceil(np.sqrt(polygons * WIDTH / HEIGHT)))
    lines = -(-polygons // columns)
    place = np.arange(polygons)
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radius = np.ones((polygons, vertices))
    for octave in range(1, max(2, int(np.log2(vertices)) - 2)):
        wave = rng.normal(0, 0.35 / 1.7**octave, (polygons, 2))
        turns = angle * 2**octave
        radius += wave[:, :1] * np.cos(turns) + wave[:, 1:] * np.sin(turns)
    radius = np.clip(radius, 0.15, None) * 0.55
    rings = np.empty((polygons, vertices + 1, 2))
    rings[:, :-1, 0] = (place % columns)[:, None] + 0.5 + radius * np.cos(angle)
    rings[:, :-1, 1] = (place // columns)[:, None] + 0.5 + radius * np.sin(angle)
    rings[:, -1] = rings[:, 0]
    return rings, {"x_range": (0.0, float(columns)), "y_range": (0.0, float(lines))}


def write(case: str, folder: Path) -> dict[str, tuple[float, float]]:
    """The file of a case, and its ranges."""
    import numpy as np

    _, count, vertices = CASES[case]
    if case == "across":
        import pandas

        walks = np.random.default_rng(1).standard_normal((count, vertices)).cumsum(axis=1)
        frame = pandas.DataFrame(walks, columns=[f"v{place}" for place in range(vertices)])
        frame.to_parquet(folder / "shapes.parquet")
        return {"x_range": (0.0, vertices - 1.0), "y_range": (float(walks.min()), float(walks.max()))}
    import geopandas
    import shapely

    rings, ranges = outlines(count, vertices)
    offsets = np.arange(count + 1)
    shapes = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, rings.reshape(-1, 2), (offsets * (vertices + 1), offsets)
    )
    value = np.random.default_rng(2).integers(0, 100, count).astype(float)
    geopandas.GeoDataFrame({"value": value}, geometry=shapes).to_parquet(folder / "shapes.parquet")
    return ranges


def drypoint(case: str, path: str, ranges, threads: int):
    import drypoint as dp

    canvas = dp.Canvas(WIDTH, HEIGHT, **ranges)
    reduction = dp.mean("value") if case == "mean" else dp.count()

    def draw(source):
        if case == "across":
            names = [f"v{place}" for place in range(CASES[case][2])]
            return canvas.line(source, range(len(names)), names, threads=threads)
        return canvas.polygons(source, "geometry", reduction, threads=threads)

    def held():
        import pyarrow.parquet as pq

        return pq.read_table(path)

    return lambda: path, draw, held, lambda aggregate, to: aggregate.shade().save(to)


def datashader(case: str, path: str, ranges, _threads: int):
    import warnings

    import datashader as ds
    import numpy as np
    from datashader import transfer_functions

    warnings.filterwarnings("ignore")
    canvas = ds.Canvas(WIDTH, HEIGHT, **ranges)
    reduction = ds.mean("value") if case == "mean" else ds.count()

    def read():
        if case == "across":
            import pandas

            return pandas.read_parquet(path)
        import geopandas

        return geopandas.read_parquet(path)

    def draw(frame):
        if case == "across":
            x = np.arange(float(len(frame.columns)))
            return canvas.line(frame, x, list(frame.columns), reduction, axis=1)
        return canvas.polygons(frame, "geometry", reduction)

    def save(aggregate, to):
        transfer_functions.shade(aggregate).to_pil().save(to)

    return read, draw, None, save


CONTENDERS = {
    "Datashader": (datashader, 1),
    "Drypoint, 1 thread": (drypoint, 1),
    "Drypoint, 2 threads": (drypoint, 2),
}


def peak_bytes() -> int:
    """The most that this program took; what `getrusage` tells begins with the size of the process that started it."""
    told = Path("/proc/self/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) * 1024


def child(case: str, contender: str, folder: Path) -> None:
    """Draw from the file of a case, and print what it took."""
    began = float(os.environ["BENCH_BEGAN"])
    make, threads = CONTENDERS[contender]
    ranges = json.loads((folder / "ranges.json").read_text())
    read, draw, held, save = make(case, str(folder / "shapes.parquet"), ranges, threads)
    source = read()
    aggregate = draw(source)
    save(aggregate, str(folder / f"{case} {contender}.png"))
    cold = time.time() - began
    peak = peak_bytes()
    import numpy as np

    def least(source) -> float:
        warm = []
        for _ in range(3):
            before = time.perf_counter()
            draw(source)
            warm.append(time.perf_counter() - before)
        return min(warm)

    sample = {"cold": cold, "warm": least(source), "peak": peak}
    sample["held"] = least(held()) if held else sample["warm"]
    np.save(folder / f"{contender}.npy", np.nan_to_num(np.asarray(aggregate, "float64")))
    print(json.dumps(sample))


def measure(case: str, repeats: int, keep: Path | None) -> None:
    """One case: a table, and how many cells differ."""
    import numpy as np

    what, count, vertices = CASES[case]
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        ranges = write(case, folder)
        (folder / "ranges.json").write_text(json.dumps(ranges))
        for turn in range(repeats):
            names = list(CONTENDERS)
            for name in names[turn % 3 :] + names[: turn % 3]:
                command = [sys.executable, __file__, "--child", case, name, str(folder)]
                environment = {**os.environ, "BENCH_BEGAN": str(time.time())}
                run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
                if run.returncode:
                    raise SystemExit(f"{case}, {name}: {run.stderr[-2000:]}")
                samples[name].append(json.loads(run.stdout))
        cells = {name: np.load(folder / f"{name}.npy") for name in CONTENDERS}
        one, two = cells["Drypoint, 1 thread"], cells["Drypoint, 2 threads"]
        if not np.allclose(one, two, rtol=1e-9):
            raise SystemExit(f"{case}: one thread and two differ")
        apart = int((~np.isclose(one, cells["Datashader"], rtol=1e-9)).sum())
    theirs = samples["Datashader"]
    print(f"\n{case}: {what}, {count:,} x {vertices:,}; {apart:,} of {one.size:,} cells differ")
    print(
        f"  {'':22}"
        + "".join(f"{key + ' s':>9}{'times':>7}" for key in ("warm", "held", "cold"))
        + f"{'peak MB':>9}"
    )
    for name, runs in samples.items():
        row = f"  {name:22}"
        for key in ("warm", "held", "cold"):
            here = statistics.median(run[key] for run in runs)
            row += f"{here:9.3f}{statistics.median(run[key] for run in theirs) / here:7.1f}"
        print(row + f"{max(run['peak'] for run in runs) / 1e6:9.0f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--keep", type=Path, help="a folder for the files and the pictures")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        case, contender, folder = options.child
        child(case, contender, Path(folder))
        return 0
    for case in options.case or CASES:
        measure(case, options.repeats, options.keep)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
