"""A ring of frames whose line that drops the oldest has no effect."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["frames"]]
# line = ["cv2.GaussianBlur", "self.frames.append"]
# ///

import cv2
import numpy as np


class Ring:
    def __init__(self, size):
        self.frames = []
        self.size = size

    def add(self, frame, drop):
        self.frames.append(frame)
        if drop:
            del self.frames[: -self.size]
        else:
            self.frames[-self.size :]

    def motion(self):
        return cv2.absdiff(self.frames[-1], self.frames[0]).mean()


RING = Ring(6)


def step(i, drop=False):
    frame = np.full((360, 640, 3), i % 256, np.uint8)
    RING.add(cv2.GaussianBlur(frame, (5, 5), 0), drop)
    RING.motion()


def step_fixed(i):
    step(i, drop=True)


if __name__ == "__main__":
    from _run import main

    main(globals())
