"""Samples are appended to an array, which is copied for each of them."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["np.append", "append"], ["copies", "copy", "whole", "anew"]]
# line = ["np.append"]
# ///

import numpy as np

samples = np.zeros(0)
rng = np.random.default_rng(4)


def block():
    return rng.normal(size=25_000)


def step(i):
    global samples
    samples = np.append(samples, block())


blocks = []


def step_fixed(i):
    blocks.append(block())


if __name__ == "__main__":
    from _run import main

    main(globals())
