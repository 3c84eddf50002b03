"""Planes of a volume that are looked at when they come, and stacked at the end."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np

planes = []


def step(i):
    plane = np.random.default_rng(i).random((200, 300), np.float32)
    planes.append(plane)
    print(i, plane.max())


def cleanup():
    print(np.stack(planes).shape)


if __name__ == "__main__":
    from _run import main

    main(globals())
