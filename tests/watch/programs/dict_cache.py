"""A cache in a dict, keyed by an offset that never comes twice, so that it only grows."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["_resized"]]
# line = ["np.repeat", "_resized[key] ="]
# unsure = "a cache that fills between two looks"
# ///

import numpy as np

SOURCE = np.arange(256 * 256, dtype=np.float32).reshape(256, 256)
_resized = {}


def resized(offset):
    key = (offset, SOURCE.shape)
    if key not in _resized:
        picture = np.repeat(SOURCE + offset, 4, axis=1)
        _resized[key] = picture
    return _resized[key]


def step(i):
    return float(resized(i * 0.1).max())


def step_fixed(i):
    if len(_resized) > 6:
        _resized.pop(next(iter(_resized)))
    return float(resized(i * 0.1).max())


if __name__ == "__main__":
    from _run import main

    main(globals())
