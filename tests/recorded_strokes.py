"""What Datashader gives for antialiased lines and for areas, recorded: its compiler takes longer than all other tests.

python tests/recorded_strokes.py      # with an interpreter that has Datashader; writes lines/datashader.npz
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "lines" / "datashader.npz"
WIDTH, HEIGHT = 26, 17
RANGES = {"x_range": (0.0, 10.0), "y_range": (0.0, 10.0)}
WIDTHS = (0.4, 1.0, 3.3)
LINE_FOLDS = ("count", "any", "sum", "mean", "max", "min", "first", "last")
AREA_FOLDS = ("count", "any", "sum", "last")


def data(kind: str) -> dict[str, np.ndarray]:
    """A walk within the canvas, or jumps that leave it; what is missing, and values and bases."""
    rng = np.random.default_rng(3)
    n = 120
    if kind == "walk":
        x, y = (rng.standard_normal(n).cumsum() * 0.2 + 5 for _ in range(2))
    else:
        x, y = (rng.uniform(-5, 15, n) for _ in range(2))
    x[[20, 21, 60]] = np.nan
    y[[40, 80]] = np.nan
    value = rng.uniform(-3, 9, n)
    value[[10, 50]] = np.nan
    return {"x": x, "y": y, "value": value, "base": y - rng.uniform(-1, 2, n)}


def cases():
    """Names of what is recorded: data, mark, width or base, fold, whether a line crosses itself."""
    for kind in ("walk", "jumps"):
        for width in WIDTHS:
            for fold in LINE_FOLDS:
                yield f"{kind} line {width} {fold} yes"
            for fold in ("count", "sum"):
                yield f"{kind} line {width} {fold} no"
        for base in ("0", "base"):
            for fold in AREA_FOLDS:
                yield f"{kind} area {base} {fold} yes"


def record() -> None:
    import datashader as ds
    import pandas

    canvas = ds.Canvas(WIDTH, HEIGHT, **RANGES)
    found = {}
    for case in cases():
        kind, mark, how, fold, crosses = case.split()
        frame = pandas.DataFrame(data(kind))
        options = {} if crosses == "yes" else {"self_intersect": False}
        reduction = getattr(ds, fold)(*(() if fold in ("count", "any") else ("value",)), **options)
        if mark == "line":
            cells = canvas.line(frame, "x", "y", reduction, line_width=float(how))
        elif how == "0":
            cells = canvas.area(frame, "x", "y", reduction)
        else:
            cells = canvas.area(frame, "x", "y", reduction, y_stack="base")
        found[case] = cells.values.astype("float32")
    np.savez_compressed(FILE, **found)


if __name__ == "__main__":
    record()
