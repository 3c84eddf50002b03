"""What it costs to be watched: a loop of figures and a loop of 4K frames, alone and under each profiler, in turn.

python benches/lifetime/watched.py [REPEATS]

Prints the time of a turn as a ratio to the loop alone, medians over fresh processes: by the clock, and by the
processor's time, which other work on the machine disturbs less. The profilers' own start and end are outside, as is
what they write at the end. `memray` is left out where it is not installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from statistics import median
from time import perf_counter, process_time
from typing import Any

TURNS = {"figures": 200, "frames": 400}
WARM = 5
#: Ways that take many times as long do so many parts of the turns fewer.
FEWER = {"tracemalloc": 4, "tracemalloc 25": 10}


def figures(turn: int) -> None:
    """A page of a report: an image with axes and a title, saved and closed."""
    import matplotlib.pyplot as plt
    import numpy as np

    figure, axes = plt.subplots()
    axes.imshow(np.random.default_rng(turn).random((500, 500)))
    axes.set_title(f"page {turn}")
    figure.savefig(os.devnull, format="png")
    plt.close(figure)


_frame: Any = None


def frames(turn: int) -> None:
    """A frame of 4K through five steps, none of which writes into an array that is there."""
    import cv2
    import numpy as np

    global _frame
    if _frame is None:
        _frame = np.random.default_rng(0).integers(0, 255, (2160, 3840, 3), np.uint8)
    gray = cv2.cvtColor(_frame, cv2.COLOR_BGR2GRAY)
    blurred = cv2.GaussianBlur(gray, (5, 5), 0)
    difference = cv2.absdiff(blurred, gray)
    cv2.threshold(difference, 20, 255, cv2.THRESH_BINARY)
    cv2.resize(_frame, (1920, 1080))


def loop(name: str, turns: int) -> None:
    """The loop that is measured; its numbers go to standard output."""
    import matplotlib

    matplotlib.use("Agg")
    step = {"figures": figures, "frames": frames}[name]
    for turn in range(WARM):
        step(turn)
    began, used = perf_counter(), process_time()
    for turn in range(turns):
        step(turn)
    print(
        json.dumps({"clock": (perf_counter() - began) / turns, "processor": (process_time() - used) / turns})
    )


def command(way: str, name: str, folder: str) -> list[str]:
    """How the loop is run."""
    script = [__file__, "--loop", name, str(TURNS[name] // FEWER.get(way, 1))]
    return {
        "alone": [sys.executable, *script],
        "drypoint watch": [sys.executable, "-m", "drypoint", "watch", *script],
        "memray": [sys.executable, "-m", "memray", "run", "-q", "-o", f"{folder}/run.bin", *script],
        "memray --native": [
            sys.executable,
            "-m",
            "memray",
            "run",
            "-q",
            "--native",
            "-o",
            f"{folder}/n.bin",
            *script,
        ],
        "tracemalloc": [sys.executable, "-X", "tracemalloc=1", *script],
        "tracemalloc 25": [sys.executable, "-X", "tracemalloc=25", *script],
    }[way]


def measure(way: str, name: str) -> dict[str, float]:
    """One fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command(way, name, folder), capture_output=True, text=True, check=True, env=dict(os.environ)
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    found: dict[str, float] = json.loads(line)
    return found


def main(repeats: int) -> None:
    """All ways in turn, then the table."""
    ways = ["alone", "drypoint watch", "memray", "memray --native", "tracemalloc", "tracemalloc 25"]
    if find_spec("memray") is None:
        ways = [way for way in ways if not way.startswith("memray")]
    print(f"{'loop':<9} {'way':<16} {'a turn':>9} {'ratio':>6} {'processor':>9}   ({repeats} processes each)")
    for name in TURNS:
        runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for _ in range(repeats):
            for way in ways:
                runs[way].append(measure(way, name))
        for way in ways:
            pairs = [
                (one["clock"] / alone["clock"], one["processor"] / alone["processor"])
                for one, alone in zip(runs[way], runs["alone"], strict=True)
            ]
            clock = median(one["clock"] for one in runs[way])
            ratios = [median(column) for column in zip(*pairs, strict=True)]
            print(f"{name:<9} {way:<16} {clock * 1000:6.1f} ms {ratios[0]:6.2f} {ratios[1]:9.2f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--loop"]:
        loop(sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
