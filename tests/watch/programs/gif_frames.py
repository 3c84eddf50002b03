"""A player keeps the decoded frames of every animation that it has shown."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["decoded"]]
# line = ["frame.convert", "self.decoded"]
# ///

import io

from PIL import Image, ImageSequence


def clip(i):
    frames = [Image.new("P", (400, 300), (i + k) % 256) for k in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "gif", save_all=True, append_images=frames[1:])
    return file


class Player:
    def __init__(self):
        self.decoded = {}

    def play(self, name, file, keep=True):
        with Image.open(file) as gif:
            frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(gif)]
        if keep:
            self.decoded[name] = frames
        return frames[0].getpixel((0, 0))


PLAYER = Player()


def step(i):
    PLAYER.play(f"clip {i}", clip(i))


def step_fixed(i):
    PLAYER.play(f"clip {i}", clip(i), keep=False)


if __name__ == "__main__":
    from _run import main

    main(globals())
