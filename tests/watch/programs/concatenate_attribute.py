"""A recorder joins what it has and what is new, again and again."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["concatenate"], ["copies", "copy", "whole", "anew"]]
# line = ["np.concatenate"]
# unsure = "what comes as an argument is not known to be made for keeping"
# ///

import numpy as np


class Recorder:
    def __init__(self):
        self.signal = np.zeros(0, np.float32)
        self.parts = []

    def record(self, part):
        self.signal = np.concatenate([self.signal, part])

    def gather(self, part):
        self.parts.append(part)


RECORDER = Recorder()
rng = np.random.default_rng(4)


def step(i):
    RECORDER.record(rng.random(50_000, np.float32))


def step_fixed(i):
    RECORDER.gather(rng.random(50_000, np.float32))


if __name__ == "__main__":
    from _run import main

    main(globals())
