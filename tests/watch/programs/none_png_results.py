"""Small encoded pictures that a report puts together at the end."""
# /// case
# kind = "none"
# verdict = []
# ///

import io

import numpy as np
from matplotlib.figure import Figure

pictures = []


def step(i):
    figure = Figure(figsize=(2, 2))
    figure.subplots().plot(np.random.default_rng(i).random(500))
    file = io.BytesIO()
    figure.savefig(file, format="png")
    pictures.append(file.getvalue())


def cleanup():
    print(sum(map(len, pictures)))


if __name__ == "__main__":
    from _run import main

    main(globals())
