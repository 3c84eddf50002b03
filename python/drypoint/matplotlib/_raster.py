"""An array as a mark. What it is and where it lies tells `drypoint._raster`; no item is read before the first fold."""

from __future__ import annotations

from .. import _arguments
from .._aggregate import Aggregate
from .._canvas import Canvas
from .._errors import BadArgument
from .._raster import METHODS, ORIGINS, Grid
from ._marks import Extents, Mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Raster"]


class Raster(Mark):
    """An array of numbers, drawn as an image.

    Parameters
    ----------
    array : object
        As `Canvas.raster` takes it, but no iterator.
    method, extent, origin, memory, threads
        As of `Canvas.raster`.
    """

    word = "raster"
    has_edges = True

    def __init__(
        self,
        array: Any,
        method: str,
        extent: Any,
        origin: str | None,
        memory: str | int | None,
        threads: int | None,
    ) -> None:
        if hasattr(array, "__next__"):
            raise BadArgument(
                f"a {type(array).__name__} can be read only once, and an artist reads its array at every zoom; "
                f"give an array"
            )
        self.array = array
        self.method = _arguments.choice(method, "method", METHODS)
        self.extent = extent
        self.origin = _arguments.optional(_arguments.choice, origin, "origin", ORIGINS)
        self.memory = memory
        self.threads = threads
        grid = Grid(array, None, extent, self.origin)
        self._name, self._x, self._y = grid.name, grid.x, grid.y
        if len(grid.shape) != 2:
            raise BadArgument(
                f"{grid.name} has the shape {grid.shape}; an array of rows and columns is needed"
            )

    @property
    def x_kind(self) -> str:
        return "float64"

    @property
    def y_kind(self) -> str:
        return "float64"

    @property
    def x_name(self) -> str:
        return "columns"

    @property
    def y_name(self) -> str:
        return "rows"

    def fold(self, canvas: Canvas) -> Aggregate:
        return canvas.raster(
            self.array,
            method=self.method,  # type: ignore[arg-type]
            extent=self.extent,
            origin=self.origin,  # type: ignore[arg-type]
            threads=self.threads,
            memory=self.memory,
        )

    def extents(self, x_scale: str, y_scale: str) -> tuple[Extents | None, list[str]]:
        return (*sorted(self._x), *sorted(self._y)), []  # type: ignore[return-value]

    def of(self, given: Any, x: str | None, y: str | None) -> Raster:
        if x is not None or y is not None:
            raise BadArgument("an array has no columns of names; set_data(array) takes it alone")
        return Raster(given, self.method, self.extent, self.origin, self.memory, self.threads)

    def __repr__(self) -> str:
        return f"{self.word} of {self._name}: {self.method}"
