"""A large picture that is put together from tiles, in an array made at the start."""
# /// case
# kind = "none"
# verdict = []
# ///

import numpy as np


def tile(row, column):
    return np.random.default_rng(row * 100 + column).integers(0, 256, (300, 300, 3), np.uint8)


def main():
    whole = np.empty((1800, 1800, 3), np.uint8)
    for row in range(6):
        for column in range(6):
            whole[row * 300 : (row + 1) * 300, column * 300 : (column + 1) * 300] = tile(row, column)
    print(whole.mean())


if __name__ == "__main__":
    main()
