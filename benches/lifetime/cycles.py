"""Sixty arrays of 50 MB, each in a cycle with itself: few objects, many bytes, and nothing for CPython to count.

python benches/lifetime/cycles.py manage
"""

import numpy as np
from turns import main


class Node:
    """Something that holds an array and itself."""

    def __init__(self):
        self.values = np.ones(50_000_000, np.uint8)
        self.itself = self


def prepare(_setting, _by_hand):
    def cycles(turns):
        total = 0
        for _ in turns:
            node = Node()
            total += int(node.values[-1])
        return float(total)

    return cycles


if __name__ == "__main__":
    main(prepare, {"60x50MB": 60}, warm=5)
