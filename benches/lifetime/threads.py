"""Eight threads for a minute, four drawing figures and four working on frames; a turn is one round of any of them.

What counts here is how many turns there are of each kind; `turn_seconds` is the geometric mean of both kinds' seconds,
so that more of the one cannot pay for less of the other. Figures are made without pyplot, as Matplotlib asks of
programs with threads. The setting is the seconds. With `each`, every thread's own loop is one over `dp.each`.

python benches/lifetime/threads.py plain 60
"""

import itertools
import json
import math
import os
import resource
import sys
import threading
import time

import cv2
import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.figure import Figure
from turns import begin, resident, usage, versions

THREADS = 8


def until(moment):
    """0, 1, 2, ... until the clock says stop."""
    for turn in itertools.count():
        if time.monotonic() > moment:
            return
        yield turn


def draw(turns, done):
    """Draw an image and drop its figure."""
    rng = np.random.default_rng(1)
    for _ in turns:
        fig = Figure(figsize=(6, 4), dpi=100)
        ax = fig.subplots()
        ax.imshow(rng.random((500, 500)))
        ax.plot(rng.random(2000) * 500)
        fig.savefig(os.devnull, format="png")
        done.append(1)


def watch(turns, done):
    """Look for what moves between two frames of full HD."""
    rng = np.random.default_rng(2)
    frames = [rng.integers(0, 256, (1080, 1920, 3), np.uint8) for _ in range(2)]
    before = cv2.cvtColor(frames[0], cv2.COLOR_BGR2GRAY)
    for turn in turns:
        now = cv2.GaussianBlur(cv2.cvtColor(frames[turn % 2], cv2.COLOR_BGR2GRAY), (5, 5), 0)
        _, moved = cv2.threshold(cv2.absdiff(now, before), 25, 255, cv2.THRESH_BINARY)
        before = now
        mixed = frames[0].astype(np.float32) * 0.5 + moved[..., None] * np.float32(0.5)
        done.append(int(mixed.shape == (1080, 1920, 3)))


def loop(way, moment):
    """The turns of one thread."""
    if way != "each":
        return until(moment)
    import drypoint as dp

    return dp.each(until(moment))


def main():
    way, seconds = sys.argv[1] if len(sys.argv) > 1 else "", float(sys.argv[2] if len(sys.argv) > 2 else 60)
    if way not in ("plain", "each", "manage", "system"):
        raise usage(f"the way is {way!r}, and here must be plain, each, manage or system")
    begin(way)
    errors, done = [], [[] for _ in range(THREADS)]
    started = time.monotonic()

    def one(number):
        try:
            (draw if number % 2 else watch)(loop(way, started + seconds), done[number])
        except BaseException as error:
            errors.append(f"{type(error).__name__}: {error}"[:200])

    workers = [threading.Thread(target=one, args=(number,)) for number in range(THREADS)]
    for worker in workers:
        worker.start()
    sizes = []
    while any(worker.is_alive() for worker in workers):
        time.sleep(min(0.25, seconds / 40))
        sizes.append(resident())
    for worker in workers:
        worker.join()
    quarter = max(len(sizes) // 4, 1)
    # Eight threads are never all between two turns, so a moment's size says little: the means of two quarters do.
    second, last = sizes[quarter : 2 * quarter] or sizes, sizes[-quarter:]
    taken = time.monotonic() - started
    figures, frames = sum(map(len, done[1::2])), sum(map(len, done[0::2]))
    rounds = figures + frames
    numbers = {
        "turn_seconds": math.sqrt(taken / max(figures, 1) * taken / max(frames, 1)),
        "figure_seconds": taken / max(figures, 1),
        "frame_seconds": taken / max(frames, 1),
        "turn_cpu_seconds": time.process_time() / max(rounds, 1),
        "turn_faults": resource.getrusage(resource.RUSAGE_SELF).ru_minflt / max(rounds, 1),
        "early_resident_bytes": int(sum(second) / len(second)),
        "late_resident_bytes": int(sum(last) / len(last)),
        "errors": len(errors),
    }
    print("\n".join(errors), file=sys.stderr)
    print(json.dumps({**numbers, "turns": rounds, "total": 0.0, "versions": versions()}), flush=True)


if __name__ == "__main__":
    main()
