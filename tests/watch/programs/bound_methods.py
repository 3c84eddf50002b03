"""Views that listen to a global signal: the signal keeps their methods, and these the views."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["theme_changed", "listeners"]]
# line = ["np.random", "self.listeners.append", "theme_changed.connect"]
# ///

import numpy as np


class Signal:
    def __init__(self):
        self.listeners = []

    def connect(self, listener):
        self.listeners.append(listener)

    def disconnect(self, listener):
        self.listeners.remove(listener)

    def emit(self, value):
        for listener in self.listeners:
            listener(value)


theme_changed = Signal()


class View:
    def __init__(self, number):
        self.pixels = np.random.default_rng(number).random((300, 400))
        theme_changed.connect(self.restyle)

    def restyle(self, theme):
        self.theme = theme

    def close(self):
        theme_changed.disconnect(self.restyle)


def step(i):
    View(i)
    theme_changed.emit(f"theme {i}")


def step_fixed(i):
    view = View(i)
    theme_changed.emit(f"theme {i}")
    view.close()


if __name__ == "__main__":
    from _run import main

    main(globals())
