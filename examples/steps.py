"""The five stages one by one: project, aggregate, transform, shade, embed.

An aggregate is a grid of numbers with its ranges. Aggregates of parts add up to the aggregate of the whole, so the
parts may come from threads, files, days or machines.
"""

from __future__ import annotations

import sys
from pathlib import Path

import drypoint as dp
import numpy as np


def day(number: int, rows: int = 500_000) -> dict[str, np.ndarray]:
    """One day's readings: a ring that turns a little every day."""
    rng = np.random.default_rng(number)
    angle = rng.uniform(0, 2 * np.pi, rows) + number / 10
    radius = 1 + 0.1 * np.sin(5 * angle) + 0.05 * rng.standard_normal(rows)
    return {
        "x": radius * np.cos(angle),
        "y": radius * np.sin(angle),
        "speed": np.abs(rng.standard_normal(rows)),
    }


def main() -> None:
    """Aggregate seven days one at a time, add them up, and shade the sum and the mean."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    out.mkdir(parents=True, exist_ok=True)
    canvas = dp.Canvas(900, 600, x_range=(-1.8, 1.8), y_range=(-1.2, 1.2))

    week = canvas.points(day(0), "x", "y")
    for number in range(1, 7):
        week = week + canvas.points(day(number), "x", "y")

    counts = np.asarray(week)  # no copy; row 0 is the lowest y
    drawn = np.count_nonzero(counts)
    print(f"{counts.sum():,} points in {drawn:,} of {counts.size:,} pixels, {week.skipped:,} skipped")
    week.shade(cmap="viridis", how="eq_hist").save(out / "week.png")

    speed = canvas.points(day(0), "x", "y", dp.mean("speed"))
    speed.shade(cmap="plasma", how="linear").save(out / "speed.png")

    print(dp.memory())


if __name__ == "__main__":
    main()
