"""Frames are kept in a list that is a variable of a call that does not return: the list of what was shown last."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["watched"]]
# line = ["np.full", "watched.append"]
# ///

import numpy as np


def player():
    watched = []
    while True:
        i = yield
        frame = np.full((480, 640, 3), i % 256, np.uint8)
        frame[i % 480] = 0
        print(frame.mean())
        watched.append(frame)


PLAYER = player()
next(PLAYER)


def step(i):
    PLAYER.send(i)


def step_fixed(i):
    frame = np.full((480, 640, 3), i % 256, np.uint8)
    frame[i % 480] = 0
    print(frame.mean())


if __name__ == "__main__":
    from _run import main

    main(globals())
