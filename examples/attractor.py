"""A hundred million points of a strange attractor, none of them kept.

The Clifford attractor moves a point (x, y) to (sin(a y) + c cos(a x), sin(b x) + d cos(b y)), over and over. A few
thousand orbits run side by side, so that one NumPy call moves them all; their arrays fit into a core's own cache, and
the positions are written straight into the chunk that is yielded. float32 is plenty for a picture and is what makes
the sines cheap: a hundred million points take about a second.

    python examples/attractor.py attractor.png          # draws them, in one pass over the generator
    from attractor import points                        # or: for x, y in points(): ...
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

PARAMETERS = (-1.4, 1.6, 1.0, 0.7)
ORBITS = 1 << 13
TRANSIENT = 100  # steps until an orbit that began anywhere has settled on the attractor


def step(x, y, new_x, new_y, scratch, parameters) -> None:
    """Move all orbits from (x, y) to (new_x, new_y); `scratch` is overwritten. Nothing is allocated."""
    a, b, c, d = parameters
    for own, other, factor, weight, moved in ((x, y, a, c, new_x), (y, x, b, d, new_y)):
        np.multiply(own, factor, out=scratch)
        np.cos(scratch, out=scratch)
        np.multiply(scratch, weight, out=scratch)
        np.multiply(other, factor, out=moved)
        np.sin(moved, out=moved)
        np.add(moved, scratch, out=moved)


def points(
    total: int = 100_000_000, chunk: int = 1 << 18, parameters: tuple[float, float, float, float] = PARAMETERS
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield `total` points as pairs of float32 arrays, x and y, of at most `chunk` points each.

    Every pair is new, so the receiver may keep it; memory is one chunk (8 bytes a point) and what the receiver keeps.
    """
    orbits = min(ORBITS, chunk)
    scale = [np.float32(value) for value in parameters]
    rng = np.random.default_rng(2026)
    x, y = rng.uniform(-1, 1, (2, orbits)).astype(np.float32)
    spare_x, spare_y, scratch = np.empty((3, orbits), np.float32)
    for _ in range(TRANSIENT):
        step(x, y, spare_x, spare_y, scratch, scale)
        x, y, spare_x, spare_y = spare_x, spare_y, x, y
    while total > 0:
        steps = min(chunk // orbits, -(-total // orbits))
        xs, ys = np.empty((steps, orbits), np.float32), np.empty((steps, orbits), np.float32)
        for new_x, new_y in zip(xs, ys, strict=True):
            step(x, y, new_x, new_y, scratch, scale)
            x, y = new_x, new_y
        x, y = x.copy(), y.copy()  # or the next chunk would keep this one alive
        count = min(steps * orbits, total)
        total -= count
        yield xs.reshape(-1)[:count], ys.reshape(-1)[:count]
        del xs, ys, new_x, new_y


def main() -> None:
    """Draw the attractor into the file named on the command line."""
    import drypoint as dp

    out = sys.argv[1] if len(sys.argv) > 1 else "attractor.png"
    canvas = dp.Canvas(900, 744, x_range=(-1.6, 2.15), y_range=(-1.45, 1.65))
    canvas.points(points(), "x", "y").shade(cmap="fire", how="eq_hist", background="black").save(out)
    print(f"a hundred million points are in {out}")


if __name__ == "__main__":
    main()
