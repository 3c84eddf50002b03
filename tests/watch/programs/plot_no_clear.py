"""A dashboard that draws the newest curve over all the old ones."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["Line2D", "lines"], ["AXES", "Axes"], ["set_data", "clear(", "remove("]]
# line = ["AXES.plot"]
# ///

import io

import numpy as np
from matplotlib.figure import Figure

FIGURE = Figure(figsize=(3, 2))
AXES = FIGURE.subplots()


def update(i):
    x = np.linspace(0, 10, 3000)
    AXES.plot(x, np.sin(x + i / 5))
    FIGURE.savefig(io.BytesIO(), format="png")


def step(i):
    update(i)


def step_fixed(i):
    AXES.clear()
    update(i)


if __name__ == "__main__":
    from _run import main

    main(globals())
