"""A cache that keeps its pictures by weak references, and one strong reference to the newest."""
# /// case
# kind = "none"
# verdict = []
# ///

from weakref import WeakValueDictionary

import numpy as np


class Picture:
    def __init__(self, number):
        self.pixels = np.full((500, 600), number % 256, np.uint8)


cache = WeakValueDictionary()
newest = None


def step(i):
    global newest
    newest = Picture(i)
    cache[i] = newest
    return len(cache)


TURNS = 40


if __name__ == "__main__":
    from _run import main

    main(globals())
