"""Animations are kept, as the manual says, and those that have ended too."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["playing"], ["Animation", "Figure"]]
# line = ["FuncAnimation", "Figure(", "playing.append"]
# ///

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

playing = []


def start(i):
    figure = Figure(figsize=(2, 2))
    image = figure.subplots().imshow(np.full((200, 200), float(i)))
    animation = FuncAnimation(figure, lambda k: [image], frames=3, cache_frame_data=False)
    animation._draw_was_started = True
    playing.append(animation)
    return len(playing)


def step(i):
    start(i)


def step_fixed(i):
    start(i)
    playing.clear()


if __name__ == "__main__":
    from _run import main

    main(globals())
