"""Sparse arrays beside scipy.sparse: the same work on the same data, in turns, as ratios of the least processor time.

python benches/sparse_arrays.py [rows [entries]]
"""

from __future__ import annotations

import sys
import time

import drypoint as dp
import numpy as np
import scipy.sparse as sp

ROUNDS = 7


def best(ours, theirs) -> tuple[float, float]:
    """Seconds of the processor for each, all threads together, the least of some rounds that take turns."""
    least = [float("inf")] * 2
    for _ in range(ROUNDS):
        for which, work in enumerate((ours, theirs)):
            began = time.process_time()
            made = work()
            least[which] = min(least[which], time.process_time() - began)
            del made
    return least[0], least[1]


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    entries = int(sys.argv[2]) if len(sys.argv) > 2 else 5_000_000
    rng = np.random.default_rng(1)
    coords = rng.integers(0, rows, entries, "int32"), rng.integers(0, rows, entries, "int32")
    values = rng.random(entries)
    theirs = sp.coo_array((values, coords), shape=(rows, rows))
    ours = dp.CooArray(theirs)
    dense = rng.random((4000, 5000))
    dense[dense < 0.97] = 0
    their_rows, our_rows = theirs.tocsr(), ours.tocsr()
    vector = rng.random(rows)
    some = rng.integers(0, rows, 20_000)
    small = sp.random_array((20_000, 30_000), density=0.005, format="csr", rng=2)
    our_small = dp.CsrArray(small)
    cases = {
        f"COO to CSR, {entries:,} unsorted entries": (ours.tocsr, theirs.tocsr),
        "COO to CSR, the same in order": (our_rows.tocoo().tocsr, their_rows.tocoo().tocsr),
        "CSR to COO": (our_rows.tocoo, their_rows.tocoo),
        "CSR transposed, by rows": (our_rows.transpose, lambda: their_rows.T.tocsr()),
        "dense to CSR, 4,000 x 5,000 at 3 %": (lambda: dp.CsrArray(dense), lambda: sp.csr_array(dense)),
        "CSR to dense, 4,000 x 5,000": (dp.CsrArray(dense).to_dense, sp.csr_array(dense).toarray),
        "1,000 slices of 100 rows": (
            lambda: [our_rows[at : at + 100] for at in range(1000)],
            lambda: [their_rows[at : at + 100] for at in range(1000)],
        ),
        "half of the rows": (
            lambda: our_rows[rows // 4 :][: rows // 2],
            lambda: their_rows[rows // 4 :][: rows // 2],
        ),
        "each third row": (lambda: our_rows[::3], lambda: their_rows[::3]),
        "20,000 rows by number": (lambda: our_rows[some], lambda: their_rows[some]),
        "half of the columns": (lambda: our_rows[:, : rows // 2], lambda: their_rows[:, : rows // 2]),
        "times a vector": (lambda: our_rows @ vector, lambda: their_rows @ vector),
        "times a vector, 20,000 x 30,000": (
            lambda: our_small @ vector[:30_000],
            lambda: small @ vector[:30_000],
        ),
        "sum": (our_rows.sum, their_rows.sum),
        "sum of each row": (lambda: our_rows.sum(axis=1), lambda: their_rows.sum(axis=1)),
        "sum of each column": (lambda: our_rows.sum(axis=0), lambda: their_rows.sum(axis=0)),
        "greatest of each row": (lambda: our_rows.max(axis=1), lambda: their_rows.max(axis=1)),
    }
    print(f"{'':<44} {'drypoint':>12} {'scipy':>12}  ours / theirs")
    for name, (work, peer) in cases.items():
        own, other = best(work, peer)
        print(f"{name:<44} {own * 1e3:>9.2f} ms {other * 1e3:>9.2f} ms  {own / other:.2f}")
    for name, array, peer in (
        ("COO", dp.CooArray(small.tocoo(), copy=True), small.tocoo()),
        ("CSR", dp.CsrArray(small, copy=True), small),
    ):
        parts = (*peer.coords, peer.data) if name == "COO" else (peer.indptr, peer.indices, peer.data)
        other = sum(part.nbytes for part in parts)
        size = " x ".join(f"{length:,}" for length in peer.shape)
        print(
            f"bytes, {name}, {size}, float64: {array.nbytes:,} beside {other:,}  {array.nbytes / other:.2f}"
        )


if __name__ == "__main__":
    main()
