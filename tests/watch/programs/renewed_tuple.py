"""A state that is made anew each time, with all that was in the old one."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["state", "trail"]]
# line = ["np.full", "(*trail"]
# ///

import numpy as np

trail = ()


def step(i):
    global trail
    picture = np.full((480, 640, 3), i % 256, np.uint8)
    trail = (*trail, picture)
    return trail[-1].mean()


def step_fixed(i):
    global trail
    picture = np.full((480, 640, 3), i % 256, np.uint8)
    trail = (*trail[-3:], picture)
    return trail[-1].mean()


if __name__ == "__main__":
    from _run import main

    main(globals())
