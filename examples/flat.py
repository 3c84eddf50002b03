"""Resident memory of a loop that draws 200 pages with Matplotlib, with and without `dp.each`: measured, then drawn.

Each way of closing a figure runs in a process of its own, in which a second thread reads the resident size every few
milliseconds; the turns are the same but for the line that closes. Takes about three minutes, and 4 GB for the loop
that closes nothing. Needs Matplotlib and NumPy.

    python examples/flat.py out             # measures and draws
    python examples/flat.py out 40          # forty turns
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

WAYS = ("never closed", "plt.close", "dp.each")
TURNS = 200
PAUSE_SECONDS = 0.004
SHOWN_MB = 700


def pages(way: str, turns: int):
    """The numbers of the turns, as the loop of each way takes them."""
    if way != "dp.each":
        return range(turns)
    import drypoint as dp

    return dp.each(range(turns))


def run(way: str, turns: int) -> None:
    """Draw the pages, and print the resident size against the turn, many times in each."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    plt.rcParams["figure.max_open_warning"] = 0
    rng = np.random.default_rng(3)
    sizes: list[tuple[int, float, int]] = []
    state = {"turn": 0, "running": True}
    page_bytes = os.sysconf("SC_PAGE_SIZE")

    def sample() -> None:
        while state["running"]:
            with open("/proc/self/statm", encoding="ascii") as file:
                sizes.append((state["turn"], time.perf_counter(), int(file.read().split()[1]) * page_bytes))
            time.sleep(PAUSE_SECONDS)

    sampler = threading.Thread(target=sample)
    sampler.start()
    starts = []
    for turn in pages(way, turns):
        state["turn"] = turn
        starts.append(time.perf_counter())
        fig, ax = plt.subplots(figsize=(19.2, 10.8), dpi=100)
        ax.imshow(rng.random((1000, 1000)))
        fig.savefig(os.devnull, format="png")
        if way == "plt.close":
            plt.close(fig)
    starts.append(time.perf_counter())
    state["running"] = False
    sampler.join()
    places = [
        (turn + min((at - starts[turn]) / (starts[turn + 1] - starts[turn]), 1), size / 1e6)
        for turn, at, size in sizes
        if at >= starts[0]
    ]
    print(json.dumps({"turn": [turn for turn, _ in places], "MB": [size for _, size in places]}))


def measured(way: str, turns: int) -> dict[str, list[float]]:
    """Run one way in a fresh process."""
    command = [sys.executable, __file__, "--way", way, str(turns)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def draw(columns: dict[str, dict[str, list[float]]], out: Path) -> None:
    """Put all measurements in one picture, a colour for each way."""
    import drypoint as dp
    import numpy as np

    turn = np.concatenate([columns[way]["turn"] for way in columns])
    size = np.concatenate([columns[way]["MB"] for way in columns])
    which = np.repeat(list(columns), [len(columns[way]["turn"]) for way in columns])
    open_peak = max(columns["never closed"]["MB"])
    figure = dp.Figure(
        width=900,
        height=480,
        title=f"{round(max(turn))} Matplotlib figures, one after the other",
        caption=f"Resident memory of each process. The loop that closes nothing goes on to {open_peak:,.0f} MB.",
        x_label="figures drawn",
        y_label="resident memory, MB",
        x_range=(0, max(turn)),
        y_range=(0, SHOWN_MB),
        scale=2,
    )
    table = {"turn": turn, "MB": size, "how they end": which}
    figure.points(table, x="turn", y="MB", color=dp.by("how they end"), how="linear", spread=2)
    figure.save(out / "flat.png")


def main() -> None:
    """Measure every way in turn and draw them."""
    if sys.argv[1:2] == ["--way"]:
        run(sys.argv[2], int(sys.argv[3]))
        return
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else TURNS
    out.mkdir(parents=True, exist_ok=True)
    columns = {way: measured(way, turns) for way in WAYS}
    draw(columns, out)
    for way, numbers in columns.items():
        print(f"{way}: {numbers['MB'][-1]:,.0f} MB after {turns} turns, at most {max(numbers['MB']):,.0f} MB")
    print(f"drawn: {out / 'flat.png'}")


if __name__ == "__main__":
    main()
