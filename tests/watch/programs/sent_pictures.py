"""Pictures that were handed on stay in a list of what was sent."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["sent"]]
# line = ["io.BytesIO", "getvalue", "sent.append"]
# ///

import io
import zlib

import numpy as np
from matplotlib.figure import Figure

sent = []


def send(data):
    return zlib.crc32(data)


def step(i):
    figure = Figure(figsize=(2, 2), dpi=150)
    figure.figimage(np.random.default_rng(i).integers(0, 256, (300, 300, 3), np.uint8))
    file = io.BytesIO()
    figure.savefig(file, format="rgba")
    data = file.getvalue()
    send(data)
    sent.append(data)


def step_fixed(i):
    step(i)
    sent[-1] = len(sent[-1])


if __name__ == "__main__":
    from _run import main

    main(globals())
