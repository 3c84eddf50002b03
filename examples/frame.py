"""The same table as NumPy arrays, pandas, Polars and Arrow: one line draws each, and the pictures are equal.

Drypoint needs none of these libraries; a table is taken by the Arrow interface, without a copy. What is not installed
here is passed over.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import drypoint as dp
import numpy as np


def columns(rows: int = 2_000_000) -> dict[str, np.ndarray]:
    """Two clouds of points with a value that falls with the distance from the origin."""
    rng = np.random.default_rng(1)
    side = rng.integers(0, 2, rows)
    x, y = rng.standard_normal((2, rows)) * 0.5 + side
    return {"x": x, "y": y, "value": np.exp(-np.hypot(x, y)), "side": side.astype(np.int8)}


def tables(arrays: dict[str, np.ndarray]) -> Iterator[tuple[str, object]]:
    """The arrays themselves, then as the tables of the libraries that are there."""
    yield "arrays", arrays
    for library, constructor in (("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "table")):
        try:
            module = importlib.import_module(library)
        except ModuleNotFoundError:
            print(f"{library} is not installed, passed over")
            continue
        yield library, getattr(module, constructor)(arrays)


def main() -> None:
    """Draw each table, with the mean of a column as colour, and compare the pictures."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    out.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for name, table in tables(columns()):
        path = out / f"frame-{name}.png"
        dp.draw(table, x="x", y="y", color=dp.mean("value")).save(path)
        drawn[name] = path.read_bytes()
        print(f"{name}: {path}")
    print("all pictures are equal" if len(set(drawn.values())) == 1 else "the pictures differ")


if __name__ == "__main__":
    main()
