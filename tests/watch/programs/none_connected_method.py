"""A method that is connected to a figure: Matplotlib keeps it by a weak reference, and the view goes."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np
from matplotlib.figure import Figure

FIGURE = Figure()


class View:
    def __init__(self, i):
        self.data = np.full(100_000, float(i))

    def picked(self, event):
        return self.data[0]


def step(i):
    view = View(i)
    FIGURE.canvas.mpl_connect("pick_event", view.picked)


if __name__ == "__main__":
    from _run import main

    main(globals())
