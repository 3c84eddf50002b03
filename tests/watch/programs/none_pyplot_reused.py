"""One figure of pyplot, found again by its number and cleared."""
# /// case
# kind = "none"
# verdict = []
# ///

import io

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np


def step(i):
    plt.figure(1, figsize=(2, 2), clear=True)
    plt.imshow(np.random.default_rng(i).random((80, 80)))
    plt.savefig(io.BytesIO())


if __name__ == "__main__":
    from _run import main

    main(globals())
