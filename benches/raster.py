"""Images drawn to a picture: Drypoint beside OpenCV, Pillow and Datashader, each in processes of its own.

    python benches/raster.py                 # arrays of 8,000² in memory, a Zarr image of 40,000² uint16
    python benches/raster.py --quick         # 2,000² and 8,000²

Arrays in memory: the time of the call, the median of five after a first one. The image on disk: the time from opening it
to the shaded aggregate, what the processor spent on it, and the peak that the system saw of the process, its imports
included. The peers that cannot read it in pieces read it as a whole; ``zarr-python`` alone only reads, chunk by chunk.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

MEMORY = """
import sys, time
import numpy as np
kind, size, way = sys.argv[1], int(sys.argv[2]), sys.argv[3]
random = np.random.default_rng(1)
array = (random.integers(0, 200, (size, size), dtype="u1") if kind == "u1" else
         random.integers(0, 60_000, (size, size), dtype="u2") if kind == "u2" else
         random.random((size, size), dtype="f4"))
width, height = 1600, 1200
if way.startswith("dp"):
    import drypoint as dp
    threads = int(way[3:])
    canvas = dp.Canvas(width, height)
    draw = lambda: canvas.raster(array, threads=threads)
elif way == "cv2":
    import cv2
    cv2.setNumThreads(1)
    draw = lambda: cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA)
elif way == "cv2-2":
    import cv2
    cv2.setNumThreads(2)
    draw = lambda: cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA)
elif way == "pillow":
    from PIL import Image
    image = Image.fromarray(array)
    draw = lambda: image.resize((width, height), Image.Resampling.BOX)
elif way == "read":
    draw = lambda: array.view("u8" if size % 8 == 0 else array.dtype).max()
elif way == "datashader":
    import datashader, xarray
    data = xarray.DataArray(array, coords={"y": np.arange(size), "x": np.arange(size)}, dims=["y", "x"])
    canvas = datashader.Canvas(width, height)
    draw = lambda: canvas.raster(data, downsample_method="mean")
draw()
times = []
for _ in range(5):
    start = time.perf_counter()
    draw()
    times.append(time.perf_counter() - start)
import json
print(json.dumps({"times": times}))
"""

DISK = """
import sys, time
path, way = sys.argv[1], sys.argv[2]
start = time.perf_counter()
if way.startswith("dp"):
    import drypoint as dp
    aggregate = dp.Canvas(1600, 1600).raster(dp.open_zarr(path), memory="64MB", threads=int(way[3:]))
    image = aggregate.shade(how="linear")
elif way == "zarr-python+cv2":
    import cv2, zarr
    image = cv2.resize(zarr.open_array(path, mode="r")[:], (1600, 1600), interpolation=cv2.INTER_AREA)
elif way == "zarr-python":
    import itertools, zarr
    array = zarr.open_array(path, mode="r")
    for top, left in itertools.product(*(range(0, side, step) for side, step in zip(array.shape, array.chunks))):
        array[top : top + array.chunks[0], left : left + array.chunks[1]]
elif way == "zarr-python+dp":
    import drypoint as dp, zarr
    image = dp.Canvas(1600, 1600).raster(zarr.open_array(path, mode="r"), memory="64MB").shade(how="linear")
elif way == "datashader+dask":
    import dask.array, datashader, numpy as np, xarray
    array = dask.array.from_zarr(path)
    rows, columns = array.shape
    data = xarray.DataArray(array, coords={"y": np.arange(rows), "x": np.arange(columns)}, dims=["y", "x"])
    image = datashader.Canvas(1600, 1600).raster(data, downsample_method="mean").compute()
seconds, processor = time.perf_counter() - start, time.process_time()
peak = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
import json
print(json.dumps({"seconds": seconds, "processor": processor, "peak": peak}))
"""

MAKE = """
import sys, numpy as np, drypoint as dp
path, size = sys.argv[1], int(sys.argv[2])
noise = np.random.default_rng(1).integers(0, 64, (2000, size), dtype="u2")
def strips():
    x = np.arange(size)
    for start in range(0, size, 1000):
        y = np.arange(start, start + 1000)[:, None]
        wave = (2000 * (2 + np.sin(x / 700) + np.cos(y / 900))).astype("u2")
        yield wave + noise[start // 7 % 1000 : start // 7 % 1000 + 1000]
dp.write_zarr(path, strips(), chunks=(1000, 1000), codec="zstd")
"""


def child(program: str, *arguments: object) -> dict[str, object] | None:
    """What a program of its own prints; None where a package is missing or memory ran out."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, timeout=1800
    )
    if done.returncode:
        print(f"  {arguments[-1]}: {(done.stderr.strip().splitlines() or ['killed'])[-1][:100]}", flush=True)
        return None
    told = done.stdout.splitlines()
    return json.loads(told[-1]) if told else {}


def in_memory(size: int) -> None:
    """Arrays that are there already."""
    print(f"\nmean of {size}² items to 1600 × 1200 (milliseconds; over one thread of Drypoint)")
    for kind in ("u1", "u2", "f4"):
        found = {}
        for way in ("dp-1", "dp-2", "cv2", "cv2-2", "pillow", "datashader", "read"):
            told = child(MEMORY, kind, size, way)
            if told is not None:
                found[way] = statistics.median(told["times"])
        ours = found["dp-1"]
        cells = "  ".join(f"{way} {1000 * time:.0f} ({time / ours:.2f})" for way, time in found.items())
        print(f"{kind}: {cells}", flush=True)


def on_disk(size: int, folder: Path) -> None:
    """An image that is read in pieces, where one can."""
    path = folder / f"image-{size}.zarr"
    if not path.exists() and child(MAKE, path, size) is None:
        return
    for file in path.rglob("*"):
        if file.is_file():
            file.read_bytes()  # so that all find it in the page cache
    stored = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    print(f"\nZarr image of {size}² uint16 ({stored / 1e6:.0f} MB) to 1600 × 1600")
    ours = None
    for way in ("dp-1", "dp-2", "zarr-python", "zarr-python+dp", "zarr-python+cv2", "datashader+dask"):
        told = child(DISK, path, way)
        if told is not None:
            ours = ours or told
            ratios = (
                f"{told['seconds'] / ours['seconds']:.2f} × time, {told['processor'] / ours['processor']:.2f} × "
                f"processor, {told['peak'] / ours['peak']:.2f} × memory"
            )
            spent = f"{told['seconds']:7.2f} s  processor {told['processor']:6.2f} s"
            print(f"{way:16} {spent}  peak {told['peak'] / 1e6:6.0f} MB  {ratios}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--data", type=Path, help="a folder in which the image on disk stays for the next run"
    )
    parser.add_argument("--only", choices=["memory", "disk"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if options.only != "disk":
            in_memory(2_000 if options.quick else 8_000)
        if options.only != "memory":
            on_disk(8_000 if options.quick else 40_000, options.data or Path(temporary))


if __name__ == "__main__":
    main()
