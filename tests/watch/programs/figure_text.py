"""A time stamp of several lines is added to the figure with each update."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["Text", "texts"], ["remove(", "set_text"]]
# line = ["FIGURE.text"]
# unseen = "turns are miscounted where a turn makes many things at one line"
# ///

import io

from matplotlib.figure import Figure

FIGURE = Figure(figsize=(2, 2))


def stamp(i):
    for row in range(20):
        FIGURE.text(0.1, row / 20, f"turn {i}, row {row}")


def step(i):
    stamp(i)
    if i % 10 == 0:
        FIGURE.savefig(io.BytesIO(), format="png")


def step_fixed(i):
    FIGURE.texts.clear() if hasattr(FIGURE.texts, "clear") else [t.remove() for t in list(FIGURE.texts)]
    step(i)


if __name__ == "__main__":
    from _run import main

    main(globals())
