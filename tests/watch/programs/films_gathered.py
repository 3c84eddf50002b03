"""All pictures of a film are made before the first is written."""
# /// case
# kind = "waste"
# verdict = ["waste", "leak"]
# names = [["pictures"]]
# line = ["def drawn", "np.full", "pictures ="]
# unseen = "a list that a running call fills has no name, and looks may come too late"
# ///

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np


def drawn(number):
    picture = np.full((480, 640, 3), number % 256, np.uint8)
    cv2.putText(picture, str(number), (50, 100), cv2.FONT_HERSHEY_SIMPLEX, 2, (255, 255, 255))
    return picture


def film(path, turns):
    pictures = [drawn(number) for number in range(turns)]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (640, 480))
    for picture in pictures:
        writer.write(picture)
    writer.release()


def film_fixed(path, turns):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (640, 480))
    for number in range(turns):
        writer.write(drawn(number))
    writer.release()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run = film_fixed if "--fixed" in sys.argv else film
        run(Path(folder) / "film.avi", int(next((w for w in sys.argv[1:] if w.isdigit()), 40)))
