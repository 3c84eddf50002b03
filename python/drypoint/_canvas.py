"""A canvas folds rows and arrays into aggregates: which data lies in which pixel, and what becomes of it there."""

from __future__ import annotations

from . import _arguments, _core, _job, _shapes
from ._aggregate import Aggregate, aggregate_of
from ._errors import BadArgument
from ._job import ceiling, fold, job
from ._reductions import Reduction
from ._streams import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal

    from ._histogram import Histogram
    from ._image import Image
    from ._raster import Grid

    _MethodName = Literal["area", "nearest", "bilinear", "max", "min", "mode"]
    _Range = tuple[Any, Any]
    _ScaleName = Literal["linear", "log"]
    _StepName = Literal["pre", "mid", "post"]

__all__ = ["Canvas"]

_SCALES = ("linear", "log")


class Canvas:
    """A grid of pixels over two ranges of data.

    Parameters
    ----------
    width, height : int
        Pixels: along each axis up to 2**31 - 1, in all up to 2**32 - 2, or as many as the axes have in tiles.
    x_range, y_range : (start, end), optional
        In data units, ``start < end``; also dates (`datetime.datetime`, ``numpy.datetime64``, ISO text) for time
        columns. Found from the data by default.
    x_scale, y_scale : {"linear", "log"}
        How values become positions.
    tiled : bool or "auto", default "auto"
        Whether to count in tiles of 256 x 256 pixels that take memory only once something falls in them; `points` gives a
        `TiledAggregate` then. By default `count` and `any` are tiled on canvases of more than 2**26 pixels, and on
        smaller ones (from 2**20 on) that the budget does not hold as a whole. Other folds cannot be.

    Notes
    -----
    A value falls in pixel ``floor(value * scale + translate)`` with ``scale = pixels / (end - start)`` and
    ``translate = -start * scale``, in float64; a value equal to ``end`` falls in the last pixel. Counts equal
    Datashader's exactly.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> points = {"x": array("d", [0.1, 0.2, 0.9]), "y": array("d", [0.5, 0.5, 0.5])}
    >>> counts = dp.Canvas(2, 1, x_range=(0, 1), y_range=(0, 1)).points(points, "x", "y")
    >>> counts.cells.tolist()
    [[2, 1]]
    """

    def __init__(
        self,
        width: int = 900,
        height: int = 600,
        *,
        x_range: _Range | None = None,
        y_range: _Range | None = None,
        x_scale: _ScaleName = "linear",
        y_scale: _ScaleName = "linear",
        tiled: bool | Literal["auto"] = "auto",
    ) -> None:
        self.width = _arguments.whole(width, "width", 1)
        self.height = _arguments.whole(height, "height", 1)
        self.x_range = x_range
        self.y_range = y_range
        self.x_scale = _arguments.choice(x_scale, "x_scale", _SCALES)
        self.y_scale = _arguments.choice(y_scale, "y_scale", _SCALES)
        if tiled != "auto" and not isinstance(tiled, bool):
            raise BadArgument(f'tiled must be True, False or "auto", not {tiled!r}')
        self.tiled = tiled

    def __repr__(self) -> str:
        return (
            f"Canvas({self.width}, {self.height}, x_range={self.x_range}, y_range={self.y_range}, "
            f"x_scale={self.x_scale!r}, y_scale={self.y_scale!r}, tiled={self.tiled!r})"
        )

    def points(
        self,
        source: Any,
        x: str | None = None,
        y: str | None = None,
        reduction: Reduction | str | None = None,
        *,
        geometry: str | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        exact: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Aggregate:
        """Fold the points of a source.

        Parameters
        ----------
        source : anything `scan` takes
            Rows; never held as a whole.
        x, y : str
            Columns of numbers, dates or truth values.
        reduction : Reduction, optional
            What is folded in each pixel; `count` by default.
        geometry : str, optional
            Instead of x and y: a column of points and multipoints, as `polygons` takes it.
        threads : int, optional
            As many as there are cores, and as fit in the budget, by default. The result does not depend on it.
        memory : str or int, optional
            A budget for this call alone, within that of the process; in a scope with a budget, what that leaves.
        exact : bool, default False
            For a stream that can be read only once and whose ranges are not given: keep it on disk, compressed,
            and draw it exactly. Otherwise it is drawn in one pass, totals exact and positions within a pixel.
        progress : callable, optional
            Called with rows done and rows in all (None where unknown), some times a second.

        Returns
        -------
        Aggregate
            Shape (height, width), or (height, width, categories) for `by`. Row 0 is the lowest y. A `TiledAggregate` if
            the canvas is tiled.

        Raises
        ------
        MissingColumn, NotNumeric, EmptyData, BudgetExceeded, CorruptData, BadValue
            Nothing is changed then.

        Notes
        -----
        Costs one pass; another one before it where a range is not given and the source has no statistics.
        """
        rows = scan(source)
        mark = _shapes.points(x, y, geometry, _job.points)
        begun = job(self, mark, reduction, threads=threads, memory=memory, exact=exact, progress=progress)
        return aggregate_of(fold(rows, begun))

    def line(
        self,
        source: Any,
        x: str | Sequence[str | float] | None = None,
        y: str | Sequence[str | float] | None = None,
        reduction: Reduction | str | None = None,
        *,
        geometry: str | None = None,
        group: str | None = None,
        line_width: float = 0,
        step: _StepName | None = None,
        self_intersect: bool = True,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Aggregate:
        """Join the rows of a source by lines, in their order, and fold what each pixel is crossed by.

        A row whose x or y is missing, not finite, or has no logarithm on a logarithmic axis, interrupts its line.

        Parameters
        ----------
        source : anything `scan` takes
            Rows; never held as a whole.
        x, y : str, or list of str and float
            Columns of numbers, dates or truth values. For a line in each row: columns of lists, or as many columns for x
            as for y, which are the vertices of each row; one of both may be numbers, which are the same in all rows.
        reduction : Reduction, optional
            What is folded in each pixel; `count` by default: how often a line passes. A segment brings the values of
            the row that it starts with.
        geometry : str, optional
            Instead of x and y: a column of lines, or of polygons whose outlines are drawn, as `polygons` takes it.
        group : str, optional
            A column of text, integers or truth values: rows of one value are one line, also where rows of others
            stand between them. Rows without a value belong to none. Without it, all rows are one line.
        line_width : float, default 0
            In pixels, up to 1000. 0 visits whole pixels, one wide; any other width is antialiased: a pixel gets the part
            of it that the line covers. Below 1 a line is drawn one pixel wide and as much fainter.
        step : {"pre", "mid", "post"}, optional
            Go in steps, as Matplotlib's ``drawstyle="steps-pre"``: the height changes at the row before, halfway (in data
            units), or at the next row. The segments of a step bring the values of the row that it comes from.
        self_intersect : bool, default True
            Whether `count` and `sum` of an antialiased line count a pixel each time that the line passes. If not, they
            keep the greatest of what passes.
        threads, memory, progress
            As in `Canvas.points`.

        Returns
        -------
        Aggregate
            As of `Canvas.points`; rows outside the ranges count as skipped although their segments may be seen. Of
            antialiased lines float64, NaN where none passes.

        Raises
        ------
        MissingColumn, NotNumeric, EmptyData, BudgetExceeded, CorruptData, BadValue
            Nothing is changed then.
        BadArgument
            Also of a reduction that antialiased lines do not define: `var` and `std`, and with a `group` those that need
            each line as a whole (`min`, `first`, `last`, and ``self_intersect=False``).

        Notes
        -----
        Cell by cell what Datashader's ``Canvas.line`` gives: a vertex shared by two segments is counted once, a segment
        within one pixel counts once there. Antialiased, `count` is the sum of coverage, joints counted once, `any` the
        greatest coverage, `sum` and `mean` weigh values by it, and `min`, `max`, `first` and `last` of a line keep the
        greatest of value times coverage (as Datashader with ``line_width``).

        Costs one pass, and one before it where a range is not given and the source has no statistics; a stream that can
        be read only once is then kept on disk meanwhile, compressed. With `group`, memory grows with the number of
        groups: some 300 bytes each.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> corner = {"x": array("d", [0.5, 0.5, 2.5]), "y": array("d", [2.5, 0.5, 0.5])}
        >>> dp.Canvas(3, 3, x_range=(0, 3), y_range=(0, 3)).line(corner, "x", "y").cells.tolist()
        [[1, 1, 1], [1, 0, 0], [1, 0, 0]]
        """
        rows = scan(source)
        mark = _shapes.lines(
            rows, x, y, geometry, lambda x, y: _job.line(x, y, group, line_width, step, self_intersect)
        )
        begun = job(self, mark, reduction, threads=threads, memory=memory, progress=progress)
        return aggregate_of(fold(rows, begun))

    def area(
        self,
        source: Any,
        x: str,
        y: str | Sequence[str],
        reduction: Reduction | str | None = None,
        *,
        base: float | str = 0,
        group: str | None = None,
        step: _StepName | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Aggregate:
        """Fill what lies between the rows of a source and a base, and fold how often each pixel is covered.

        Parameters
        ----------
        source : anything `scan` takes
            Rows; never held as a whole.
        x : str
            Column of numbers or dates.
        y : str or list of str
            Column of heights. Several are stacked in this order: each stands on the sum of those before, and has a plane
            of its own in the result.
        reduction : Reduction, optional
            What is folded in each pixel; `count` by default. What lies between two rows brings the values of the first.
            Not `by` with several heights.
        base : float or str, default 0
            The height that the area, or the first of a stack, stands on: a number, or a column. The pixels of a number
            belong to the area; those of a column do not, so that areas on one another do not overlap.
        group : str, optional
            As in `line`: rows of one value are one area.
        step : {"pre", "mid", "post"}, optional
            As in `line`: heights change in steps.
        threads, memory, progress
            As in `points`.

        Returns
        -------
        Aggregate
            As of `points`; with several heights of shape (height, width, heights), and ``categories`` are their names in
            the order of the stack. Rows whose point lies outside the ranges count as skipped.

        Raises
        ------
        MissingColumn, NotNumeric, EmptyData, BudgetExceeded, CorruptData, BadArgument
            Nothing is changed then.

        Notes
        -----
        Cell by cell what Datashader's ``Canvas.area`` gives, with a column as ``base`` for its ``y_stack``: the edges of
        each trapezoid go from column to column as Bresenham's lines do, and what lies between them is filled. A row
        without x, y or base interrupts the area. The range of y includes a base that is a number. On a logarithmic
        axis a base of 0 or below lies at its foot. `count` and `any` cost some nanoseconds a row, whatever the
        heights: a column of pixels is counted by its two ends. Passes as `line`.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> hill = {"x": array("d", [0.5, 1.5, 2.5]), "y": array("d", [0.5, 2.5, 0.5])}
        >>> canvas = dp.Canvas(3, 3, x_range=(0, 3), y_range=(0, 3))
        >>> canvas.area(hill, "x", "y").cells.tolist()
        [[1, 1, 1], [0, 1, 0], [0, 1, 0]]
        >>> canvas.area({**hill, "more": hill["x"]}, "x", ["y", "more"]).categories
        ['y', 'more']
        """
        rows = scan(source)
        mark = _job.area(x, y, base, group, step)
        begun = job(self, mark, reduction, threads=threads, memory=memory, progress=progress)
        return aggregate_of(fold(rows, begun))

    def spikes(
        self,
        source: Any,
        x: str,
        y: str,
        reduction: Reduction | str | None = None,
        *,
        base: float = 0,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Aggregate:
        """Draw a vertical line for each row, from a base to its y.

        Parameters
        ----------
        source : anything `scan` takes
            Rows; never held as a whole.
        x, y : str
            Columns of numbers, dates or truth values.
        reduction : Reduction, optional
            What is folded in each pixel; `count` by default: how many lines pass.
        base : float, default 0
            Where the lines begin; it belongs to the range of y that is found.
        threads, memory, progress
            As in `Canvas.points`.

        Returns
        -------
        Aggregate
            As of `Canvas.points`.

        Raises
        ------
        MissingColumn, NotNumeric, EmptyData, BudgetExceeded, CorruptData, BadValue
            Nothing is changed then.

        Notes
        -----
        Cell by cell what ``line(source, [x, x], [base, y])`` gives. A logarithmic axis has no 0, so that a base above it
        has to be given. Costs one pass, and one before it where a range is not given and the source has no statistics.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> rain = {"day": array("d", [0.5, 1.5, 2.5]), "mm": array("d", [1.5, 0.5, 2.5])}
        >>> dp.Canvas(3, 3, x_range=(0, 3), y_range=(0, 3)).spikes(rain, "day", "mm").cells.tolist()
        [[1, 1, 1], [1, 0, 1], [0, 0, 1]]
        """
        rows = scan(source)
        mark = _shapes.spikes(x, y, base, lambda x, y: _job.line(x, y, None))
        begun = job(self, mark, reduction, threads=threads, memory=memory, progress=progress)
        return aggregate_of(fold(rows, begun))

    def polygons(
        self,
        source: Any,
        geometry: str = "geometry",
        reduction: Reduction | str | None = None,
        *,
        fill: Literal["even-odd", "nonzero"] = "even-odd",
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Aggregate:
        """Fill the polygons of a source, each in the pixels whose centres are inside.

        Parameters
        ----------
        source : anything `scan` takes
            Rows with a column of polygons and multipolygons, which may have holes: as WKB (GeoParquet, GeoPandas,
            ``shapely`` objects, bytes), as GeoArrow's lists of positions, together or x and y apart, or as lists of
            rings, each an array of shape (n, 2) or a list of (x, y). Never held as a whole.
        geometry : str, default "geometry"
            Their column.
        reduction : Reduction, optional
            What is folded in each pixel; `count` by default: how many polygons cover it.
        fill : {"even-odd", "nonzero"}
            Which pixels are inside: those that an odd number of rings goes round, so that holes are holes whichever way
            they turn; or those round which rings of both ways do not balance, as in Datashader.
        threads, memory, progress
            As in `Canvas.points`.

        Returns
        -------
        Aggregate
            As of `Canvas.points`. ``skipped`` counts the rows of which nothing lies within the ranges, missing and empty
            ones among them.

        Raises
        ------
        MissingColumn, EmptyData, BudgetExceeded, CorruptData
            Nothing is changed then.
        UnsupportedData
            If the column holds no shapes, or a row something else than polygons.
        BadValue
            If a row's WKB cannot be read.

        Notes
        -----
        Each polygon of a multipolygon is drawn by itself. One whose box is not wider or not higher than a pixel fills the
        pixels of its box, so that small ones are seen. A polygon with a coordinate that is missing, infinite or without a
        logarithm is not drawn. With ``fill="nonzero"`` cell by cell what Datashader gives where float32 holds the rings.
        Costs one pass, time for vertices and for the height of polygons but not for their area where points are
        only counted, and memory for the largest polygon; a pass before it where a range is not given.

        Examples
        --------
        >>> import drypoint as dp
        >>> outer = [(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]
        >>> hole = [(1, 1), (1, 3), (3, 3), (3, 1), (1, 1)]
        >>> frames = {"geometry": [[outer, hole]], "height": [7.0]}
        >>> canvas = dp.Canvas(4, 4, x_range=(0, 4), y_range=(0, 4))
        >>> canvas.polygons(frames).cells.tolist()
        [[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
        """
        rows = scan(source)
        mark = _shapes.polygons(geometry, fill)
        begun = job(self, mark, reduction, threads=threads, memory=memory, progress=progress)
        return aggregate_of(fold(rows, begun))

    def raster(
        self,
        array: Any,
        *,
        method: _MethodName = "area",
        extent: tuple[float, float, float, float] | None = None,
        origin: Literal["upper", "lower"] | None = None,
        shape: tuple[int, int] | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Aggregate:
        """Draw an array of numbers, of any size, as an image.

        Parameters
        ----------
        array : array of shape (rows, columns), or iterator of strips of it
            NumPy (any strides, byte order and type of real numbers; a memmap is read strip by strip and its pages are
            let go of), a `CompressedArray` or `ZarrArray`, numpy.ma, xarray, an `Aggregate`, or anything with ``shape``,
            ``dtype`` and slices (HDF5, Dask, sparse arrays), which is read chunk by chunk. Never copied as a whole.
        method : {"area", "nearest", "bilinear", "max", "min", "mode"}
            What a pixel shows of the items under it. ``"area"``: their mean, each weighed by the area that it has in the
            pixel. ``"max"``, ``"min"``: the greatest and the least of all that lie in it, also in part. ``"mode"``: the
            value that covers most of it, of several the least. ``"nearest"``: the item under its centre.
            ``"bilinear"``: between the four items around its centre, as OpenCV's INTER_LINEAR; for enlarging, since what
            lies between the centres of distant pixels is not looked at.
        extent : (left, right, bottom, top), optional
            The outer edges of the array in data units, as in Matplotlib's ``imshow``: ``left`` is that of column 0. By
            default those of the coordinates of xarray, otherwise ``(0, columns, 0, rows)``.
        origin : {"upper", "lower"}, optional
            Whether row 0 is at the top or at the bottom of the extent: at the top by default, except for an `Aggregate`.
            Coordinates of xarray say it themselves.
        shape : (rows, columns), optional
            Of all strips together, for an iterator; a strip is an array of some rows.
        threads : int, optional
            As many as there are cores, and as fit in the budget, by default. The result does not depend on it.
        memory : str or int, optional
            A budget for this call alone, as in `points`.
        progress : callable, optional
            Called with items read and None, some times a second.

        Returns
        -------
        Aggregate
            Shape (height, width), float64; row 0 is the lowest y. NaN where there is no item, or none that is not NaN.
            ``rows`` counts the items under the canvas, ``skipped`` those that are NaN (for ``"nearest"`` and
            ``"bilinear"``, which do not look at all of them, the pixels without a value).

        Raises
        ------
        UnsupportedData
            If the array is not an image of real numbers, or its coordinates are not evenly spaced.
        BadValue
            If an integer of 64 bits has no float64 equal to it and the method does not compute with it.
        BudgetExceeded
            Before anything is read.
        BadArgument

        Notes
        -----
        ``x_range`` and ``y_range`` of the canvas are a window: only what lies in it is read. NaN is left out of means,
        extremes and modes; sums and means are computed in float64. Costs one pass over the items under the canvas, near
        the speed of memory for ``"area"``, ``"max"`` and ``"min"``; memory for the result, twice that where a chunked
        array of floats is averaged, and a chunk or some megabytes for each thread.

        Examples
        --------
        >>> import drypoint as dp
        >>> import numpy as np
        >>> picture = np.arange(16, dtype="uint8").reshape(4, 4)
        >>> dp.Canvas(2, 2).raster(picture).cells.tolist()  # row 0 is the lowest
        [[10.5, 12.5], [2.5, 4.5]]
        >>> dp.Canvas(1, 1, x_range=(0, 2), y_range=(2, 4)).raster(picture, method="max").cells.tolist()
        [[5.0]]
        """
        from . import _raster

        grid = _raster.Grid(array, shape, extent, _origin(origin))
        return Aggregate(_raster.draw(self._begin(grid, method, threads, memory, progress), grid))

    def image(
        self,
        array: Any,
        *,
        method: _MethodName = "area",
        extent: tuple[float, float, float, float] | None = None,
        origin: Literal["upper", "lower"] | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Image:
        """Draw an array of colours, of any size.

        Parameters
        ----------
        array : array of uint8, shape (rows, columns), (rows, columns, 3) or (rows, columns, 4)
            Grey, red-green-blue, or these with opacity: NumPy, a memmap, a `CompressedArray` or `ZarrArray`, Pillow.
        method : {"area", "nearest", "bilinear", "max", "min", "mode"}
            As in `raster`, for each colour; means of half-transparent pixels are means of what they show. No mode of
            colours.
        extent, origin, threads, memory, progress
            As in `raster`.

        Returns
        -------
        Image
            Width by height pixels, row 0 at the top; transparent where the canvas reaches over the array.

        Raises
        ------
        UnsupportedData
            If the array is not one of bytes with 1, 3 or 4 bands.
        BudgetExceeded
            Before anything is read.
        BadArgument

        Notes
        -----
        Costs one pass over the items under the canvas; memory for 8 bytes of each band of each pixel, and for the result.

        Examples
        --------
        >>> import drypoint as dp
        >>> import numpy as np
        >>> photo = np.zeros((1200, 1600, 3), "uint8")
        >>> dp.Canvas(400, 300).image(photo)
        <Image 400 × 300, 480,000 bytes>
        """
        from . import _raster
        from ._image import Image

        grid = _raster.Grid(array, None, extent, _origin(origin))
        return Image(_raster.draw_colors(self._begin(grid, method, threads, memory, progress), grid))

    def trimesh(
        self,
        vertices: Any,
        triangles: Any,
        reduction: Reduction | str | None = None,
        *,
        x: str | None = None,
        y: str | None = None,
        corners: Sequence[str] | None = None,
        interpolate: bool = True,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Aggregate:
        """Draw triangles between vertices, and fold what each pixel is covered by.

        Parameters
        ----------
        vertices : anything `scan` takes
            Columns of x, y and perhaps values, one row for each vertex. They are kept: 16 bytes each, 24 with a value.
        triangles : anything `scan` takes
            Three columns of integers: the rows of the vertices, counted from 0, in either direction around the triangle.
            More columns may hold values and categories of the triangles. Never held as a whole. Also what
            `scipy.spatial.Delaunay` and `matplotlib.tri.Triangulation` give.
        reduction : Reduction, optional
            What is folded in each pixel, of a column of the vertices or, if they have none of this name, of the
            triangles. By default the mean of the vertices' third column, else of the triangles' fourth, else `count`. A
            name alone, such as ``"max"``, folds the same column.
        x, y : str, optional
            Columns of the vertices: those called ``x`` and ``y``, else the first two.
        corners : three str, optional
            Columns of the triangles: those called ``v0``, ``v1`` and ``v2``, else the first three.
        interpolate : bool, default True
            Whether a pixel gets a value between those of the corners, each weighed by how near it is; otherwise it gets
            their mean. Values of triangles are one for all their pixels.
        threads, memory, progress
            As in `Canvas.points`; the rows that are counted are triangles.

        Returns
        -------
        Aggregate
            Shape (height, width), or (height, width, categories). ``rows`` are triangles; ``skipped`` are those with a
            missing corner, a corner without a place, or all of them away from the canvas.

        Raises
        ------
        BadValue
            If a triangle names a vertex that is not there.
        MissingColumn, NotNumeric, EmptyData, BudgetExceeded, CorruptData

        Notes
        -----
        A pixel belongs to a triangle if its centre lies in it; of two triangles that share an edge one has the centres on
        it. A triangle within one pixel is drawn there. This is Datashader's rule, operation by operation; unlike there
        triangles may go around in different directions, and the ranges are those of all vertices. Costs one pass over
        each source.

        Examples
        --------
        >>> import drypoint as dp
        >>> import numpy as np
        >>> corners = np.array([[0.0, 0, 1], [4, 0, 1], [0, 4, 5]])
        >>> mesh = dp.Canvas(4, 4).trimesh(corners, np.array([[0, 1, 2]]))
        >>> mesh.cells[0, 0], mesh.cells[2, 0]
        (1.5, 3.5)
        """
        from ._meshes import Triangles

        mesh = Triangles(
            vertices, triangles, reduction, x, y, corners, interpolate, threads, memory, progress
        )
        try:
            return mesh.draw(mesh.axes(self))
        finally:
            mesh.close()

    def quadmesh(
        self,
        values: Any,
        x: Any = None,
        y: Any = None,
        reduction: Reduction | str = "mean",
        *,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Aggregate:
        """Draw an array whose rows and columns are not even, or not straight.

        Parameters
        ----------
        values : array of shape (rows, columns)
            As `Canvas.raster` takes it: NumPy, a memmap, a `CompressedArray` or `ZarrArray`, numpy.ma, xarray, or
            anything with ``shape``, ``dtype`` and slices. Never copied as a whole.
        x, y : array, or str, optional
            Of one dimension: the centres of columns and rows, or their edges, one more; rising or falling; numbers or
            ``numpy.datetime64``. Of two dimensions: x and y of each item's centre (of the shape of the values) or of all
            corners (one more along both axes). For xarray the names of coordinates, by default those of its
            dimensions. Otherwise items are counted.
        reduction : {"mean", "min", "max", "mode", "sum", "count", "any", "var", "std", "first", "last"} or Reduction
            What is folded of the items of each pixel. No mode of a bent grid.
        threads, memory, progress
            As in `Canvas.raster`.

        Returns
        -------
        Aggregate
            Shape (height, width); row 0 is the lowest y.

        Raises
        ------
        BadArgument
            If coordinates do not fit the values, or neither rise nor fall throughout.
        UnsupportedData, EmptyData, BudgetExceeded

        Notes
        -----
        Edges between centres lie half way, corners between those of four. An item covers the pixels between its edges,
        rounded down; a smaller one is in the pixel of its lower edge. Where even items are all larger than the pixels,
        each pixel shows the item under its centre. A bent item covers the pixels whose lower left corner lies in it.
        These are Datashader's rules. Unlike `Canvas.raster` no item is in a pixel by a part. Costs one pass over the
        values, and over the corners of a bent grid (two where a range is not given).

        Examples
        --------
        >>> import drypoint as dp
        >>> import numpy as np
        >>> dp.Canvas(4, 1).quadmesh(np.array([[1.0, 2.0]]), x=[0, 1, 4], y=[0, 1]).cells.tolist()
        [[1.0, 2.0, 2.0, 2.0]]
        """
        from ._meshes import Quads

        mesh = Quads(values, x, y, reduction, threads, memory, progress)
        return mesh.draw(mesh.axes(self))

    def histogram(
        self,
        source: Any,
        x: str,
        *,
        bins: Any = None,
        weights: str | None = None,
        by: str | None = None,
        density: bool = False,
        cumulative: bool = False,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Histogram:
        """Count the values of a column, one bin for each pixel of the width.

        Parameters
        ----------
        source : anything `scan` takes
            Rows; never held as a whole.
        x : str
            A column of numbers, dates or truth values.
        bins : int, rule or array, optional
            As in `histogram`; by default as many as the canvas is wide.
        weights, by, density, cumulative
            As in `histogram`.
        threads, memory, progress
            As in `Canvas.points`.

        Returns
        -------
        Histogram
            Unpacks to counts and edges.

        Raises
        ------
        MissingColumn, NotNumeric, EmptyData, BadArgument, BudgetExceeded, CorruptData

        Notes
        -----
        Range and scale are those of x of this canvas. A value lies between the same edges as its pixel does in
        `points`, but for rounding: here it is NumPy's.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> dp.Canvas(2, 1).histogram({"v": array("d", [0, 1, 4])}, "v").counts.tolist()
        [2, 1]
        """
        from ._histogram import binned

        return binned(
            scan(source),
            _arguments.text(x, "x"),
            self.width if bins is None else bins,
            None if _is_listed(bins) else self.x_range,
            weights,
            by,
            density,
            cumulative,
            self.x_scale,
            threads,
            memory,
            progress,
        )

    def heatmap(
        self,
        source: Any,
        x: str,
        y: str,
        reduction: Reduction | str | None = None,
        *,
        order: Literal["sorted", "appearance", "count"] = "sorted",
        categories: Sequence[str] = (),
        max_categories: int = 256,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Aggregate:
        """Fold the rows of each pair of categories.

        Parameters
        ----------
        source : anything `scan` takes
            Rows; never held as a whole.
        x, y : str
            Columns. Text and truth values are categories, one cell each; numbers and dates are put into as many bins
            as the canvas is wide or high.
        reduction : Reduction, optional
            What is folded in each cell; `count` by default.
        order : {"sorted", "appearance", "count"}
            In which categories stand from left to right and from top to bottom: by code points or value, as they come, or
            those with most rows first.
        categories : list of str
            Columns of integers that are categories too.
        max_categories : int, default 256
            Of each axis. Cells are held for all that may come, so that one pass is enough.
        threads, memory, progress
            As in `Canvas.points`.

        Returns
        -------
        Aggregate
            Shape (categories of y, categories of x), or bins instead. `Aggregate.x_categories` and
            `Aggregate.y_categories` name them; row 0 is the lowest, so that the first category of y is the last row.

        Raises
        ------
        MissingColumn, NotNumeric, EmptyData, BudgetExceeded, CorruptData
        BadArgument
            If there are more categories.

        Notes
        -----
        Costs one pass, and one before it for the range of numbers that have no statistics. Holds ``max_categories`` cells
        along each axis of categories.

        Examples
        --------
        >>> import drypoint as dp
        >>> rows = {"day": ["Mon", "Tue", "Mon"], "kind": ["a", "a", "b"]}
        >>> table = dp.Canvas().heatmap(rows, "day", "kind")
        >>> table.x_categories, table.y_categories, table.cells.tolist()
        (['Mon', 'Tue'], ['b', 'a'], [[1, 0], [1, 1]])
        """
        from ._heatmap import heatmap

        return heatmap(
            self, source, x, y, reduction, order, categories, max_categories, threads, memory, progress
        )

    def _begin(self, grid: Grid, method: str, threads: Any, memory: Any, progress: Any) -> _core.Raster:
        from . import _raster

        return _raster.begin(
            self,
            grid,
            _arguments.choice(method, "method", _raster.METHODS),
            _arguments.optional(_arguments.whole, threads, "threads", 1),
            ceiling(memory),
            _arguments.optional(_arguments.function, progress, "progress"),
        )


def _origin(origin: Any) -> str | None:
    from ._raster import ORIGINS

    return _arguments.optional(_arguments.choice, origin, "origin", ORIGINS)


def _is_listed(bins: Any) -> bool:
    """Whether bins are given by their edges."""
    return bins is not None and not isinstance(bins, int | str) and getattr(bins, "ndim", 1) > 0
