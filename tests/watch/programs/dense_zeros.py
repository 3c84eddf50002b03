"""Masks of a few pixels, each as large as the picture."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["masks"], ["zero", "sparse"]]
# line = ["np.zeros"]
# ///

import numpy as np
from scipy import sparse

masks = {}


def mask(i):
    found = np.zeros((900, 900), np.float32)
    rows, columns = np.random.default_rng(i).integers(0, 900, (2, 500))
    found[rows, columns] = rows * 0.37
    found += 0
    return found


def step(i):
    masks[i] = mask(i)


def step_fixed(i):
    masks[i] = sparse.coo_array(mask(i))


if __name__ == "__main__":
    from _run import main

    main(globals())
