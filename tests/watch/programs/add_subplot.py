"""A panel for the newest data, added to the figure with each update."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["Axes"], ["clear(", "remove("]]
# line = ["add_subplot"]
# ///

import numpy as np
from matplotlib.figure import Figure

FIGURE = Figure()


def refresh(i):
    axes = FIGURE.add_subplot()
    axes.plot(np.arange(500.0) % (i + 2))


def step(i):
    refresh(i)


def step_fixed(i):
    FIGURE.clear()
    refresh(i)


if __name__ == "__main__":
    from _run import main

    main(globals())
