"""What makes a large array anew in each turn: `astype`, `concatenate`, `ones`, and `zeros`, left untouched or filled.

python benches/lifetime/makers.py plain astype
"""

import numpy as np
from turns import main

VALUES = 25_000_000 // 4
ZEROS = {"64KB": 2**16, "1MB": 10**6, "8MB": 8 * 10**6, "25MB": 25 * 10**6, "100MB": 10**8, "1GB": 10**9}
MAKERS = {"astype": 200, "concatenate": 200, "ones": 200}
MAKERS |= {f"zeros-{size}": 4000 for size in ZEROS}
MAKERS |= {f"filled-{size}": max(40, min(4000, 4 * 10**9 // ZEROS[size])) for size in ZEROS if size != "1GB"}


def prepare(maker, by_hand):
    kind, _, size = maker.partition("-")
    if kind in ("zeros", "filled"):
        count, fill = ZEROS[size], kind == "filled"

        def zeros(turns):
            for _ in turns:
                made = np.zeros(count, np.uint8)
                if fill:
                    made += 1
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
