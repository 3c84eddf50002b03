"""One Axes, cleared before each drawing."""
# /// case
# kind = "none"
# verdict = []
# ///

import io

import numpy as np
from matplotlib.figure import Figure

FIGURE = Figure(figsize=(2, 2))
AXES = FIGURE.subplots()


def step(i):
    AXES.clear()
    AXES.plot(np.random.default_rng(i).random(20_000).cumsum())
    AXES.set_title(f"turn {i}")
    FIGURE.savefig(io.BytesIO())


if __name__ == "__main__":
    from _run import main

    main(globals())
