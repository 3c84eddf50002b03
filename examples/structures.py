"""What each kind of data takes in the structure made for it, as a share of the plain array, and a picture of that.

    python examples/structures.py [folder]

The data sets are those of the benches. Needs NumPy and Matplotlib and some 20 seconds.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import drypoint as dp
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benches"))

from codecs_data import DATA  # noqa: E402

COMPRESSED = {
    "regular_times": "timestamps, exactly regular",
    "mask": "mask of regions",
    "sparse_histogram": "histogram, nearly all zeros",
    "screenshot": "screenshot, RGB",
    "histogram": "histogram, filled",
    "rounded_walk": "random walk, rounded to 0.01",
    "jittered_times": "timestamps with jitter",
    "sensor": "sensor readings in steps of 0.01",
    "smooth_frame": "photo with sensor noise, RGB",
    "walk": "random walk, all digits",
    "uniform": "uniform noise",
}
SIDE = 65_536
POINTS = 20_000_000
FRAMES = 64

MARGIN, LEFT, RIGHT = 0.03, 0.32, 0.97

INK, SOFT, TRACK = "#111827", "#4b5563", "#eef0f3"
COLOURS = {
    "dp.CompressedArray": "#2f6fb5",
    "dp.CsrArray": "#b3541e",
    "Canvas(tiled=True)": "#4d7c3a",
    "dp.write_zarr": "#7a4a9c",
}


def matrix() -> dp.CsrArray:
    """Three million values in 20,000 rows of 30,000, half a percent of the cells."""
    rng = np.random.default_rng(2)
    cells = np.unique(rng.integers(0, 600_000_000, 3_000_000))
    triplets = [(cells // 30_000, cells % 30_000, rng.random(cells.size))]
    return dp.CsrArray.from_triplets(iter(triplets), (20_000, 30_000))


def counts() -> dp.TiledAggregate:
    """Points in forty clusters on a canvas of four billion pixels."""
    rng = np.random.default_rng(3)
    centres = np.random.default_rng(1).uniform(0.1, 0.9, (40, 2))
    widths = np.random.default_rng(2).uniform(2e-4, 3.5e-3, 40)

    def parts() -> Iterator[dict[str, np.ndarray]]:
        for _ in range(POINTS // 1_000_000):
            which = rng.integers(0, 40, 1_000_000)
            at = centres[which] + rng.standard_normal((which.size, 2)) * widths[which, None]
            yield {"x": at[:, 0].copy(), "y": at[:, 1].copy()}

    canvas = dp.Canvas(SIDE, SIDE, x_range=(0, 1), y_range=(0, 1), tiled=True)
    return canvas.points(parts(), "x", "y")


def frames() -> Iterator[np.ndarray]:
    """A stack of frames of a microscope, uint16: smooth light, drifting, and the noise of the sensor."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:1000, 0:1000].astype("f4")
    for at in range(FRAMES):
        light = 600 * (2 + np.sin((x + 4 * at) / 120) * np.cos(y / 90))
        yield (light + rng.normal(0, 4, x.shape)).astype("u2")[None]


def stack() -> tuple[int, int]:
    """Bytes of the stack on disk, and plain."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stack.zarr"
        dp.write_zarr(path, frames(), chunks=(1, 500, 500))
        with dp.open_zarr(path) as array:
            return array.nbytes_stored, array.nbytes


def measured() -> list[tuple[str, str, int, int]]:
    """Structure, data, bytes stored, bytes plain."""
    rows = []
    for name, title in COMPRESSED.items():
        with dp.compress(DATA[name][0]()) as array:
            rows.append(("dp.CompressedArray", title, array.nbytes_stored, array.nbytes))
    rows.sort(key=lambda row: row[2] / row[3])
    sparse = matrix()
    rows.append(("dp.CsrArray", "matrix, 0.5 % of cells", sparse.nbytes, 20_000 * 30_000 * 8))
    tiled = counts()
    rows.append(("Canvas(tiled=True)", "clustered points", tiled.nbytes, tiled.nbytes_dense))
    rows.append(("dp.write_zarr", "stack of frames, uint16", *stack()))
    return rows


def percent(share: float) -> str:
    """Two digits that count."""
    digits = max(0, 1 - math.floor(math.log10(100 * share)))
    return f"{100 * share:.{digits}f} %"


def draw(rows: list[tuple[str, str, int, int]], out: Path) -> None:
    """One bar for each, in groups by structure; the pale bar behind is the plain array."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    from matplotlib import font_manager

    for file in sorted((ROOT / "crates/drypoint-figure/assets/fonts").glob("Inter-*.ttf")):
        font_manager.fontManager.addfont(file)  # the letters of our own figures
    plt.rcParams["font.family"] = ["Inter", "DejaVu Sans"]
    figure = plt.figure(figsize=(9, 6.2), dpi=200, facecolor="white")
    axes = figure.add_axes((LEFT, 0.085, RIGHT - LEFT, 0.825))
    margin = (MARGIN - LEFT) / (RIGHT - LEFT)
    y, before = 0.0, ""
    ticks, labels = [], []
    for structure, title, stored, plain in rows:
        if structure != before:
            y += 0.55 if before else 0
            axes.text(margin, y, structure, color=COLOURS[structure], weight=600, fontsize=10, va="center")
            before = structure
            y += 0.95
        share = stored / plain
        axes.barh(y, 1, 0.62, color=TRACK)
        axes.barh(y, share, 0.62, color=COLOURS[structure])
        inside = share > 0.9
        axes.text(
            share + (-0.012 if inside else 0.012),
            y,
            percent(share),
            color="white" if inside else INK,
            fontsize=9,
            va="center",
            ha="right" if inside else "left",
        )
        ticks.append(y)
        labels.append(title)
        y += 0.9
    axes.set_xlim(0, 1)
    axes.set_ylim(y - 0.3, -0.5)
    axes.set_axis_off()
    for at, label in zip(ticks, labels, strict=True):
        axes.text(margin, at, label, color=SOFT, fontsize=9.5, va="center")
    figure.text(
        MARGIN, 0.945, "Bytes kept, as a share of the plain array", color=INK, weight=600, fontsize=14
    )
    figure.text(
        MARGIN,
        0.032,
        "Pale: the plain array, 100 %. Everything comes back bit by bit. Made by examples/structures.py.",
        color=SOFT,
        fontsize=9,
    )
    figure.savefig(out / "structures.png")


def main() -> None:
    """Measure, print, draw."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    rows = measured()
    for structure, title, stored, plain in rows:
        print(f"{structure:<20}{title:<34}{stored:>15,} of {plain:>15,} B   1 : {plain / stored:,.1f}")
    draw(rows, out)
    print(f"drawn: {out / 'structures.png'}")


if __name__ == "__main__":
    main()
