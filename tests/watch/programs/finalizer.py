"""A finalizer for each texture, tied to the window that outlives them all, with the texture as its argument."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["finalize"]]
# line = ["np.ones", "weakref.finalize"]
# ///

import weakref

import numpy as np


class Window:
    def __init__(self):
        self.drawn = 0


WINDOW = Window()


def give_back(texture):
    texture.fill(0)


def upload():
    texture = np.ones((512, 512, 3), np.uint8)
    WINDOW.drawn += 1
    return texture, weakref.finalize(WINDOW, give_back, texture)


def step(i):
    upload()


def step_fixed(i):
    _, finalizer = upload()
    finalizer()


if __name__ == "__main__":
    from _run import main

    main(globals())
