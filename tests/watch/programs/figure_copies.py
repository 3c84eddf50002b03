"""An editor of plots that copies the figure before each change."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["undo"], ["Figure"]]
# line = ["copy.deepcopy", "self.undo.append"]
# ///

import copy

import numpy as np
from matplotlib.figure import Figure


class Plot:
    def __init__(self):
        self.figure = Figure(figsize=(2, 2))
        self.figure.subplots().imshow(np.random.default_rng(0).random((250, 250)))
        self.undo = []

    def title(self, text):
        self.undo.append(copy.deepcopy(self.figure))
        self.figure.suptitle(text)


PLOT = Plot()


def step(i):
    PLOT.title(f"title {i}")


def step_fixed(i):
    PLOT.title(f"title {i}")
    del PLOT.undo[:-3]


if __name__ == "__main__":
    from _run import main

    main(globals())
