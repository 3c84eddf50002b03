"""Masks of zeros and ones in float64."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["masks"], ["bool", "uint8"]]
# line = ["threshold"]
# ///

import numpy as np


class Segmenter:
    def __init__(self):
        self.masks = []

    def add(self, picture, kind):
        threshold = (picture > 0.5).astype(kind)
        self.masks.append(threshold)


SEGMENTER = Segmenter()


def step(i):
    SEGMENTER.add(np.random.default_rng(i).random((300, 400)), float)


def step_fixed(i):
    SEGMENTER.add(np.random.default_rng(i).random((300, 400)), bool)


if __name__ == "__main__":
    from _run import main

    main(globals())
