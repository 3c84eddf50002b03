"""A track of points, each a tuple of two floats."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["track"], ["tuple", "list", "float"]]
# line = ["self.track.append", "self.track.extend"]
# ///

import array
import math


class Turtle:
    def __init__(self, compact):
        self.track = array.array("d") if compact else []
        self.angle = 0.0

    def walk(self):
        self.angle += 0.37
        x, y = math.cos(self.angle) * self.angle, math.sin(self.angle) * self.angle
        if isinstance(self.track, list):
            self.track.append((x, y))
        else:
            self.track.extend((x, y))


def setup(fixed):
    global TURTLE
    TURTLE = Turtle(fixed)


def step(i):
    for _ in range(8000):
        TURTLE.walk()


step_fixed = step


if __name__ == "__main__":
    from _run import main

    main(globals())
