"""What a snapshot of the heap costs, beside a full collection of the same heap: a million containers."""

from __future__ import annotations

import gc
from time import perf_counter

import drypoint as dp


class Node:
    """An object with attributes."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.parts = [number, str(number)]


def seconds(act: object) -> float:
    """The least of three."""
    taken = []
    for _ in range(3):
        began = perf_counter()
        act()  # type: ignore[operator]
        taken.append(perf_counter() - began)
    return min(taken)


def main() -> None:
    """Print both, and their ratio."""
    nodes = [Node(number) for number in range(500_000)]
    collection, snapshot = seconds(gc.collect), seconds(dp.snapshot)
    holders = seconds(lambda: dp.holders(nodes[400_000].parts))
    print(f"gc.collect()  {collection:.3f} s")
    print(f"dp.snapshot() {snapshot:.3f} s, {snapshot / collection:.1f} times that")
    print(f"dp.holders()  {holders:.3f} s, {holders / collection:.1f} times that")


if __name__ == "__main__":
    main()
