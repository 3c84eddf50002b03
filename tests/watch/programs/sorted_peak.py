"""All values are gathered and sorted for the ten smallest."""
# /// case
# kind = "peak"
# verdict = ["peak"]
# names = [["peak"]]
# line = ["sorted("]
# unseen = "without turns or arrays a peak is seen by the process only"
# ///

import heapq
import random


def values(i):
    source = random.Random(i)
    return (source.random() for _ in range(1_500_000))


def step(i):
    return sorted(list(values(i)))[:10]


def step_fixed(i):
    return heapq.nsmallest(10, values(i))


TURNS = 3


if __name__ == "__main__":
    from _run import main

    main(globals())
