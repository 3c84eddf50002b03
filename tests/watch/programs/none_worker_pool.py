"""A pool of processes that gives back one number for each picture."""
# /// case
# kind = "none"
# verdict = []
# ///

from multiprocessing import get_context

import numpy as np

POOL = None


def brightness(shade):
    return float(np.full((600, 600), shade, np.float32).mean())


def setup(fixed):
    global POOL
    POOL = get_context("fork").Pool(2)


def step(i):
    return sum(POOL.map(brightness, range(i, i + 4)))


def cleanup():
    POOL.close()
    POOL.join()


if __name__ == "__main__":
    from _run import main

    main(globals())
