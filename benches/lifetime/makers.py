"""What makes a large array anew in each turn: `astype`, `concatenate`, `ones`, and `zeros` that nobody touches.

python benches/lifetime/makers.py plain astype
"""

import numpy as np
from turns import main

MAKERS = {"astype": 200, "concatenate": 200, "ones": 200, "zeros": 4000, "zeros-1GB": 2000}
VALUES = 25_000_000 // 4


def prepare(maker, by_hand):
    if maker.startswith("zeros"):
        size = 10**9 if maker == "zeros-1GB" else 4 * VALUES

        def zeros(turns):
            for _ in turns:
                made = np.zeros(size, np.uint8)
            return float(made.size)

        return zeros

    source = np.full(VALUES, 7, np.uint8)
    half = np.full(VALUES // 2, 7, np.float32)
    plain_makers = {
        "astype": lambda: source.astype(np.float32),
        "concatenate": lambda: np.concatenate([half, half]),
        "ones": lambda: np.ones(VALUES, np.float32),
    }
    into = {
        "astype": lambda out: np.copyto(out, source),
        "concatenate": lambda out: np.concatenate([half, half], out=out),
        "ones": lambda out: out.fill(1),
    }
    make, fill = plain_makers[maker], into[maker]

    def pair():
        """Two at a time, both let go together: what glibc cannot hold on to by itself."""
        left, right = make(), make()
        return float(left[-1]) + float(right[-1])

    def plain(turns):
        for _ in turns:
            total = pair()
        return total

    def hand(turns):
        left, right = np.empty(VALUES, np.float32), np.empty(VALUES, np.float32)
        for _ in turns:
            fill(left)
            fill(right)
            total = float(left[-1]) + float(right[-1])
        return total

    return hand if by_hand else plain


if __name__ == "__main__":
    main(prepare, MAKERS, warm=5)
