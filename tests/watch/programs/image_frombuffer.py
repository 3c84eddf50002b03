"""Previews that stand on the whole buffer of their scan."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["previews"]]
# line = ["Image.frombuffer", "bytes(", "previews.append"]
# ///

from PIL import Image

previews = []


def scan(i):
    return bytes([i % 256]) * 1_000_000


def preview(i):
    data = scan(i)
    image = Image.frombuffer("L", (1000, 1000), data, "raw", "L", 0, 1)
    previews.append(image)
    return image.getpixel((5, 5))


def step(i):
    preview(i)


def step_fixed(i):
    preview(i)
    previews[-1] = previews[-1].resize((50, 50))


if __name__ == "__main__":
    from _run import main

    main(globals())
