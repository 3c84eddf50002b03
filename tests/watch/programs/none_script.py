"""A script without functions that keeps one number of each picture."""
# /// case
# kind = "none"
# verdict = []
# ///

import cv2
import numpy as np

means = []
for i in range(40):
    picture = cv2.GaussianBlur(np.random.default_rng(i).random((400, 500), np.float32), (7, 7), 0)
    means.append(float(picture.mean()))
print(max(means))
