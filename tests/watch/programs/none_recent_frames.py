"""The last eight frames, in a deque with a limit."""
# /// case
# kind = "none"
# verdict = []
# ///

from collections import deque

import numpy as np

RECENT = deque(maxlen=8)


def step(i):
    RECENT.append(np.random.default_rng(i).integers(0, 256, (480, 640, 3), np.uint8))
    return RECENT[0].mean()


TURNS = 40


if __name__ == "__main__":
    from _run import main

    main(globals())
