"""Each data set that is shown leaves a callback for the limits, which holds the data."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["callback"], ["xlim_changed", "CallbackRegistry", "disconnect"]]
# line = ["np.sort", "callbacks.connect"]
# ///

import numpy as np
from matplotlib.figure import Figure

FIGURE = Figure()
AXES = FIGURE.subplots()


def show(i):
    data = np.sort(np.random.default_rng(i).random(100_000))

    def zoomed(axes):
        return np.searchsorted(data, axes.get_xlim())

    return AXES.callbacks.connect("xlim_changed", zoomed)


def step(i):
    show(i)
    AXES.set_xlim(0, i + 1)


def step_fixed(i):
    number = show(i)
    AXES.set_xlim(0, i + 1)
    AXES.callbacks.disconnect(number)


if __name__ == "__main__":
    from _run import main

    main(globals())
