"""A script that draws a page for each data set and closes none."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["pyplot", "Gcf"], ["close"]]
# line = ["plt.subplots"]
# ///

import os
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

turns = int(next((word for word in sys.argv[1:] if word.isdigit()), 30))
for number in range(turns):
    figure, axes = plt.subplots(figsize=(3, 2))
    axes.plot(np.random.default_rng(number).random(2000).cumsum())
    figure.savefig(os.devnull, format="png")
    if "--fixed" in sys.argv:
        plt.close(figure)
