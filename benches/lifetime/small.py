"""A program with nothing large in it: words counted, small arrays, and Matplotlib measuring and drawing text.

Drypoint has nothing to do here, and this says what it costs to have it on.

python benches/lifetime/small.py manage
"""

import collections

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.figure import Figure
from turns import main

TURNS = {"text": 40}
WORDS = ("copper", "plate", "needle", "burr", "ink", "wiping", "press", "paper", "proof", "edition")


def count_words(turn):
    """Pure Python: a text made, split, counted and sorted."""
    text = " ".join(
        WORDS[(turn * 7 + place * place) % len(WORDS)] + str(place % 13) for place in range(8_000)
    )
    counted = collections.Counter(text.split())
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:10]


def small_arrays(turn):
    """Small NumPy: some thousand arrays of a hundred values."""
    total = 0.0
    for start in range(2_000):
        values = np.arange(start, start + 100) + 1
        total += float((values * 0.5 + np.ones(100)).mean())
    return total + turn


def prepare(_setting, _by_hand):
    figure = Figure(figsize=(3, 2), dpi=60)
    axes = figure.subplots()

    def text(turns):
        total = 0.0
        for turn in turns:
            best = count_words(turn)
            total += small_arrays(turn)
            axes.clear()
            for place, (word, count) in enumerate(best):
                axes.text(0.1, place / 10, f"{word}: {count}")
            figure.canvas.draw()
        return total

    return text


if __name__ == "__main__":
    main(prepare, TURNS, warm=5)
