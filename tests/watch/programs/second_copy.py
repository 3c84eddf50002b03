"""A data set that has each picture twice, since np.array() copies."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["pixels", "archive"], ["copy", "copies", "twice", "same"]]
# line = ["np.array("]
# unseen = "a copy is not told beside a leak of the same holder"
# unsure = "what comes as an argument is not known to be made for keeping"
# ///

import numpy as np


class Dataset:
    def __init__(self):
        self.pixels = {}
        self.archive = {}

    def add(self, name, picture, copies):
        self.pixels[name] = picture
        self.archive[name] = np.array(picture) if copies else np.asarray(picture)


DATASET = Dataset()


def step(i, copies=True):
    picture = np.random.default_rng(i).integers(0, 256, (500, 600), np.uint8)
    DATASET.add(i, picture, copies)


def step_fixed(i):
    step(i, copies=False)


if __name__ == "__main__":
    from _run import main

    main(globals())
