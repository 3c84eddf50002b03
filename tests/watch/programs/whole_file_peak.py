"""A file is read as a whole for a small picture of it."""
# /// case
# kind = "peak"
# verdict = ["peak"]
# names = [["peak"]]
# line = ["read_bytes"]
# ///

import tempfile
from pathlib import Path

import numpy as np

FOLDER = tempfile.TemporaryDirectory()
PATH = Path(FOLDER.name) / "scan.raw"
WIDTH, HEIGHT = 16_000, 8_000


def setup(fixed):
    with PATH.open("wb") as file:
        file.truncate(WIDTH * HEIGHT)


def step(i):
    data = PATH.read_bytes()
    return np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH)[::100, ::100].sum()


def step_fixed(i):
    total = 0
    with PATH.open("rb") as file:
        for row in range(0, HEIGHT, 100):
            file.seek(row * WIDTH)
            total += sum(file.read(WIDTH)[::100])
    return total


TURNS = 12


if __name__ == "__main__":
    from _run import main

    main(globals())
