"""A font for every size that was ever asked for, and sizes are not whole numbers."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["FONTS"]]
# line = ["ImageFont.truetype", "FONTS[size]"]
# ///

import io
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

FILE = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
FONTS = {}


def font(size):
    if size not in FONTS:
        FONTS[size] = ImageFont.truetype(io.BytesIO(FILE.read_bytes()), size)
    return FONTS[size]


def label(text, size):
    image = Image.new("L", (200, 50))
    ImageDraw.Draw(image).text((0, 0), text, 255, font(size))
    return image


def step(i):
    label(f"turn {i}", 12 + i / 7)


def step_fixed(i):
    label(f"turn {i}", 12 + i // 7 % 3)


if __name__ == "__main__":
    from _run import main

    main(globals())
