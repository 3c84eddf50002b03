"""Each frame knows the one before it, for a difference, and so all that ever were."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["LAST", "before"]]
# line = ["np.full", "self.before = before", "Frame("]
# unseen = "a chain that begins at a new object each turn has no holder that grows"
# ///

import numpy as np


class Frame:
    def __init__(self, number, before):
        self.pixels = np.full((480, 640, 3), number % 256, np.uint8)
        self.before = before

    def change(self):
        return int(self.pixels[0, 0, 0]) - int(self.before.pixels[0, 0, 0]) if self.before else 0


LAST = None


def step(i):
    global LAST
    LAST = Frame(i, LAST)
    LAST.change()


def step_fixed(i):
    step(i)
    LAST.before = None


if __name__ == "__main__":
    from _run import main

    main(globals())
