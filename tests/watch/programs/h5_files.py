"""A file of HDF5 for each data set, all of them open."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["h5py"], ["archives"], ["close"]]
# line = ["h5py.File("]
# ///

import tempfile
from pathlib import Path

import h5py
import numpy as np

FOLDER = tempfile.TemporaryDirectory()
archives = {}


def store(i):
    archives[i] = h5py.File(Path(FOLDER.name) / f"{i}.h5", "w")
    archives[i]["values"] = np.arange(1000) + i


def step(i):
    store(i)


def step_fixed(i):
    store(i)
    archives.pop(i).close()


def cleanup():
    for file in archives.values():
        file.flush()


if __name__ == "__main__":
    from _run import main

    main(globals())
