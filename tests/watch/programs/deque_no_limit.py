"""The last frames for a moving average, in a deque whose maxlen was forgotten."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["RECENT"]]
# line = ["rng.integers", "recent.append"]
# ///

from collections import deque

import numpy as np

RECENT = deque()
WINDOW = 5
rng = np.random.default_rng(1)


def grab():
    return rng.integers(0, 256, (480, 640, 3), np.uint8)


def smooth(recent):
    recent.append(grab())
    return np.mean([recent[-1 - k] for k in range(min(WINDOW, len(recent)))], axis=0)


def step(i):
    smooth(RECENT)


def setup(fixed):
    global RECENT
    if fixed:
        RECENT = deque(maxlen=WINDOW)


step_fixed = step


if __name__ == "__main__":
    from _run import main

    main(globals())
