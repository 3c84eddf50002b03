"""A picture of ten thousand pixels a side, where a screen has two."""
# /// case
# kind = "peak"
# verdict = ["peak"]
# names = [["peak"]]
# line = ["savefig"]
# ///

import gc
import os

import numpy as np
from matplotlib.figure import Figure


def draw(i, dpi):
    figure = Figure(figsize=(6, 5))
    figure.subplots().plot(np.arange(50) % (i + 3))
    figure.savefig(os.devnull, dpi=dpi, format="raw")


def step(i):
    draw(i, 900)
    gc.collect()


def step_fixed(i):
    draw(i, 90)
    gc.collect()


TURNS = 8


if __name__ == "__main__":
    from _run import main

    main(globals())
