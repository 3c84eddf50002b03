"""Reductions beside Datashader: the same points, in turns, equal cells, ratios of one run.

    PYTHONPATH=python python benches/folds.py                     # 1e7 points, warm: some minutes
    PYTHONPATH=python python benches/folds.py --rows 1e6 --only where --mark line

Run by an interpreter that has NumPy, pandas and Datashader beside Drypoint. Each time is the least of some calls after a
first one, which compiles Datashader's, of the processor's time of the process, so that what else runs counts little;
ours run on one thread, as Datashader's do. Where both define a reduction, all cells must agree. Those that are slower
are named at the end.
"""

from __future__ import annotations

import argparse
import time

WIDTH, HEIGHT = 900, 600


def data(rows: int):
    """Points of which most are in clusters, in random order; values, a number of ours, a category."""
    import numpy as np

    rng = np.random.default_rng(1)
    centre = rng.integers(0, 5, rows)
    x, y = (rng.normal(0, 0.05, rows) + rng.uniform(-0.8, 0.8, 5)[centre] for _ in range(2))
    return {
        "x": x,
        "y": y,
        "v": rng.normal(0, 1, rows),
        "w": rng.uniform(0, 100, rows),
        "id": rng.integers(0, 1000, rows),
        "code": rng.integers(0, 5, rows).astype("i4"),
    }


def cases(of, kind: str):
    """The same reductions of both; `kind` is the column of categories."""
    ranked = {name: getattr(of, name)("v", n=3) for name in ("min_n", "max_n", "first_n", "last_n")}
    plain = ("count", "any", "sum", "mean", "min", "max", "var", "std", "first", "last")
    found = {name: getattr(of, name)("v") for name in plain} | ranked
    found["where max"] = of.where(of.max("v"), "w")
    found["where max row"] = of.where(of.max("v"))
    found["where first"] = of.where(of.first("v"), "w")
    found["where max_n"] = of.where(of.max_n("v", n=3), "w")
    found["count_cat"] = of.count_cat(kind)
    found["by max"] = of.by(kind, of.max("v"))
    found["by modulo"] = of.by(of.category_modulo("id", 8))
    found["by bins"] = of.by(of.category_binning("w", 0, 100, 8))
    found["summary of 4"] = of.summary(
        a=of.count(), b=of.mean("v"), c=of.max("w"), d=of.where(of.max("v"), "w")
    )
    return found


def least(call, turns: int) -> tuple[float, object]:
    """The least time of some calls, and what the last one gave."""
    found, best = None, float("inf")
    for _ in range(turns):
        start = time.process_time()
        found = call()
        best = min(best, time.process_time() - start)
    return best, found


def same(ours, theirs) -> bool:
    import numpy as np

    if hasattr(theirs, "data_vars"):
        return all(same(ours[name], theirs[name]) for name in ours)
    a, b = np.asarray(ours, "f8"), np.asarray(theirs.values, "f8")
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=float, default=1e7)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--mark", choices=["points", "line"], default="points")
    parser.add_argument("--only", default="", help="part of the names of the reductions to run")
    options = parser.parse_args()

    import datashader
    import drypoint as dp
    import pandas

    columns = data(int(options.rows))
    frame = pandas.DataFrame(columns)
    frame["kind"] = pandas.Categorical.from_codes(columns["code"], list("abcde"))
    ranges = {"x_range": (-1, 1), "y_range": (-1, 1)}
    canvas, theirs = dp.Canvas(WIDTH, HEIGHT, **ranges), datashader.Canvas(WIDTH, HEIGHT, **ranges)
    their_cases = cases(datashader, "kind")
    slower = []
    print(
        f"{int(options.rows):,} rows as {options.mark}, {WIDTH} x {HEIGHT}, milliseconds of the processor, warm"
    )
    for name, reduction in cases(dp, "code").items():
        if options.only not in name:
            continue

        def mine(reduction=reduction):
            return getattr(canvas, options.mark)(columns, "x", "y", reduction, threads=1)

        def peers(reduction=their_cases[name]):
            return getattr(theirs, options.mark)(frame, "x", "y", reduction)

        mine(), peers()
        took, found = least(mine, options.turns)
        their_time, expected = least(peers, options.turns)
        agrees = "" if same(found, expected) else "  CELLS DIFFER"
        print(
            f"{name:14} {took * 1e3:8.0f} {their_time * 1e3:8.0f}  {their_time / took:5.1f} times{agrees}",
            flush=True,
        )
        if took > their_time or agrees:
            slower.append(name)
    if slower:
        raise SystemExit(f"slower than Datashader, or other cells: {', '.join(slower)}")


if __name__ == "__main__":
    main()
