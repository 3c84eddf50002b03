"""Objects with a finalizer, in cycles, in a program that has switched the collector off."""
# /// case
# kind = "garbage"
# verdict = ["garbage"]
# names = [["cycle"], ["collector"]]
# line = []
# ///

import gc

import numpy as np

gc.disable()
count = 0


class Buffer:
    def __init__(self):
        self.data = np.zeros(100_000)
        self.data += 1
        self.release = self.free

    def free(self):
        self.data = None

    def __del__(self):
        global count
        count += 1


def step(i):
    return Buffer().data.sum()


def step_fixed(i):
    buffer = Buffer()
    del buffer.release


if __name__ == "__main__":
    from _run import main

    main(globals())
