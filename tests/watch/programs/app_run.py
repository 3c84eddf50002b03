"""A program with a class and its run(): each event puts the screen into a journal."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["APP", "app", "journal"]]
# line = ["np.full", "self.journal.append"]
# ///

import sys

import numpy as np


class App:
    def __init__(self, turns, keep):
        self.turns = turns
        self.keep = keep
        self.journal = []
        self.running = True

    def run(self):
        while self.running:
            self.handle("tick")

    def handle(self, event):
        screen = self.draw()
        print(event, screen[0, 0])
        if self.keep:
            self.journal.append((event, screen))
        self.turns -= 1
        self.running = self.turns > 0

    def draw(self):
        return np.full((480, 640), self.turns % 256, np.uint8)


if __name__ == "__main__":
    turns = int(next((word for word in sys.argv[1:] if word.isdigit()), 40))
    app = App(turns, keep="--fixed" not in sys.argv)
    app.run()
