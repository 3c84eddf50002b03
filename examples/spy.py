"""The links of a small web as a sparse matrix, and a picture of where they are.

    python examples/spy.py [folder]

Pages link to pages of their own site, to the first pages of others, and now and then anywhere. Needs NumPy.
"""

from __future__ import annotations

import sys
from pathlib import Path

import drypoint as dp
import numpy as np

PAGES = 400_000


def links(rng: np.random.Generator, parts: int = 20):
    """Links as (from, to, 1), some hundred thousand at a time: what a crawler would yield."""
    # Sites of very different sizes, one after the other.
    edges = np.unique(np.concatenate([[0, PAGES], rng.integers(0, PAGES, 60)]))
    for _ in range(parts):
        page = rng.integers(0, PAGES, 300_000)
        site = np.searchsorted(edges, page, side="right") - 1
        first, length = edges[site], edges[site + 1] - edges[site]
        within = first + (rng.random(page.size) ** 1.5 * length).astype(np.int64)
        home = edges[rng.integers(0, edges.size - 1, page.size)]
        away = home + rng.geometric(0.002, page.size)
        kind = rng.random(page.size)
        target = np.where(kind < 0.86, within, np.where(kind < 0.97, away, rng.integers(0, PAGES, page.size)))
        yield page, np.minimum(target, PAGES - 1), np.ones(page.size, np.uint16)


def main() -> None:
    """Make the matrix, say what it takes, draw it."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    matrix = dp.CsrArray.from_triplets(links(np.random.default_rng(4)), (PAGES, PAGES))
    print(matrix)
    figure = dp.spy(
        matrix,
        width=760,
        title="Links of 400,000 pages",
        caption="made by examples/spy.py: 60 sites, each a square; columns are first pages that all link to",
        x_label="to page",
        y_label="from page",
    )
    figure.save(out / "spy.png")
    print(f"drawn: {out / 'spy.png'}")


if __name__ == "__main__":
    main()
