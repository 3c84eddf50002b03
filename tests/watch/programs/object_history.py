"""A painting program whose undo history has no end."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["history"]]
# line = ["self.canvas.copy()", "self.history.append"]
# ///

import numpy as np


class Editor:
    def __init__(self):
        self.canvas = np.zeros((600, 800, 3), np.uint8)
        self.history = []

    def paint(self, x, limit=None):
        before = self.canvas.copy()
        self.history.append(before)
        self.canvas[:, x % 800] = 255 - before[:, x % 800]
        if limit is not None:
            del self.history[:-limit]

    def undo(self):
        self.canvas = self.history.pop()


EDITOR = Editor()


def step(i):
    EDITOR.paint(i)
    EDITOR.paint(i + 1)
    EDITOR.undo()


def step_fixed(i):
    EDITOR.paint(i, limit=4)
    EDITOR.paint(i + 1, limit=4)
    EDITOR.undo()


if __name__ == "__main__":
    from _run import main

    main(globals())
