"""Coordinates of grids, each repeated for every row and column."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["grids"], ["meshgrid", "coordinates", "repeat", "rows", "broadcast"]]
# line = ["np.meshgrid"]
# ///

import numpy as np

grids = []


def grid(i, sparse):
    x = np.random.default_rng(i).random(500).cumsum()
    y = np.random.default_rng(-i % 99).random(400).cumsum()
    xx, yy = np.meshgrid(x, y, sparse=sparse)
    return xx, yy


def step(i):
    grids.append(grid(i, sparse=False))


def step_fixed(i):
    grids.append(grid(i, sparse=True))


if __name__ == "__main__":
    from _run import main

    main(globals())
