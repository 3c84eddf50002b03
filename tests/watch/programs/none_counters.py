"""Counters of what was seen, by name."""
# /// case
# kind = "none"
# verdict = []
# ///

from collections import Counter

import numpy as np

seen = Counter()


def step(i):
    shades = np.random.default_rng(i).integers(0, 64, 50_000)
    seen.update(shades.tolist())
    seen[f"turn {i}"] += 1


if __name__ == "__main__":
    from _run import main

    main(globals())
