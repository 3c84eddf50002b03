"""A cache in a dict that has ten pictures and no more."""
# /// case
# kind = "none"
# verdict = []
# ///

from collections import OrderedDict

import numpy as np

cache = OrderedDict()


def picture(name):
    if name in cache:
        cache.move_to_end(name)
        return cache[name]
    cache[name] = np.full((400, 500, 3), len(name), np.uint8)
    if len(cache) > 10:
        cache.popitem(last=False)
    return cache[name]


def step(i):
    picture(f"{i}").sum()
    picture(f"{i // 2}").sum()


TURNS = 40


if __name__ == "__main__":
    from _run import main

    main(globals())
