"""Callbacks for a resize, each a partial with the pixels of a page that is not shown any more."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["HANDLERS"], ["partial"]]
# line = ["np.linspace", "HANDLERS.append"]
# ///

from functools import partial

import numpy as np

HANDLERS = []


def on_resize(pixels, width):
    return pixels[:width].mean()


def show(i):
    pixels = np.linspace(0, i + 1, 200_000)
    HANDLERS.append(partial(on_resize, pixels))
    return [handler(100) for handler in HANDLERS[-2:]]


def step(i):
    show(i)


def step_fixed(i):
    show(i)
    HANDLERS.clear()


if __name__ == "__main__":
    from _run import main

    main(globals())
