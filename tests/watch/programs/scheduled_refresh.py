"""A plot that a scheduler refreshes: each event adds a line."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["Line2D", "lines", "AXES"], ["set_data", "remove(", "clear("]]
# line = ["AXES.plot"]
# unseen = "few looks are left where each is dear"
# ///

import sched
import sys

import numpy as np
from matplotlib.figure import Figure

FIGURE = Figure(figsize=(2, 2))
AXES = FIGURE.subplots()
CLOCK = sched.scheduler(timefunc=lambda: 0.0, delayfunc=lambda seconds: None)


def refresh(left):
    if "--fixed" in sys.argv:
        AXES.clear()
    AXES.plot(np.random.default_rng(left).random(20_000).cumsum())
    if left:
        CLOCK.enter(0, 1, refresh, (left - 1,))


if __name__ == "__main__":
    CLOCK.enter(0, 1, refresh, (int(next((w for w in sys.argv[1:] if w.isdigit()), 40)),))
    CLOCK.run()
