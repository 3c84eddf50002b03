"""Large data inside the axes of Matplotlib: artists that fold a source to the pixels of their axes whenever those
change.

Imported by ``import drypoint.matplotlib`` or on first use of ``drypoint.matplotlib``; needs Matplotlib 3.9 or later.
"""

from ._artist import AggregateImage
from ._draw import area, line, points, raster
from ._norms import EqHistNorm

__all__ = ["AggregateImage", "EqHistNorm", "area", "line", "points", "raster"]
