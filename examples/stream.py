"""A generator of readings: drawn while it runs, in one pass, ranges unknown, nothing kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import drypoint as dp
import numpy as np

SENSORS, STEPS, CHUNK = 1000, 20_000, 200


def readings() -> Iterator[dict[str, np.ndarray]]:
    """Twenty million readings: a thousand sensors, each with a noise that adds up, as chunks of columns."""
    rng = np.random.default_rng(4)
    level = np.zeros(SENSORS)
    for start in range(0, STEPS, CHUNK):
        walk = rng.standard_normal((CHUNK, SENSORS)).cumsum(axis=0)
        walk += level
        level = walk[-1].copy()
        time = np.repeat(np.arange(start, start + CHUNK, dtype=np.float64), SENSORS)
        yield {"time": time, "level": walk.reshape(-1)}


def main() -> None:
    """Draw all readings within 32 MB, with axes, title and colour bar."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    out.mkdir(parents=True, exist_ok=True)
    figure = dp.draw(
        readings(), x="time", y="level", how="log", title="A thousand sensors drift apart", memory="32MB"
    )
    figure.save(out / "readings.png")
    figure.save(out / "readings.svg")
    print(f"{SENSORS * STEPS:,} readings are in {out / 'readings.png'} and {out / 'readings.svg'}")


if __name__ == "__main__":
    main()
