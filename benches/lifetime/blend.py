"""The mean of two float32 images, written as arithmetic and with `out=`.

python benches/lifetime/blend.py plain 8MB
"""

import numpy as np
from turns import main

SIZES = {"1MB": 4000, "8MB": 600, "25MB": 200, "100MB": 60}


def prepare(size, by_hand):
    values = int(size.removesuffix("MB")) * 1_000_000 // 4
    a, b = np.full(values, 3, np.float32), np.full(values, 5, np.float32)

    def plain(turns):
        for _ in turns:
            blended = a * 0.5 + b * 0.5
        return float(blended[-1])

    def hand(turns):
        blended, half = np.empty_like(a), np.empty_like(b)
        for _ in turns:
            np.multiply(a, 0.5, out=blended)
            np.multiply(b, 0.5, out=half)
            np.add(blended, half, out=blended)
        return float(blended[-1])

    return hand if by_hand else plain


if __name__ == "__main__":
    main(prepare, SIZES, warm=5)
