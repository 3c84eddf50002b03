"""All work is done in two arrays."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np

STATE = np.random.default_rng(1).random((800, 900), np.float32)
NEXT = np.empty_like(STATE)


def step(i):
    np.multiply(STATE, np.float32(0.99), out=NEXT)
    np.add(NEXT, np.float32(i % 3), out=STATE)


if __name__ == "__main__":
    from _run import main

    main(globals())
