"""A context variable that is set to itself and one more, and never reset with its token."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["LAYERS", "context variable", "ContextVar"]]
# line = ["np.full", "LAYERS.set"]
# ///

from contextvars import ContextVar

import numpy as np

LAYERS = ContextVar("LAYERS", default=())


def composed():
    return sum(int(layer[0, 0]) for layer in LAYERS.get())


def step(i):
    layer = np.full((800, 800), i % 256, np.uint8)
    LAYERS.set((*LAYERS.get(), layer))
    composed()


def step_fixed(i):
    layer = np.full((800, 800), i % 256, np.uint8)
    token = LAYERS.set((*LAYERS.get(), layer))
    composed()
    LAYERS.reset(token)


if __name__ == "__main__":
    from _run import main

    main(globals())
