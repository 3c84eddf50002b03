"""A script without functions: pictures stay in a list after they were written."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["shown"]]
# line = ["cv2.applyColorMap", "shown.append"]
# ///

import sys

import cv2
import numpy as np

turns = int(next((word for word in sys.argv[1:] if word.isdigit()), 30))
shown = []
for i in range(turns):
    values = np.full((400, 500), i % 256, np.uint8)
    picture = cv2.applyColorMap(values, cv2.COLORMAP_JET)
    cv2.imencode(".png", picture)
    shown.append(picture)
    if "--fixed" in sys.argv:
        shown.pop()
