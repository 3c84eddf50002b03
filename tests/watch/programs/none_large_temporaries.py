"""Pictures that are made, used and let go, some megabytes at a time."""
# /// case
# kind = "none"
# verdict = []
# ///

import cv2
import numpy as np


def step(i):
    frame = np.full((480, 640, 3), i % 256, np.uint8)
    grey = cv2.cvtColor(cv2.GaussianBlur(frame, (5, 5), 0), cv2.COLOR_BGR2GRAY)
    return cv2.Canny(grey, 50, 150).sum()


TURNS = 60


if __name__ == "__main__":
    from _run import main

    main(globals())
