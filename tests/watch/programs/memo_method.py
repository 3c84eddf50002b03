"""A cached method keeps its results, and the object of each call with them."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["cache", "lru_cache", "scaled"]]
# line = ["np.repeat", "@cache"]
# ///

from functools import cache

import numpy as np


class Picture:
    def __init__(self, number):
        self.pixels = np.full((300, 400), number % 256, np.uint8)

    @cache  # noqa: B019
    def scaled(self, factor):
        return np.repeat(self.pixels, factor, axis=1)

    def scaled_anew(self, factor):
        return np.repeat(self.pixels, factor, axis=1)


def step(i):
    return int(Picture(i).scaled(4).max())


def step_fixed(i):
    return int(Picture(i).scaled_anew(4).max())


if __name__ == "__main__":
    from _run import main

    main(globals())
