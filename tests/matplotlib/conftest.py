"""Figures of Matplotlib without a window."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")

import matplotlib.pyplot as plt


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture
def rows():
    rng = np.random.default_rng(7)
    x = rng.normal(size=5000)
    return {"x": x, "y": x * 0.5 + rng.normal(size=5000), "v": rng.random(5000)}


@pytest.fixture
def full():
    """An axes of 200 × 100 whole pixels."""

    def make(columns=200, rows=100, dpi=100, left=0):
        fig = plt.figure(figsize=((columns + left) / dpi, rows / dpi), dpi=dpi)
        return fig, fig.add_axes([left / (columns + left), 0, columns / (columns + left), 1])

    return make


def pixels(fig):
    fig.canvas.draw()
    return np.asarray(fig.canvas.buffer_rgba())
