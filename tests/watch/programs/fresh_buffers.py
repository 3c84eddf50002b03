"""Every turn takes new memory for pictures of the same size."""
# /// case
# kind = "waste"
# verdict = ["waste"]
# names = [["anew", "fresh"], ["out="]]
# line = ["FRAME + "]
# ///

import numpy as np

FRAME = np.full((2160, 3840, 3), 7, np.uint8)
OUT = np.empty(FRAME.shape, np.uint8)


def step(i):
    brighter = FRAME + np.uint8(i % 20)
    return int(brighter[0, 0, 0])


def step_fixed(i):
    np.add(FRAME, np.uint8(i % 20), out=OUT)
    return int(OUT[0, 0, 0])


TURNS = 100


if __name__ == "__main__":
    from _run import main

    main(globals())
