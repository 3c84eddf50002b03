"""Rows and reductions of which Datashader's results are kept in ``datashader.npz``: it takes seconds to compile each.

Run as a program, with Datashader, this writes the file anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("datashader.npz")
MARKS = ("points", "line")
RANGES = {"x_range": (-1.0, 1.0), "y_range": (-1.0, 1.0)}
WIDTH, HEIGHT = 13, 9


def rows(n: int = 6000) -> dict[str, np.ndarray]:
    """A walk that leaves the canvas, with breaks, missing values, and few different ones, so that there are ties.

    Made of integers, so that it is the same everywhere.
    """
    seed = np.arange(1, n + 1, dtype="u8") * np.uint64(0x9E3779B97F4A7C15)

    def drawn(which: int, least: int, most: int) -> np.ndarray:
        mixed = (seed ^ (seed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9 + 2 * which)
        return least + ((mixed >> np.uint64(33)) % np.uint64(most - least)).astype("i8")

    def walk(which: int) -> np.ndarray:
        return np.abs(np.cumsum(drawn(which, -30, 31)) % 960 - 480) / 200 - 1.2

    x, y = walk(1), walk(2)
    x[::499] = np.nan
    v, w = drawn(3, 0, 50).astype(float), drawn(4, -1000, 1000) / 8
    v[::91], w[::77] = np.nan, np.nan
    kind = np.array(["oak", "ash", "yew"])[drawn(5, 0, 3)]
    return {"x": x, "y": y, "v": v, "w": w, "id": drawn(6, -40, 40), "kind": kind}


def reductions(of: Any) -> dict[str, Any]:
    """The same reductions of Datashader or Drypoint, by name."""

    def several(name: str, n: int) -> Any:
        return getattr(of, name)("v", n=n)

    plain = {name: getattr(of, name)("v") for name in ("count", "any", "sum", "mean", "var", "std")}
    selectors = {name: getattr(of, name)("v") for name in ("min", "max", "first", "last")}
    ranked = {name: several(name, 3) for name in ("min_n", "max_n", "first_n", "last_n")}
    looked_up = {f"{name} w": of.where(one, "w") for name, one in (selectors | ranked).items()}
    numbered = {f"{name} row": of.where(one) for name, one in (selectors | ranked).items()}
    by = {
        "count_cat": of.count_cat("kind"),
        "by modulo": of.by(of.category_modulo("id", 7, 3)),
        "by bins": of.by(of.category_binning("v", 0, 40, 4), of.mean("w")),
        "by bins within": of.by(of.category_binning("v", 0, 40, 4, False, False)),
        "by max_n": of.by("kind", several("max_n", 2)),
        "by where": of.by("kind", of.where(of.max("v"), "w")),
        "by row": of.by("kind", of.where(several("min_n", 2))),
    }
    return plain | selectors | ranked | looked_up | numbered | by


def record() -> None:
    """Write what Datashader gives."""
    import datashader
    import pandas

    data = rows()
    frame = pandas.DataFrame({**data, "kind": pandas.Categorical(data["kind"], ["ash", "oak", "yew"])})
    canvas = datashader.Canvas(WIDTH, HEIGHT, **RANGES)
    found = {
        f"{mark} {name}": getattr(canvas, mark)(frame, "x", "y", reduction).values
        for mark in MARKS
        for name, reduction in reductions(datashader).items()
    }
    np.savez_compressed(FILE, version=datashader.__version__, **found)


if __name__ == "__main__":
    record()
