"""Pictures put away as text of their numbers."""
# /// case
# kind = "waste"
# verdict = ["waste", "leak"]
# names = [["states"], ["text", "JSON", "str", "Str"]]
# line = ["json.dumps", "states.append(text)"]
# ///

import json

import numpy as np

states = []


def state(i):
    return np.random.default_rng(i).random((120, 120))


def step(i):
    text = json.dumps(state(i).tolist())
    states.append(text)


def step_fixed(i):
    states.append(state(i).tobytes())


if __name__ == "__main__":
    from _run import main

    main(globals())
