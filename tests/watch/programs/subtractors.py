"""A background model for each clip; its pictures are in compiled code."""
# /// case
# kind = "native"
# verdict = ["native", "leak"]
# names = [["subtractors.py"]]
# line = []
# ///

import cv2
import numpy as np

models = {}


def clip(i, keep):
    model = cv2.createBackgroundSubtractorMOG2()
    for shade in range(3):
        moving = model.apply(np.full((240, 320, 3), shade * 40, np.uint8))
    if keep:
        models[i] = model
    return moving


def step(i):
    clip(i, keep=True)


def step_fixed(i):
    clip(i, keep=False)


if __name__ == "__main__":
    from _run import main

    main(globals())
