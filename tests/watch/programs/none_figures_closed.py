"""Figures of pyplot, all of them closed."""
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
    figure, axes = plt.subplots(figsize=(2, 2))
    axes.imshow(np.random.default_rng(i).random((100, 100)))
    figure.savefig(io.BytesIO())
    plt.close(figure)


if __name__ == "__main__":
    from _run import main

    main(globals())
