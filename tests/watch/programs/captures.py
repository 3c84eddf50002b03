"""A wall of screens that opens its clips again with each change and keeps the old ones."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["VideoCapture"], ["sources"], ["release"]]
# line = ["cv2.VideoCapture("]
# ///

import tempfile
from pathlib import Path

import cv2
import numpy as np

FOLDER = tempfile.TemporaryDirectory()
CLIP = str(Path(FOLDER.name) / "clip.avi")


class Wall:
    def __init__(self):
        self.sources = []

    def show(self):
        source = cv2.VideoCapture(CLIP)
        self.sources.append(source)
        return source.read()[1]


WALL = Wall()


def setup(fixed):
    writer = cv2.VideoWriter(CLIP, cv2.VideoWriter_fourcc(*"MJPG"), 10, (160, 120))
    for shade in range(5):
        writer.write(np.full((120, 160, 3), shade * 9, np.uint8))
    writer.release()


def step(i):
    WALL.show()


def step_fixed(i):
    WALL.show()
    WALL.sources.pop().release()


if __name__ == "__main__":
    from _run import main

    main(globals())
