"""A class that lists all its instances: each tile of a map stays alive after it was drawn."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["Tile.made"]]
# line = ["np.full"]
# ///

from typing import ClassVar

import numpy as np


class Tile:
    made: ClassVar[list] = []

    def __init__(self, number, keep=True):
        self.pixels = np.full((512, 512, 4), number % 256, np.uint8)
        if keep:
            Tile.made.append(self)

    def brightness(self):
        return float(self.pixels.mean())


def step(i):
    print(i, Tile(i).brightness())


def step_fixed(i):
    print(i, Tile(i, keep=False).brightness())


if __name__ == "__main__":
    from _run import main

    main(globals())
