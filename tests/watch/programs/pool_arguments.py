"""A pool of threads gets pictures to save; what was saved stays in a dict by its number."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["POOL", "submitted", "Future"]]
# line = ["picture.mean", "np.zeros", "POOL.submit"]
# ///

from concurrent.futures import ThreadPoolExecutor

import numpy as np

POOL = ThreadPoolExecutor(2)
submitted = {}


def grey(picture):
    return picture.mean(axis=2)


def step(i):
    picture = np.zeros((400, 500, 3), np.uint8)
    picture[:, i] = 255
    submitted[i] = POOL.submit(grey, picture)
    submitted[i].result()


def step_fixed(i):
    step(i)
    del submitted[i]


def cleanup():
    POOL.shutdown()


if __name__ == "__main__":
    from _run import main

    main(globals())
