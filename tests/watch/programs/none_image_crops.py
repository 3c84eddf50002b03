"""Thumbnails cut out of large pictures: Pillow copies what it cuts."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np
from PIL import Image

thumbnails = []


def step(i):
    picture = Image.fromarray(np.full((900, 1200, 3), i % 256, np.uint8))
    thumbnails.append(picture.crop((10, 10, 74, 74)))


if __name__ == "__main__":
    from _run import main

    main(globals())
