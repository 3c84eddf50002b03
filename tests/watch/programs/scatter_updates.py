"""Each position of a swarm is one more scatter."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["PathCollection", "collections", "Collection"], ["set_offsets", "remove("]]
# line = [".scatter("]
# unseen = "turns are miscounted where what an import makes outlasts the loop"
# ///

import numpy as np
from matplotlib.figure import Figure

FIGURE = Figure()
AXES = FIGURE.subplots()
rng = np.random.default_rng(2)


def step(i):
    AXES.scatter(*rng.random((2, 4000)), s=4)


def step_fixed(i):
    for dots in AXES.collections:
        dots.remove()
    AXES.scatter(*rng.random((2, 4000)), s=4)


if __name__ == "__main__":
    from _run import main

    main(globals())
