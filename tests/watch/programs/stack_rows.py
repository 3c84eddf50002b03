"""A picture that gets its next rows by vstack."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["vstack"], ["copies", "copy", "whole", "anew"]]
# line = ["np.vstack"]
# ///

import numpy as np

HEIGHT, ROWS = 800, 20
state = {"picture": np.zeros((0, 1000), np.float32)}
rng = np.random.default_rng(6)


def scan():
    return rng.random((ROWS, 1000), np.float32)


def step(i):
    state["picture"] = np.vstack((state["picture"], scan()))


def setup(fixed):
    if fixed:
        state["picture"] = np.empty((HEIGHT, 1000), np.float32)


def step_fixed(i):
    state["picture"][i * ROWS : (i + 1) * ROWS] = scan()


if __name__ == "__main__":
    from _run import main

    main(globals())
