"""Few objects, many bytes: pictures that know their owner, and a collector that counts objects."""
# /// case
# kind = "garbage"
# verdict = ["garbage"]
# names = [["cycle"], ["collector"]]
# line = []
# unseen = "the looks themselves bring the collector nearer"
# ///

import numpy as np


class Picture:
    def __init__(self, shade):
        self.pixels = np.full((1600, 2400, 3), shade % 256, np.uint8)
        self.owner = Owner(self)


class Owner:
    def __init__(self, picture):
        self.picture = picture


def step(i):
    return int(Picture(i).pixels[0, 0, 0])


def step_fixed(i):
    picture = Picture(i)
    picture.owner.picture = None


if __name__ == "__main__":
    from _run import main

    main(globals())
