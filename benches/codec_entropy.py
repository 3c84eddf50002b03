"""What no lossless codec can pass: the entropy of the bench's noise, where the generator says what the noise is.

    python benches/codec_entropy.py

For counts it is that of Poisson numbers whose intensities are known exactly; a codec has to guess these from the counts.
"""

from __future__ import annotations

import numpy as np
from codec_data import HISTOGRAM_POINTS
from scipy.stats import norm, poisson


def bits(probabilities: np.ndarray) -> float:
    """Entropy in bits."""
    some = probabilities[probabilities > 0]
    return float(-(some * np.log2(some)).sum())


def poisson_bits(intensities: np.ndarray) -> float:
    """Mean entropy of Poisson numbers, intensities taken to 2 %."""
    steps, counts = np.unique(
        np.round(np.log(np.maximum(intensities.ravel(), 1e-12)) * 50), return_counts=True
    )
    total = 0.0
    for step, count in zip(np.exp(steps / 50), counts, strict=True):
        numbers = np.arange(int(step + 12 * np.sqrt(step) + 20))
        total += count * bits(poisson.pmf(numbers, step))
    return total / intensities.size


def intensities(side: tuple[int, int], clusters: int, spread: float, seed: int, points: float) -> np.ndarray:
    """Expected counts of the clusters that `codec_data` draws its points from."""
    edges = [np.linspace(0, 1, length + 1) for length in side]
    total = np.zeros(side)
    for x, y in np.random.default_rng(seed).random((clusters, 2)):
        total += np.outer(np.diff(norm.cdf(edges[0], y, spread)), np.diff(norm.cdf(edges[1], x, spread)))
    return total * points / clusters


def main() -> None:
    """Print them."""
    ground = 0.3 * HISTOGRAM_POINTS / (600 * 900)
    steps = norm.cdf(np.arange(-8000, 8001) + 1, 0, 1000) - norm.cdf(np.arange(-8000, 8001), 0, 1000)
    noise = np.diff(norm.cdf(np.arange(-300, 301) + 0.5, 0, 20))
    limits = {
        "jittered_times": 64 / bits(steps),
        "sensor": 32 / bits(noise),
        "histogram": 32 / poisson_bits(intensities((600, 900), 8, 0.06, 5, 0.7 * HISTOGRAM_POINTS) + ground),
        "sparse_histogram": 32 / poisson_bits(intensities((4096, 4096), 40, 0.012, 7, 2e6)),
    }
    for name, limit in limits.items():
        print(f"{name:18} ratio at most {limit:.2f}")


if __name__ == "__main__":
    main()
