"""A summary keeps every table of which it has written one line."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["seen"]]
# line = ["pd.DataFrame", "self.seen.append"]
# ///

import numpy as np
import pandas as pd


class Summary:
    def __init__(self):
        self.seen = []
        self.lines = []

    def add(self, table, keep):
        self.lines.append(table["value"].mean())
        if keep:
            self.seen.append(table)


SUMMARY = Summary()
rng = np.random.default_rng(3)


def table(i):
    return pd.DataFrame({"value": rng.normal(i, 1, 60_000), "other": rng.normal(0, 1, 60_000)})


def step(i):
    SUMMARY.add(table(i), keep=True)


def step_fixed(i):
    SUMMARY.add(table(i), keep=False)


if __name__ == "__main__":
    from _run import main

    main(globals())
