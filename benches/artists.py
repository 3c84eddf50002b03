"""Points in the axes of Matplotlib, to a PNG: Drypoint's artist beside ``scatter`` and ``plot(",")``.

``python benches/artists.py [rows] [processes]``: 1e7 rows and 3 processes for each way by default, some minutes;
each way takes its turn in a fresh process. Seconds are from an empty figure of 900 × 600 to the finished file,
best of the turns in a process; bytes are the peak of the process beyond what it held when data were made and
everything was imported. The processor's time is printed too, since ours takes all cores. ``zoom`` is the second
file, after other limits; ``empty`` is what Matplotlib takes for the page.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

WAYS = ("empty", "drypoint", "plot", "scatter")
#: As long as a turn is shorter than this, it is repeated; the first would be a page fault more than it is a picture.
ENOUGH = 3.0


def child(way: str, rows: int) -> dict[str, float]:
    """One way in this process."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    import numpy as np

    rng = np.random.default_rng(42)
    x = rng.normal(size=rows)
    y = 0.5 * x + rng.normal(size=rows)
    if way == "drypoint":
        import drypoint as dp

        points = dp.matplotlib.points

    def page() -> tuple[float, float, float]:
        begun, processor = time.perf_counter(), time.process_time()
        figure, axes = plt.subplots(figsize=(9, 6), dpi=100)
        if way == "drypoint":
            points(axes, {"x": x, "y": y}, "x", "y")
        elif way == "plot":
            axes.plot(x, y, ",")
        elif way == "scatter":
            axes.scatter(x, y, s=1)
        figure.savefig("/dev/null", format="png")
        first, processor = time.perf_counter() - begun, time.process_time() - processor
        axes.set(xlim=(-1, 1), ylim=(-1, 1))
        begun = time.perf_counter()
        figure.savefig("/dev/null", format="png")
        zoom = time.perf_counter() - begun
        plt.close(figure)
        return first, zoom, processor

    plt.close(plt.figure())
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak begins anew
    held = _status("VmRSS")
    turns = [page()]
    taken = _status("VmHWM") - held
    while sum(map(sum, turns)) < ENOUGH and len(turns) < 5:
        turns.append(page())
    first, zoom, processor = (min(column) for column in zip(*turns, strict=True))
    return {"first": first, "zoom": zoom, "processor": processor, "peak": taken}


def _status(name: str) -> int:
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def main(rows: int, processes: int) -> None:
    """All ways in turn, and a table of medians."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for turn in range(processes):
        for place in range(len(WAYS)):
            way = WAYS[(place + turn) % len(WAYS)]
            command = [sys.executable, __file__, "--child", way, str(rows)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
            found[way].append(json.loads(done.stdout))
    middle = {
        way: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for way, runs in found.items()
    }
    ours = middle["drypoint"]
    print(f"{rows:,} rows, {processes} processes each")
    print(
        f"{'way':<10}{'to PNG':>10}{'ratio':>8}{'zoom':>10}{'ratio':>8}{'processor':>11}{'peak':>11}{'ratio':>8}"
    )
    for way, run in middle.items():
        print(
            f"{way:<10}{run['first']:>8.3f} s{run['first'] / ours['first']:>8.1f}"
            f"{run['zoom']:>8.3f} s{run['zoom'] / ours['zoom']:>8.1f}{run['processor']:>9.3f} s"
            f"{run['peak'] / 1e6:>8.1f} MB{run['peak'] / ours['peak']:>8.1f}"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(child(sys.argv[2], int(sys.argv[3]))))
    else:
        numbers = [int(float(text)) for text in sys.argv[1:]]
        main(*(numbers + [10_000_000, 3][len(numbers) :]))
