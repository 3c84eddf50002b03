"""Records what Datashader makes of some polygons, for the tests, which need neither it nor GeoPandas.

    python tests/shapes/record.py     # with datashader, geopandas and shapely; writes datashader.json beside itself

Corners lie on 64ths of a unit, so that float32, in which Datashader keeps them, holds all of them exactly.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np

CANVASES = [
    (48, 40, (0.0, 16.0), (0.0, 16.0)),
    (32, 16, (2.0, 10.0), (1.0, 17.0)),
    (7, 5, (0.0, 16.0), (0.0, 16.0)),
]
FOLDS = ["count", "sum", "max", "mean"]


def shapes() -> list[list[list[list[list[float]]]]]:
    """Multipolygons of rings, some of which cross themselves and each other."""
    rng = np.random.default_rng(11)

    def ring(count: int, centre, radius: float) -> list[list[float]]:
        if rng.random() < 0.4:
            corners = centre + rng.uniform(-radius, radius, (count, 2))
        else:
            angle = np.sort(rng.uniform(0, 2 * np.pi, count))
            reach = radius * rng.uniform(0.3, 1.2, count)
            corners = centre + np.stack([reach * np.cos(angle), reach * np.sin(angle)], 1)
        corners = np.round(corners * 64) / 64
        return [*corners.tolist(), corners[0].tolist()]

    found = []
    for number in range(60):
        polygons = []
        for _ in range(1 + (number % 5 == 0)):
            centre, radius = rng.uniform(-1, 17, 2), rng.choice([0.05, 0.5, 2.0, 6.0])
            rings = [ring(int(rng.integers(3, 12)), centre, radius)]
            if number % 3 == 0:
                rings.append(ring(4, centre, radius / 3))
            polygons.append(rings)
        found.append(polygons)
    return found


def record() -> dict:
    import datashader
    import geopandas
    import shapely

    warnings.filterwarnings("ignore")
    made = shapes()
    geometry = [
        shapely.MultiPolygon([shapely.Polygon(outer, holes) for outer, *holes in polygons])
        for polygons in made
    ]
    value = [float(number * 7 % 50) for number in range(len(made))]
    frame = geopandas.GeoDataFrame({"value": value}, geometry=geometry)
    cells = []
    for width, height, x_range, y_range in CANVASES:
        canvas = datashader.Canvas(width, height, x_range=x_range, y_range=y_range)
        for fold in FOLDS:
            reduction = datashader.count() if fold == "count" else getattr(datashader, fold)("value")
            drawn = canvas.polygons(frame, "geometry", reduction).values.astype("float64")
            cells.append([None if np.isnan(cell) else round(cell, 9) for cell in drawn.ravel().tolist()])
    return {
        "datashader": datashader.__version__,
        "shapes": made,
        "value": value,
        "canvases": CANVASES,
        "folds": FOLDS,
        "cells": cells,
    }


if __name__ == "__main__":
    path = Path(__file__).with_name("datashader.json")
    path.write_text(json.dumps(record(), separators=(",", ":")) + "\n")
    print(path.stat().st_size)
