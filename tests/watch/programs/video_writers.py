"""A writer for each clip that is not released."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["VideoWriter"], ["clips"], ["release"]]
# line = ["cv2.VideoWriter("]
# ///

import tempfile
from pathlib import Path

import cv2
import numpy as np

FOLDER = tempfile.TemporaryDirectory()
clips = []


def record(i):
    path = str(Path(FOLDER.name) / f"{i}.avi")
    clip = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 10, (160, 120))
    for shade in range(3):
        clip.write(np.full((120, 160, 3), shade * 9, np.uint8))
    clips.append(clip)


def step(i):
    record(i)


def step_fixed(i):
    record(i)
    clips[-1].release()


if __name__ == "__main__":
    from _run import main

    main(globals())
