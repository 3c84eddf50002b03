"""Labels for the points of each update, with those of all the updates before."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["Annotation", "Text", "texts"], ["remove(", "set_text"]]
# line = ["annotate"]
# unseen = "turns are miscounted where a turn makes many things at one line"
# ///

import numpy as np
from matplotlib.figure import Figure


class Map:
    def __init__(self):
        self.figure = Figure()
        self.axes = self.figure.add_subplot()
        self.labels = []

    def label(self, points):
        for x, y in points:
            self.labels.append(self.axes.annotate(f"{x:.2f}", (x, y), xytext=(x, y + 0.1), arrowprops={}))


MAP = Map()


def step(i):
    MAP.label(np.random.default_rng(i).random((12, 2)))


def step_fixed(i):
    while MAP.labels:
        MAP.labels.pop().remove()
    step(i)


if __name__ == "__main__":
    from _run import main

    main(globals())
