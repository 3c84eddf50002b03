"""Faces cut out of the frames of a camera: each is a view that keeps its frame."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["faces", "crops"], ["view"], ["copy"]]
# line = ["np.full"]
# ///

import numpy as np


class Gallery:
    def __init__(self):
        self.faces = {}

    def add(self, name, face):
        self.faces[name] = face


GALLERY = Gallery()


def read(i):
    return np.full((720, 960, 3), i % 256, np.uint8)


def step(i):
    frame = read(i)
    GALLERY.add(f"face {i}", frame[100:148, 200:248])


def step_fixed(i):
    frame = read(i)
    GALLERY.add(f"face {i}", frame[100:148, 200:248].copy())


if __name__ == "__main__":
    from _run import main

    main(globals())
