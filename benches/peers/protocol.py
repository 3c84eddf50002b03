"""What every child does alike: the picture asked for, the arrays it loads, and the one line of JSON it prints.

A child is called as ``python NAME.py CASE FILE OUT.png``. For the cases in memory FILE is the common beginning of the
.npy files; they are read, not mapped, so that all contenders begin with the same bytes in memory.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

WIDTH, HEIGHT = 900, 600
X_RANGE = (-1.0, 1.0)
Y_RANGE = (-1.0, 1.0)
CATEGORIES = ("alder", "birch", "cedar", "elder", "hazel", "larch", "maple", "rowan")
WARM_CALLS = 3

# pixel = floor(value * SCALE + SHIFT), the end of the range belonging to the last pixel: Datashader's rule, in which
# the query engines are asked too, so that all of them must arrive at the same counts.
X_SCALE = WIDTH / (X_RANGE[1] - X_RANGE[0])
Y_SCALE = HEIGHT / (Y_RANGE[1] - Y_RANGE[0])
X_SHIFT = -X_RANGE[0] * X_SCALE
Y_SHIFT = -Y_RANGE[0] * Y_SCALE


def arguments() -> tuple[str, str, str]:
    """Return CASE, FILE and OUT from the command line."""
    if len(sys.argv) != 4:
        raise SystemExit(f"usage: {sys.argv[0]} CASE FILE OUT.png")
    return sys.argv[1], sys.argv[2], sys.argv[3]


def load(prefix: str, names: str) -> dict:
    """Read the named columns of an in-memory data set."""
    import numpy as np

    return {name: np.load(f"{prefix}_{name}.npy") for name in names}


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Call and return the seconds taken and the result."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def median(values: list[float]) -> float:
    """The middle value. The statistics module has one, and costs a child three megabytes."""
    return sorted(values)[len(values) // 2]


def first_and_warm(aggregate: Callable[[], object], save: Callable[[object], object]) -> tuple[dict, object]:
    """Aggregate and save once, then WARM_CALLS times more; return the seconds of each part and the last aggregate.

    `first_seconds` includes compilation and pages touched for the first time; the warm numbers are medians.
    """
    parts: list[tuple[float, float]] = []
    result: object = None
    for _ in range(1 + WARM_CALLS):
        aggregating, result = timed(aggregate)
        saving, _ = timed(lambda result=result: save(result))
        parts.append((aggregating, saving))
    return {
        "first_seconds": sum(parts[0]),
        "aggregate_seconds": median([part[0] for part in parts[1:]]),
        "warm_seconds": median([sum(part) for part in parts[1:]]),
    }, result


def once_or_warm(
    case: str, aggregate: Callable[[], object], save: Callable[[object], object]
) -> tuple[dict, object]:
    """Draw a file once, as whoever starts the program does; in the case "warm" again and again."""
    if case == "warm":
        return first_and_warm(aggregate, save)
    aggregating, result = timed(aggregate)
    saving, _ = timed(lambda: save(result))
    return {"first_seconds": aggregating + saving}, result


def checks(values, case: str) -> dict:
    """Numbers by which the results of two contenders are compared.

    `total` is the sum of the counts (of the means, for "mean"), `by_category` the sum for each category, and `digest`
    a hash of all counts, row 0 being the lowest y.
    """
    import hashlib

    import numpy as np

    values = np.asarray(values)
    if case == "mean":
        return {"total": float(np.nansum(values)), "pixels": int(np.count_nonzero(~np.isnan(values)))}
    if case == "by":
        pixels = (0, 1) if values.shape[:2] == (HEIGHT, WIDTH) else (-2, -1)
        totals = values.sum(axis=pixels, dtype=np.int64).tolist()
        return {"total": sum(totals), "by_category": totals}
    counts = np.ascontiguousarray(values, dtype="<u4")
    return {"total": int(counts.sum(dtype=np.int64)), "digest": hashlib.sha256(counts).hexdigest()[:16]}


def grid(bins, counts):
    """Put the counts of a group-by over y * WIDTH + x into a picture's rows, lowest y first."""
    import numpy as np

    flat = np.zeros(WIDTH * HEIGHT, dtype=np.uint32)
    flat[np.asarray(bins, dtype=np.int64)] = np.asarray(counts, dtype=np.uint32)
    return flat.reshape(HEIGHT, WIDTH)


def save_gray(counts, out: str) -> None:
    """Write log(1 + count) as a grey PNG: the cheapest picture there is, so that it favours whoever has none."""
    import numpy as np
    from PIL import Image

    logs = np.log1p(counts.astype(np.float32))
    shade = (255.0 * logs / max(float(logs.max()), 1e-9)).astype(np.uint8)
    Image.fromarray(shade[::-1]).save(out)


def answer(versions: dict[str, str], **fields: object) -> None:
    """Print the child's one line."""
    print(json.dumps({"versions": versions, **fields}), flush=True)
