"""Slices of a volume, each loaded as a mapping of its own that stays."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["memmap"], ["stack"]]
# line = ["np.load"]
# ///

import tempfile
from pathlib import Path

import numpy as np

FOLDER = tempfile.TemporaryDirectory()
PATH = Path(FOLDER.name) / "volume.npy"
stack = []


def setup(fixed):
    np.save(PATH, np.zeros((40, 100, 100), np.float32))


def plane(i):
    volume = np.load(PATH, mmap_mode="r")
    stack.append(volume[i % 40])
    return float(stack[-1].max())


def step(i):
    plane(i)


def step_fixed(i):
    plane(i)
    stack.clear()


if __name__ == "__main__":
    from _run import main

    main(globals())
