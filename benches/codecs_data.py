"""The data sets of the codec bench: seeded, made anew by each run, none of them stored."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

ROWS = 2_000_000
HISTOGRAM_POINTS = 20_000_000


def walk() -> np.ndarray:
    """A random walk with all bits of its mantissa."""
    return np.cumsum(np.random.default_rng(1).normal(0, 1, ROWS))


def rounded_walk() -> np.ndarray:
    """The same, as prices are: rounded to 0.01."""
    return np.round(walk(), 2)


def sensor() -> np.ndarray:
    """A slow wave with noise, read by a sensor in steps of 0.01, as float32."""
    rng = np.random.default_rng(2)
    wave = 20 + 5 * np.sin(np.arange(ROWS) / 5000) + rng.normal(0, 0.2, ROWS)
    return np.round(wave, 2).astype(np.float32)


def jittered_times() -> np.ndarray:
    """Nanoseconds, 1 ms apart, each step with a jitter of 1 µs."""
    steps = 1_000_000 + np.random.default_rng(3).normal(0, 1000, ROWS).astype(np.int64)
    return 1_700_000_000_000_000_000 + np.cumsum(steps)


def regular_times() -> np.ndarray:
    """Nanoseconds, exactly 1 ms apart."""
    return 1_700_000_000_000_000_000 + 1_000_000 * np.arange(ROWS, dtype=np.int64)


def uniform() -> np.ndarray:
    """Noise between 0 and 1: nothing to find but the exponent."""
    return np.random.default_rng(4).random(ROWS)


def _clusters(points: int, clusters: int, spread: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centre = rng.random((clusters, 2))
    which = rng.integers(0, clusters, points)
    x = centre[which, 0] + rng.normal(0, spread, points)
    y = centre[which, 1] + rng.normal(0, spread, points)
    return x, y


def _counts(height: int, width: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    inside = (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
    at = (y[inside] * height).astype(np.int64) * width + (x[inside] * width).astype(np.int64)
    return np.bincount(at, minlength=height * width).astype(np.uint32).reshape(height, width)


def histogram() -> np.ndarray:
    """Counts of 2e7 points on 900 x 600 pixels: clusters over an even ground, a few to hundreds in a pixel."""
    x, y = _clusters(HISTOGRAM_POINTS * 7 // 10, 8, 0.06, 5)
    rng = np.random.default_rng(6)
    ground = HISTOGRAM_POINTS * 3 // 10
    return _counts(600, 900, np.concatenate([x, rng.random(ground)]), np.concatenate([y, rng.random(ground)]))


def sparse_histogram() -> np.ndarray:
    """Counts of 2e6 points in tight clusters on 4096 x 4096 pixels: nearly all are zero."""
    return _counts(4096, 4096, *_clusters(2_000_000, 40, 0.012, 7))


def smooth_frame() -> np.ndarray:
    """A 4K RGB frame as a camera gives it: smooth light, and the noise of the sensor."""
    rng = np.random.default_rng(8)
    y, x = np.mgrid[0:2160, 0:3840].astype(np.float32)
    planes = [
        128 + 80 * np.sin(x / (600 + 90 * c)) * np.cos(y / (500 + 70 * c)) + rng.normal(0, 1.5, x.shape)
        for c in range(3)
    ]
    return np.clip(np.stack(planes, axis=-1), 0, 255).astype(np.uint8)


def screenshot() -> np.ndarray:
    """A 4K RGB frame as a desktop is: flat windows, lines of text-like marks from a small set, a picture."""
    rng = np.random.default_rng(9)
    frame = np.full((2160, 3840, 3), 240, np.uint8)
    glyphs = rng.random((60, 14, 8)) < 0.35
    for _ in range(25):
        top, left = int(rng.integers(0, 1900)), int(rng.integers(0, 3200))
        height, width = int(rng.integers(150, 900)), int(rng.integers(300, 1400))
        window = frame[top : top + height, left : left + width]
        window[:] = rng.integers(200, 256, 3, dtype=np.uint8)
        window[:24] = rng.integers(30, 120, 3, dtype=np.uint8)
        ink = rng.integers(0, 80, 3, dtype=np.uint8)
        for line in range(30, window.shape[0] - 16, 20):
            for column in range(6, int(window.shape[1] * rng.uniform(0.3, 1.0)) - 8, 9):
                glyph = glyphs[rng.integers(0, 60)]
                window[line : line + 14, column : column + 8][glyph] = ink
    y, x = np.mgrid[0:300, 0:500]
    picture = 128 + 60 * np.sin(x / 40) + 40 * np.cos(y / 30) + rng.normal(0, 6, x.shape)
    frame[100:400, 100:600] = np.clip(picture, 0, 255).astype(np.uint8)[..., None]
    return frame


def mask() -> np.ndarray:
    """Where a picture is brighter than a threshold: regions with smooth edges, a few wrong pixels, as bool."""
    y, x = np.mgrid[0:2160, 0:3840].astype(np.float32)
    bright = np.sin(x / 170) * np.cos(y / 130) + np.sin((x + 2 * y) / 410) > 0.5
    return bright ^ (np.random.default_rng(10).random(bright.shape) < 1e-4)


DATA: dict[str, tuple[Callable[[], np.ndarray], str]] = {
    "walk": (walk, "f64 random walk"),
    "rounded_walk": (rounded_walk, "f64 random walk, rounded to 0.01"),
    "sensor": (sensor, "f32 sensor in steps of 0.01"),
    "jittered_times": (jittered_times, "i64 ns, 1 ms and jitter"),
    "regular_times": (regular_times, "i64 ns, regular"),
    "uniform": (uniform, "f64 uniform noise"),
    "histogram": (histogram, "u32 histogram 900 x 600"),
    "sparse_histogram": (sparse_histogram, "u32 histogram 4096 x 4096, sparse"),
    "smooth_frame": (smooth_frame, "u8 4K RGB, smooth and noise"),
    "screenshot": (screenshot, "u8 4K RGB, screenshot"),
    "mask": (mask, "bool 2160 x 3840, regions"),
}
# On these the ratio has to be 1.2 times the best of blosc2.
NUMBERS = ("rounded_walk", "sensor", "jittered_times", "regular_times", "histogram", "sparse_histogram")
