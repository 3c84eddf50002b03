"""The frames of a film as artists, all in one Axes."""
# /// case
# kind = "leak"
# verdict = ["leak", "waste"]
# names = [["frames", "Axes"], ["AxesImage"]]
# line = ["AXES.imshow", "frames.append"]
# ///

import numpy as np
from matplotlib.figure import Figure

FIGURE = Figure()
AXES = FIGURE.subplots()
frames = []


def step(i):
    image = AXES.imshow(np.random.default_rng(i).random((250, 250)), animated=True)
    frames.append([image])


def step_fixed(i):
    step(i)
    frames.pop()[0].remove()


if __name__ == "__main__":
    from _run import main

    main(globals())
