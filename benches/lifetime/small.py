"""Programs with nothing large in them: words counted, small arrays, Matplotlib measuring text and drawing small figures.

Drypoint has nothing to do here, and this says what it costs to have it on.

python benches/lifetime/small.py manage text
"""

import collections

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.figure import Figure
from turns import main

TURNS = {"text": 60, "figures": 40, "words": 100, "arrays": 80, "empty": 40, "arange": 40}
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


def prepare(setting, _by_hand):
    figure = Figure(figsize=(3, 2), dpi=60)
    axes = figure.subplots()

    def text(turn):
        axes.clear()
        for place in range(10):
            axes.text(0.1, place / 10, f"{WORDS[place]}: {turn}")
        figure.canvas.draw()
        return float(turn)

    def figures(turn):
        made = Figure(figsize=(3, 2), dpi=60)
        made.subplots().plot([1, 3, 2, turn])
        made.canvas.draw()
        return float(turn)

    def words(turn):
        return float(sum(count for _, count in count_words(turn)))

    def empty(turn):
        for _ in range(200_000):
            np.empty(10)
        return float(turn)

    def arange(turn):
        for _ in range(50_000):
            np.arange(100) + 1
        return float(turn)

    action = {"text": text, "figures": figures, "words": words, "arrays": small_arrays}
    action |= {"empty": empty, "arange": arange}
    act = action[setting]

    def program(turns):
        return sum(act(turn) for turn in turns)

    return program


if __name__ == "__main__":
    main(prepare, TURNS, warm=5)
