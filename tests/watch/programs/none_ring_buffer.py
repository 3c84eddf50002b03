"""A ring of ten frames in one array, written over and over."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np

RING = np.zeros((10, 480, 640), np.uint8)


def step(i):
    RING[i % 10] = np.random.default_rng(i).integers(0, 256, (480, 640), np.uint8)
    return RING.mean(axis=(1, 2)).argmax()


TURNS = 40


if __name__ == "__main__":
    from _run import main

    main(globals())
