"""Means of groups of a table, made anew in each turn."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np
import pandas as pd

rng = np.random.default_rng(3)
means = []


def step(i):
    table = pd.DataFrame({"place": rng.integers(0, 9, 30_000), "value": rng.random(30_000)})
    means.append(table.groupby("place")["value"].mean().max())


if __name__ == "__main__":
    from _run import main

    main(globals())
