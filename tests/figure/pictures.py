"""Fields of numbers that shading is tried on, by formulas: the same here and where Datashader's results are recorded."""

import numpy as np

#: Black to white, so that a colour tells the rank of its value.
CMAP = ["black", "white"]

SPREADS = [
    (1, "circle", "add"),
    (2, "circle", "add"),
    (2, "square", "max"),
    (1, "square", "min"),
    (3, "circle", "source"),
]
DYNSPREADS = [(0.5, 3), (0.2, 5), (0.9, 2), (0.0, 4), (1.0, 2)]


def fields():
    rng = np.random.default_rng(20)
    shape = (24, 31)
    skewed = (rng.pareto(0.8, shape) * 20).astype("u4").clip(0, 60_000)
    few = rng.integers(0, 5, shape).astype("u4")
    normal = np.where(rng.random(shape) < 0.2, np.nan, rng.normal(5, 3, shape))
    return {"skewed": skewed, "few": few, "normal": normal, "two": (rng.random(shape) < 0.1).astype("u4") * 7}


def dots():
    rng = np.random.default_rng(21)
    sparse = np.where(rng.random((19, 23)) < 0.02, rng.integers(1, 9, (19, 23)), 0).astype("u4")
    some = np.where(rng.random((19, 23)) < 0.08, rng.integers(1, 9, (19, 23)), 0).astype("u4")
    numbers = np.where(rng.random((19, 23)) < 0.05, rng.normal(0, 2, (19, 23)), np.nan)
    return {"sparse": sparse, "some": some, "numbers": numbers}


def layers():
    rng = np.random.default_rng(22)
    pixels = rng.integers(0, 256, (3, 12, 17, 4)).astype("u1")
    pixels[rng.random((3, 12, 17)) < 0.3, 3] = 0
    pixels[rng.random((3, 12, 17)) < 0.3, 3] = 255
    return list(pixels)
