"""Rows of a result are gathered, and are one array at the end."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np

rows = []


def step(i):
    rows.append(np.random.default_rng(i).random((20, 4000), np.float32))


def cleanup():
    print(np.concatenate(rows).shape)


if __name__ == "__main__":
    from _run import main

    main(globals())
