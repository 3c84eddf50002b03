"""A pipeline of generators, run to its end in each turn."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np


def frames(count):
    for k in range(count):
        yield np.full((300, 400, 3), k, np.uint8)


def grey(source):
    for frame in source:
        yield frame.mean(axis=2, dtype=np.float32)


def step(i):
    return sum(float(picture.max()) for picture in grey(frames(6)))


if __name__ == "__main__":
    from _run import main

    main(globals())
