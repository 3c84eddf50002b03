"""Distances of all pairs by way of all differences."""
# /// case
# kind = "peak"
# verdict = ["peak"]
# names = [["peak"]]
# line = ["sum("]
# ///

import numpy as np

rng = np.random.default_rng(8)


def distances(a, b):
    return ((a[:, None] - b[None]) ** 2).sum(-1)


def distances_fixed(a, b):
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None]
    return squares - 2 * (a @ b.T)


def step(i, measure=distances):
    points = rng.random((2, 900, 30))
    return float(measure(*points).min())


def step_fixed(i):
    return step(i, distances_fixed)


TURNS = 12


if __name__ == "__main__":
    from _run import main

    main(globals())
