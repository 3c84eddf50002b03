"""The meshes that tests draw, and Datashader's cells of them: recorded, so that tests do not need it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

RECORDED = Path(__file__).parent / "datashader.npz"
SIZE = (37, 29)
ZOOM = {"x_range": (2.0, 6.5), "y_range": (1.0, 3.1)}
FOLDS = ("mean", "sum", "count", "min", "max", "std")
QUAD_FOLDS = ("mean", "max", "sum", "count", "var")


def triangles(count: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A triangulation of random points, all triangles gone around one way, with a value for each point."""
    from scipy.spatial import Delaunay

    rng = np.random.default_rng(count)
    points = rng.random((count, 2)) * [10, 4]
    faces = Delaunay(points).simplices
    vertices = {"x": points[:, 0], "y": points[:, 1], "z": rng.random(count)}
    return vertices, {f"v{corner}": faces[:, corner].astype("int64") for corner in range(3)}


def quads(shape: tuple[int, int], kind: str) -> tuple[Any, Any, Any]:
    """Values with some missing, and the centres of columns and rows."""
    rng = np.random.default_rng(shape[0])
    rows, columns = shape
    values = rng.random(shape)
    values[rng.random(shape) < 0.02] = np.nan
    x, y = np.linspace(-3, 5, columns), np.linspace(0, 5, rows)
    if kind == "uneven":
        x, y = np.cumsum(rng.random(columns) + 0.05), np.cumsum(rng.random(rows) + 0.05)
    elif kind == "falling":
        y = y[::-1].copy()
    elif kind == "bent":
        x, y = np.meshgrid(np.linspace(-2, 2, columns), np.linspace(-2, 2, rows))
        x, y = x + 0.3 * np.sin(y * 2), y + 0.3 * np.cos(x * 1.5)
    return values, x, y


SHAPES = {"small": (110, 130), "large": (7, 9), "mixed": (7, 130)}
KINDS = ("even", "uneven", "falling", "bent")


def record() -> None:
    """Run with Datashader, pandas and xarray; writes the recording anew."""
    import datashader
    import pandas
    import xarray

    found: dict[str, Any] = {}
    for count in (40, 3000):
        vertices, faces = (pandas.DataFrame(part) for part in triangles(count))
        whole = {f"{axis}_range": (vertices[axis].min(), vertices[axis].max()) for axis in "xy"}
        canvas = datashader.Canvas(*SIZE, **whole)
        for fold in FOLDS:
            agg = getattr(datashader, fold)("z")
            found[f"triangles {count} {fold}"] = canvas.trimesh(vertices, faces, agg=agg).values
        found[f"triangles {count} flat"] = canvas.trimesh(vertices, faces, interpolate="nearest").values
        own = faces.assign(q=np.arange(len(faces)) % 17.0)
        found[f"triangles {count} own"] = canvas.trimesh(vertices[["x", "y"]], own).values
        found[f"triangles {count} zoom"] = datashader.Canvas(*SIZE, **ZOOM).trimesh(vertices, faces).values
    for name, shape in SHAPES.items():
        for kind in KINDS:
            values, x, y = quads(shape, kind)
            dims = ["y", "x"]
            coords = {"lat": (dims, y), "lon": (dims, x)} if kind == "bent" else {"y": y, "x": x}
            array = xarray.DataArray(values, coords=coords, dims=dims, name="z")
            places = {"x": "lon", "y": "lat"} if kind == "bent" else {"x": "x", "y": "y"}
            for fold in QUAD_FOLDS:
                agg = getattr(datashader, fold)("z")
                drawn = datashader.Canvas(*SIZE).quadmesh(array, agg=agg, **places)
                found[f"quads {name} {kind} {fold}"] = drawn.values
    np.savez_compressed(RECORDED, **{name: cells.astype("float32") for name, cells in found.items()})


if __name__ == "__main__":
    record()
