"""Labels of a few classes in 64 bits."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["labels"], ["int64"], ["uint8"]]
# line = [".astype(", "labels["]
# ///

import numpy as np

labels = {}


def classify(picture, kind):
    return np.digitize(picture, [0.2, 0.4, 0.8]).astype(kind)


def step(i, kind=np.int64):
    picture = np.random.default_rng(i).random((400, 500))
    labels[f"scan {i}"] = classify(picture, kind)


def step_fixed(i):
    step(i, np.uint8)


if __name__ == "__main__":
    from _run import main

    main(globals())
