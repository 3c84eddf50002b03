"""What the tests share: small data, a naive twin, child processes measured from outside."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(scope="session")
def cloud() -> dict[str, np.ndarray]:
    """20,000 points with edges, NaN and infinities among them; a value, a category, an instant."""
    rng = np.random.default_rng(7)
    n = 20_000
    x = rng.normal(0.0, 1.0, n)
    y = rng.normal(0.0, 2.0, n)
    x[:8] = [-3.0, 3.0, np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324]
    y[8:16] = [-6.0, 6.0, np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324]
    value = rng.gamma(2.0, 3.0, n)
    value[::97] = np.nan
    kind = np.array(["oak", "ash", "élan", "yew"])[rng.integers(0, 4, n)]
    when = np.datetime64("2001-01-01", "ms") + rng.integers(0, 10**10, n).astype("timedelta64[ms]")
    return {"x": x, "y": y, "value": value, "kind": kind, "when": when}


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Ctrl-C interrupts, also where the tests were started with the signal ignored, as shells do in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
