"""Tables whose numbers were read as objects."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["tables"], ["object"]]
# line = ["pd.DataFrame"]
# ///

import numpy as np
import pandas as pd

tables = {}


def read(i, kind):
    values = np.random.default_rng(i).random(12_000)
    return pd.DataFrame({"value": pd.Series(values.tolist(), dtype=kind)})


def step(i):
    tables[i] = read(i, object)


def step_fixed(i):
    tables[i] = read(i, np.float64)


if __name__ == "__main__":
    from _run import main

    main(globals())
