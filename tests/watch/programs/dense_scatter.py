"""Figures that keep a scatter of far more points than they have pixels."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["panels"], ["points"], ["PathCollection", "scatter"]]
# line = [".scatter("]
# ///

import numpy as np
from matplotlib.figure import Figure

panels = []


def panel(i, points):
    figure = Figure(figsize=(2, 2))
    axes = figure.subplots()
    cloud = np.random.default_rng(i).normal(size=(2, 150_000))
    axes.scatter(*cloud[:, :points], s=1)
    return figure


def step(i):
    panels.append(panel(i, 150_000))


def step_fixed(i):
    panels.append(panel(i, 300))


TURNS = 20


if __name__ == "__main__":
    from _run import main

    main(globals())
