"""Tables whose numbers are Python objects, because one text was among them once."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["object", "Python objects"], ["tables"]]
# line = ["np.array("]
# unseen = "few looks are left where each is dear"
# ///

import numpy as np

tables = []


def parse(i, kind):
    rows = [[str(i + k / 3), str(k / 7)] for k in range(6000)]
    return np.array([[float(value) for value in row] for row in rows], dtype=kind)


def step(i):
    tables.append(parse(i, object))


def step_fixed(i):
    tables.append(parse(i, np.float64))


if __name__ == "__main__":
    from _run import main

    main(globals())
