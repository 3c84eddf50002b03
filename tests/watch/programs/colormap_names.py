"""A colour map for each data set, registered under a name of its own."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["colormaps", "cmap", "Colormap"]]
# line = ["ListedColormap", "colormaps.register"]
# unseen = "a library's own text is taken for what the program wants"
# ///

import matplotlib
import numpy as np
from matplotlib.colors import ListedColormap


def picture(i):
    ramp = np.random.default_rng(i).random((4096, 4))
    name = f"ramp {i}"
    matplotlib.colormaps.register(ListedColormap(ramp, name=name))
    return matplotlib.colormaps[name](np.linspace(0, 1, 100))


def step(i):
    picture(i)


def step_fixed(i):
    picture(i)
    matplotlib.colormaps.unregister(f"ramp {i}")


TURNS = 60


if __name__ == "__main__":
    from _run import main

    main(globals())
