"""Scans of many pixels in figures of a few."""
# /// case
# kind = "waste"
# verdict = ["waste", "leak"]
# names = [["shown"], ["AxesImage", "image", "Figure"]]
# line = [".imshow("]
# ///

import numpy as np
from matplotlib.figure import Figure

shown = []


def show(i, every):
    figure = Figure(figsize=(2, 2), dpi=100)
    scan = np.random.default_rng(i).random((1500, 1500), np.float32)
    figure.subplots().imshow(scan[::every, ::every].copy())
    shown.append(figure)


def step(i):
    show(i, 1)


def step_fixed(i):
    show(i, 60)


TURNS = 20


if __name__ == "__main__":
    from _run import main

    main(globals())
