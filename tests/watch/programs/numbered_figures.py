"""Pages as numbered figures of pyplot, which a function makes and forgets."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["pyplot", "Gcf"], ["close("]]
# line = ["plt.figure("]
# ///

import io

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np


def page(number):
    plt.figure(num=number, figsize=(3, 2))
    plt.imshow(np.arange(300 * 300.0).reshape(300, 300))
    plt.savefig(io.BytesIO())


def step(i):
    page(i)


def step_fixed(i):
    page(i)
    plt.close()


if __name__ == "__main__":
    from _run import main

    main(globals())
