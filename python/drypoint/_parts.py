"""Coarser versions and parts of aggregates, and image pyramids of them, whether they are held in tiles or not."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod

from . import _arguments, _core
from ._errors import BadArgument, OutputError, UnknownFormat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from ._aggregate import Aggregate

__all__ = ["Parts"]


class Parts(ABC):
    """What can be made of the tiles of counts."""

    @abstractmethod
    def _in_tiles(self) -> _core.TiledAggregate:
        """The cells as tiles."""

    def level(self, n: int) -> Aggregate:
        """The aggregate in which ``2**n`` pixels along each side are one, whose count is the sum of theirs.

        Parameters
        ----------
        n : int
            0 for the pixels as they are.

        Returns
        -------
        Aggregate
            Shape (ceil(height / 2**n), ceil(width / 2**n)); tiled if that is large. Where the division leaves a rest, the
            last pixels reach beyond the ranges, which grow by that.

        Raises
        ------
        BudgetExceeded
            If the result does not fit.
        BadArgument
            If this is not an aggregate of `count` or `any`.

        Notes
        -----
        Costs one pass over the cells, those that no tile holds left out.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> points = {"x": array("d", [0.1, 0.2, 0.9]), "y": array("d", [0.5, 0.5, 0.2])}
        >>> counts = dp.Canvas(8, 4, x_range=(0, 1), y_range=(0, 1), tiled=True).points(points, "x", "y")
        >>> counts.level(2).cells.tolist()
        [[2, 1]]
        """
        return _aggregate(self._in_tiles().level(_arguments.whole(n, "n", 0, 62)))

    def zoom(
        self,
        *,
        x_range: tuple[Any, Any] | None = None,
        y_range: tuple[Any, Any] | None = None,
        width: int = 900,
        height: int = 600,
    ) -> Aggregate:
        """The aggregate of a window, at the finest resolution up to a size.

        Parameters
        ----------
        x_range, y_range : (start, end), optional
            In data units, instants as numbers; all by default. Moved outward to whole pixels, cut at the ranges drawn.
        width, height : int
            Pixels at most. Along each axis as many pixels become one as it takes, the same number everywhere, so that
            counts are exact sums and no pattern comes of the division.

        Returns
        -------
        Aggregate
            Of the window; its ``x_range`` and ``y_range`` say what it covers exactly. Tiled if it is large.

        Raises
        ------
        BadArgument
            If the window lies outside of the ranges drawn, or this is not an aggregate of `count` or `any`.
        BudgetExceeded
            If the result does not fit.

        Notes
        -----
        Costs a look at the tiles of the window, where it is tiled, else one pass over the cells.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> points = {"x": array("d", [0.1, 0.2, 0.9]), "y": array("d", [0.5, 0.5, 0.2])}
        >>> counts = dp.Canvas(2**16, 2**16, x_range=(0, 1), y_range=(0, 1)).points(points, "x", "y")
        >>> part = counts.zoom(x_range=(0, 0.25), y_range=(0.25, 0.75), width=2, height=2)
        >>> part.cells.tolist(), part.x_range
        ([[0, 0], [1, 1]], (0.0, 0.25))
        """
        return _aggregate(
            self._in_tiles().zoom(
                _numbers(x_range, "x_range"),
                _numbers(y_range, "y_range"),
                _arguments.whole(width, "width", 1),
                _arguments.whole(height, "height", 1),
            )
        )

    def to_tiles(
        self,
        path: str | os.PathLike[str],
        cmap: str | list[str] | None = None,
        how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
        *,
        span: tuple[float, float] | None = None,
        background: str | None = None,
        levels: int | None = None,
    ) -> int:
        """Write a pyramid: tiles of 256 x 256 pixels, each level half as fine as the next, as pictures or as counts.

        Parameters
        ----------
        path : str or path
            A folder that does not exist or is empty: ``{z}/{x}/{y}.png`` as web maps read it, and ``metadata.json``. Or a
            file that ends in ``.pmtiles``: all tiles in one (PMTiles version 3). Or a folder that does not exist and ends
            in ``.zarr``: the counts themselves, a Zarr version 3 group of an array for each level.
        cmap, how, span, background
            As of `Aggregate.shade`; of pictures, not of a Zarr. All tiles of a level share their colours; without `span`,
            each level has its own, since counts grow fourfold from one to the next.
        levels : int, optional
            How many arrays a Zarr has; by default as many as it takes until one fits in 256 x 256 pixels.

        Returns
        -------
        int
            Tiles (of a Zarr, chunks) of all levels in which something fell. Others are not written.

        Raises
        ------
        OutputError
            If the place cannot be written. Nothing is left there then.
        BadArgument
            If this is not an aggregate of `count` or `any`, or for an argument that this kind of pyramid does not have.
        UnsupportedData
            If all cells would be more than 2**63 bytes, which no Zarr array has.

        Notes
        -----
        Tile 0 of a level is the left and the upper one of its ``2**z`` each way. The finest level holds the pixels as
        they are, the lower left of the aggregate in the lower left tile. Memory holds two levels and one tile.

        A Zarr has the arrays ``"0"``, the pixels as they are, ``"1"``, half as fine, and so on: uint32, or uint64 if all
        counts together need it, or bool for `any`. Row 0 is the lowest y, as in the aggregate; viewers that put row 0 at
        the top show it upside down. The attributes are those of OME-NGFF 0.5 (``ome``), whose transformations give the
        middle of each pixel in data units (logarithms to base 10 on logarithmic axes), and ``x_range``, ``y_range``,
        ``x_scale``, ``y_scale`` and ``reduction``. It costs one pass; memory holds a box of 1024 x 1024 pixels of each
        level.

        Examples
        --------
        >>> import os, tempfile
        >>> import drypoint as dp
        >>> from array import array
        >>> points = {"x": array("d", [0.1, 0.2, 0.9]), "y": array("d", [0.5, 0.5, 0.2])}
        >>> counts = dp.Canvas(1024, 1024, x_range=(0, 1), y_range=(0, 1)).points(points, "x", "y")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     counts.to_tiles(os.path.join(folder, "tiles"), "viridis")
        ...     sorted(os.listdir(os.path.join(folder, "tiles")))
        5
        ['0', '1', '2', 'metadata.json']
        """
        from ._shading import shading

        name = _arguments.path(path)
        if os.path.splitext(name.rstrip("/"))[1].lower() == ".zarr":
            for argument, value in {"cmap": cmap, "how": how, "span": span, "background": background}.items():
                if value is not None:
                    raise BadArgument(f"{argument} is for pictures; {name} will hold the counts themselves")
            from ._multiscale import write_multiscale

            return write_multiscale(
                self._in_tiles(), name, _arguments.optional(_arguments.whole, levels, "levels", 1)
            )
        if levels is not None:
            raise BadArgument(f"levels is for a path that ends in .zarr, not for {name}")
        suffix = os.path.splitext(name)[1]
        pmtiles = suffix.lower() == ".pmtiles"
        if not pmtiles and suffix.lower() in (".zip", ".mbtiles", ".tif", ".png"):
            raise UnknownFormat(
                f"{name}: a pyramid is written to a folder, or to a path that ends in .pmtiles or .zarr"
            )
        if not pmtiles and os.path.isfile(name):
            raise OutputError(
                f"{name} is a file; a pyramid is written to a folder, or to a file that ends in .pmtiles"
            )
        return self._in_tiles().pyramid(
            name,
            pmtiles,
            shading(cmap, how, span, spread=0, background=background),
        )


def _aggregate(core: _core.Aggregate | _core.TiledAggregate) -> Aggregate:
    from ._aggregate import aggregate_of

    return aggregate_of(core)


def _numbers(value: Any, name: str) -> tuple[float, float] | None:
    from ._job import axis_range

    ends = axis_range(value, name)
    if ends is None:
        return None
    start, end = ends
    if isinstance(start, str) or isinstance(end, str):
        raise BadArgument(
            f"{name}: instants are given as numbers here, in the unit of the ranges drawn, not {value!r}"
        )
    return start, end
