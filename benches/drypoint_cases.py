"""Drypoint's side of the cases that run inside a Python process.

Called as ``python drypoint_cases.py CASE FILE OUT.png`` like the peers, and answering like them. CASE is the workload,
then the threads, then for "by" the kind of category column: ``count:2``, ``by:1:codes``. The interpreter and its NumPy
and pandas are those of the peers; only the package is found through DRYPOINT_PATH, at the end of the search path.
"""

from __future__ import annotations

import os
import sys

if "DRYPOINT_PATH" in os.environ:
    sys.path.append(os.environ["DRYPOINT_PATH"])

from peers import protocol

POINTS = 100_000_000
CHUNK = 1_000_000
# What is left of 64 MB beside Python, NumPy and the generator's own two arrays.
STREAM_BUDGET = "16MB"


def categories(codes, kind: str):
    """The category column as pandas, Arrow or plain int8 codes hold it."""
    if kind == "pandas":
        import pandas as pd

        return pd.Categorical.from_codes(codes, protocol.CATEGORIES)
    if kind == "arrow":
        import pyarrow as pa

        return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(protocol.CATEGORIES))
    return codes


def source(columns: dict, kind: str):
    """The same table in the form that the case asks for: a mapping of arrays, a pandas frame or an Arrow table."""
    if "c" not in columns:
        return columns
    columns = columns | {"c": categories(columns["c"], kind)}
    if kind == "pandas":
        import pandas as pd

        return pd.DataFrame(columns, copy=False)
    if kind == "arrow":
        import pyarrow as pa

        return pa.table(columns)
    return columns


def arrays(workload: str, file: str, out: str, threads: int, kind: str) -> None:
    """Aggregate, shade and save arrays that are in memory; the first call apart, then warm calls."""
    import drypoint as dp

    reduction = {"mean": dp.mean("v"), "by": dp.by("c", dp.count())}.get(workload, dp.count())
    known = {} if workload == "auto" else {"x_range": protocol.X_RANGE, "y_range": protocol.Y_RANGE}
    names = {"mean": "xyv", "by": "xyc"}.get(workload, "xy")
    table = source(protocol.load(file, names), kind)

    def aggregate():
        canvas = dp.Canvas(protocol.WIDTH, protocol.HEIGHT, **known)
        return canvas.points(table, "x", "y", reduction, threads=threads)

    def save(aggregated) -> None:
        aggregated.shade(how="eq_hist").save(out)

    numbers, aggregated = protocol.first_and_warm(aggregate, save)
    protocol.answer({"drypoint": dp.__version__}, **numbers, **protocol.checks(aggregated, workload))


def cloud(rng, centre: float):
    """One column of a chunk, made without a second array."""
    values = rng.standard_normal(CHUNK)
    values += centre
    return values


def walk():
    """Yield 1e8 points as pairs of float64 arrays, keeping hold of none: a cloud whose centre drifts."""
    import numpy as np

    rng = np.random.default_rng(7)
    for step in range(POINTS // CHUNK):
        yield cloud(rng, 0.02 * step), cloud(rng, -0.01 * step)


def exhaust(out: str) -> None:
    """Only take the points from the generator, and write nothing."""
    points = 0

    def drain() -> None:
        nonlocal points
        for chunk in walk():
            points += len(chunk[0])
            del chunk  # or the next two arrays would be made while these two are still alive

    seconds, _ = protocol.timed(drain)
    protocol.answer({}, first_seconds=seconds, total=points, written=os.path.exists(out))


def stream(out: str, threads: int) -> None:
    """Draw the generator in one pass, with ranges that nobody knows beforehand."""
    import drypoint as dp

    dp.set_budget(STREAM_BUDGET)

    def draw():
        canvas = dp.Canvas(protocol.WIDTH, protocol.HEIGHT)
        aggregated = canvas.points(walk(), "x", "y", dp.count(), threads=threads)
        aggregated.shade(how="eq_hist").save(out)
        return aggregated

    seconds, aggregated = protocol.timed(draw)
    protocol.answer(
        {"drypoint": dp.__version__}, first_seconds=seconds, **protocol.checks(aggregated, "auto")
    )


def walked_arrays(out: str, threads: int) -> None:
    """Draw as many points as the generator has from arrays in memory, ranges unknown: the cost of drawing alone."""
    import drypoint as dp
    import numpy as np

    columns = {name: np.empty(POINTS) for name in "xy"}
    for step, (x, y) in enumerate(walk()):
        part = slice(step * CHUNK, (step + 1) * CHUNK)
        columns["x"][part], columns["y"][part] = x, y

    def aggregate():
        return dp.Canvas(protocol.WIDTH, protocol.HEIGHT).points(
            columns, "x", "y", dp.count(), threads=threads
        )

    numbers, aggregated = protocol.first_and_warm(
        aggregate, lambda drawn: drawn.shade(how="eq_hist").save(out)
    )
    protocol.answer({"drypoint": dp.__version__}, **numbers, **protocol.checks(aggregated, "auto"))


def misses(memory) -> int:
    """The number of large blocks that had to be newly allocated, from what ``dp.memory()`` returns."""
    return int(memory["misses"] if isinstance(memory, dict) else memory.misses)


def second(file: str, out: str) -> None:
    """Draw the same shape of picture twice and report the pool misses of the second time."""
    import drypoint as dp

    columns = protocol.load(file, "xy")
    seconds, counted = [], [misses(dp.memory())]
    for _ in range(2):
        taken, _ = protocol.timed(lambda: dp.draw(columns, x="x", y="y").save(out))
        seconds.append(taken)
        counted.append(misses(dp.memory()))
    protocol.answer(
        {"drypoint": dp.__version__},
        first_seconds=seconds[0],
        warm_seconds=seconds[1],
        first_misses=counted[1] - counted[0],
        second_misses=counted[2] - counted[1],
    )


def main() -> None:
    """Run one case."""
    case, file, out = protocol.arguments()
    workload, *settings = case.split(":")
    threads = settings[0] if settings else "1"
    kind = settings[1] if len(settings) > 1 else "codes"
    if workload == "exhaust":
        exhaust(out)
    elif workload == "stream":
        stream(out, int(threads))
    elif workload == "walked":
        walked_arrays(out, int(threads))
    elif workload == "second":
        second(file, out)
    else:
        arrays(workload, file, out, int(threads), kind)


if __name__ == "__main__":
    main()
