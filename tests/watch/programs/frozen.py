"""All objects are frozen before each child process, garbage and all, and are never looked at again."""
# /// case
# kind = "garbage"
# verdict = ["garbage", "leak"]
# names = [["cycle", "freeze", "frozen"], ["collector", "gc."]]
# line = []
# unseen = "frozen objects are not walked"
# ///

import gc

import numpy as np


class Node:
    def __init__(self, shade):
        self.pixels = np.full((700, 800, 3), shade % 256, np.uint8)
        self.me = self


def step(i):
    Node(i)
    gc.freeze()


def step_fixed(i):
    Node(i)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    from _run import main

    main(globals())
