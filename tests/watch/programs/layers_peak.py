"""All layers are made before they are added up."""
# /// case
# kind = "peak"
# verdict = ["peak"]
# names = [["peak"]]
# line = ["rng.random", "for k in"]
# unseen = "a look may fall into a call that fills a list"
# ///

import numpy as np

rng = np.random.default_rng(9)


def layer(k):
    return rng.random((600, 600)) * k


def step(i):
    return float(sum([layer(k) for k in range(40)])[0, 0])


def step_fixed(i):
    total = np.zeros((600, 600))
    for k in range(40):
        total += layer(k)
    return float(total[0, 0])


TURNS = 8


if __name__ == "__main__":
    from _run import main

    main(globals())
