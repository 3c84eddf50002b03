"""A timer gets one more callback with each refresh."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["callbacks", "TIMER"], ["remove_callback", "timer", "TIMER"]]
# line = ["np.arange", "add_callback"]
# ///

import numpy as np
from matplotlib.figure import Figure

FIGURE = Figure()
TIMER = FIGURE.canvas.new_timer(interval=100)


def tick(values):
    return values[-1]


def step(i):
    values = np.arange(80_000.0) + i
    TIMER.add_callback(tick, values)


def step_fixed(i):
    step(i)
    callback, arguments, options = TIMER.callbacks[-1]
    TIMER.remove_callback(callback, *arguments, **options)


if __name__ == "__main__":
    from _run import main

    main(globals())
