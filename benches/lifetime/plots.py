"""Two loops of Matplotlib that hold much in each turn: a line of a million points, and an animation written to a GIF.

python benches/lifetime/plots.py each line
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from turns import main

LOOPS = {"line": 100, "animation": 40}


def prepare(loop, by_hand):
    plt.rcParams["figure.max_open_warning"] = 0
    rng = np.random.default_rng(5)
    walk = rng.standard_normal(1_000_000).cumsum()
    folder = Path(tempfile.mkdtemp(prefix="drypoint-bench-"))
    atexit.register(shutil.rmtree, folder)
    picture, movie = str(folder / "line.png"), str(folder / "wave.gif")

    def line(turns):
        for _ in turns:
            fig, ax = plt.subplots()
            ax.plot(walk + rng.random())
            fig.savefig(picture)
            plt.close(fig)
        return float(os.path.getsize(picture))

    def animation(turns):
        for _ in turns:
            fig, ax = plt.subplots(figsize=(8, 6))
            image = ax.imshow(rng.random((500, 500)), animated=True)

            def draw(number, image=image):
                image.set_data(rng.random((500, 500)))
                return (image,)

            FuncAnimation(fig, draw, frames=8, cache_frame_data=True).save(movie, PillowWriter(fps=10))
            plt.close(fig)
        return float(os.path.getsize(movie))

    return line if loop == "line" else animation


if __name__ == "__main__":
    main(prepare, LOOPS, warm=10)
