"""A list of the files that were written."""
# /// case
# kind = "none"
# verdict = []
# ///

import tempfile
from pathlib import Path

import numpy as np

FOLDER = tempfile.TemporaryDirectory()
written = []


def step(i):
    path = Path(FOLDER.name) / f"{i % 5}.npy"
    np.save(path, np.random.default_rng(i).random((200, 200)))
    written.append(path)


if __name__ == "__main__":
    from _run import main

    main(globals())
