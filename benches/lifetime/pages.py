"""Two hundred pages, each a figure of 1920x1080 with an image of 1000x1000 float64, saved as PNG.

The setting says how a figure ends: `closed` by `plt.close`, `dropped` (a `Figure()` that pyplot never knew), or
`never`. By hand there is one figure, and each turn gives its image new values.

python benches/lifetime/pages.py each closed
"""

import io
import zlib

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from turns import main

ENDINGS = {"closed": 200, "dropped": 200, "never": 200}
SIZE = {"figsize": (19.2, 10.8), "dpi": 100}


def prepare(ending, by_hand):
    plt.rcParams["figure.max_open_warning"] = 0
    rng = np.random.default_rng(3)

    def draw(fig, ax, turn):
        ax.imshow(rng.random((1000, 1000)))
        ax.set_title(f"page {turn}")
        picture = io.BytesIO()
        fig.savefig(picture, format="png")
        return picture

    def closed(turns):
        for turn in turns:
            fig, ax = plt.subplots(**SIZE)
            picture = draw(fig, ax, turn)
            plt.close(fig)
        return float(zlib.crc32(picture.getvalue()))

    def dropped(turns):
        for turn in turns:
            fig = Figure(**SIZE)
            ax = fig.subplots()
            picture = draw(fig, ax, turn)
        return float(zlib.crc32(picture.getvalue()))

    def never(turns):
        for turn in turns:
            fig, ax = plt.subplots(**SIZE)
            picture = draw(fig, ax, turn)
        return float(zlib.crc32(picture.getvalue()))

    def one_figure(turns):
        fig, ax = plt.subplots(**SIZE)
        image = ax.imshow(np.zeros((1000, 1000)))
        for turn in turns:
            image.set_data(rng.random((1000, 1000)))
            image.autoscale()
            ax.set_title(f"page {turn}")
            picture = io.BytesIO()
            fig.savefig(picture, format="png")
        return float(zlib.crc32(picture.getvalue()))

    return one_figure if by_hand else {"closed": closed, "dropped": dropped, "never": never}[ending]


if __name__ == "__main__":
    main(prepare, ENDINGS, warm=10)
