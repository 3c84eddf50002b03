"""A list of small numbers that grows, as it should."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np

losses = []
WEIGHTS = np.random.default_rng(0).random((300, 300), np.float32)


def step(i):
    error = WEIGHTS @ np.full(300, i, np.float32)
    losses.append(float(error.std()))


TURNS = 200


if __name__ == "__main__":
    from _run import main

    main(globals())
