"""The matrix of every time step is kept, though only its answer is read."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["solved"]]
# line = ["sparse.", "solved[i]"]
# unseen = "the waste in its parts is told in place of the whole"
# ///

import numpy as np
from scipy import sparse

solved = {}
rng = np.random.default_rng(5)


def assemble(i):
    rows, columns = rng.integers(0, 5000, (2, 60_000))
    return sparse.csr_array((rng.random(60_000) + i, (rows, columns)), shape=(5000, 5000))


def step(i):
    matrix = assemble(i)
    answer = matrix @ np.ones(5000)
    solved[i] = matrix
    return float(answer.sum())


def step_fixed(i):
    matrix = assemble(i)
    solved[i] = float((matrix @ np.ones(5000)).sum())


if __name__ == "__main__":
    from _run import main

    main(globals())
