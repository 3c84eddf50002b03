"""A matrix that is nearly all zeros, made once and used in each turn."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["KERNEL"], ["zero", "sparse"]]
# line = ["np.zeros", "return", "KERNEL ="]
# ///

import numpy as np
from scipy import sparse

SIZE = 3000


def kernel():
    matrix = np.zeros((SIZE, SIZE))
    for offset in (-1, 0, 1):
        rows = np.arange(1, SIZE - 1)
        matrix[rows, rows + offset] = 1 / 3.7 + rows * 1e-7
    matrix += 0.0
    return matrix


KERNEL = kernel()
STATE = np.random.default_rng(0).random(SIZE)


def setup(fixed):
    global KERNEL
    if fixed:
        KERNEL = sparse.csr_array(KERNEL)


def step(i):
    STATE[:] = KERNEL @ STATE + i


step_fixed = step


if __name__ == "__main__":
    from _run import main

    main(globals())
