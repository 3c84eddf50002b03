"""A report that keeps each page as a figure after it was written."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["pages"], ["Figure"]]
# line = ["Figure(", "self.pages["]
# ///

import io

import numpy as np
from matplotlib.figure import Figure


class Report:
    def __init__(self):
        self.pages = {}

    def write(self, name, values):
        figure = Figure(figsize=(2, 2))
        figure.subplots().imshow(values)
        file = io.BytesIO()
        figure.savefig(file)
        self.pages[name] = figure
        return len(file.getvalue())


REPORT = Report()


def step(i):
    REPORT.write(f"page {i}", np.full((300, 300), i / 7))


def step_fixed(i):
    step(i)
    REPORT.pages[f"page {i}"] = None


if __name__ == "__main__":
    from _run import main

    main(globals())
