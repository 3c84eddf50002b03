"""A large data set that is loaded once."""
# /// case
# kind = "none"
# verdict = []
# unsure = "a loop before the loop is taken for it"
# ///

import numpy as np

DATA = []


def setup(fixed):
    DATA.extend(np.random.default_rng(k).random((500, 1000), np.float32) for k in range(30))


def step(i):
    return float(DATA[i % 30].mean())


if __name__ == "__main__":
    from _run import main

    main(globals())
