"""A canvas folds rows into an aggregate; an aggregate is an array that remembers its canvas."""

from __future__ import annotations

import os
import sys

from . import _arguments, _core
from ._closing import Closing
from ._errors import BadArgument, UnknownFormat
from ._reductions import Reduction, as_reduction
from ._streams import Source, fine_instants, scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from ._image import Image

    _Range = tuple[Any, Any]
    _ScaleName = Literal["linear", "log"]

__all__ = ["Aggregate", "Canvas"]

_SCALES = ("linear", "log")
HOWS = ("eq_hist", "linear", "log", "cbrt")
#: A pixel that covers more than this around it hides the data.
MOST_SPREAD = 100


class Canvas:
    """A grid of pixels over two ranges of data.

    Parameters
    ----------
    width, height : int
        Pixels, from 1 to 2**31 - 2 in all.
    x_range, y_range : (start, end), optional
        In data units, ``start < end``; also dates (`datetime.datetime`, ``numpy.datetime64``, ISO text) for time
        columns. Found from the data by default.
    x_scale, y_scale : {"linear", "log"}
        How values become positions.

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
    ) -> None:
        self.width = _arguments.whole(width, "width", 1)
        self.height = _arguments.whole(height, "height", 1)
        self.x_range = x_range
        self.y_range = y_range
        self.x_scale = _arguments.choice(x_scale, "x_scale", _SCALES)
        self.y_scale = _arguments.choice(y_scale, "y_scale", _SCALES)

    def __repr__(self) -> str:
        return (
            f"Canvas({self.width}, {self.height}, x_range={self.x_range}, y_range={self.y_range}, "
            f"x_scale={self.x_scale!r}, y_scale={self.y_scale!r})"
        )

    def points(
        self,
        source: Any,
        x: str,
        y: str,
        reduction: Reduction | str | None = None,
        *,
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
            Shape (height, width), or (height, width, categories) for `by`. Row 0 is the lowest y.

        Raises
        ------
        MissingColumn, NotNumeric, EmptyData, BudgetExceeded, CorruptData, BadValue
            Nothing is changed then.

        Notes
        -----
        Costs one pass; another one before it where a range is not given and the source has no statistics.
        """
        rows = scan(source)
        begun = job(self, x, y, reduction, threads=threads, memory=memory, exact=exact, progress=progress)
        return Aggregate(fold(rows, begun))

    def line(
        self,
        source: Any,
        x: str,
        y: str,
        reduction: Reduction | str | None = None,
        *,
        group: str | None = None,
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
        x, y : str
            Columns of numbers, dates or truth values.
        reduction : Reduction, optional
            What is folded in each pixel; `count` by default: how often a line passes. A segment brings the values of
            the row that it starts with.
        group : str, optional
            A column of text, integers or truth values: rows of one value are one line, also where rows of others
            stand between them. Rows without a value belong to none. Without it, all rows are one line.
        threads, memory, progress
            As in `Canvas.points`.

        Returns
        -------
        Aggregate
            As of `Canvas.points`; rows outside the ranges count as skipped although their segments may be seen.

        Raises
        ------
        MissingColumn, NotNumeric, EmptyData, BudgetExceeded, CorruptData, BadValue
            Nothing is changed then.

        Notes
        -----
        Cell by cell what Datashader's ``Canvas.line`` gives with ``line_width=0``: a vertex shared by two segments is
        counted once, a segment within one pixel counts once there. Costs one pass, and one before it where a range is
        not given and the source has no statistics; a stream that can be read only once is then kept on disk meanwhile,
        compressed. With `group`, memory grows with the number of groups: some 300 bytes each.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> corner = {"x": array("d", [0.5, 0.5, 2.5]), "y": array("d", [2.5, 0.5, 0.5])}
        >>> dp.Canvas(3, 3, x_range=(0, 3), y_range=(0, 3)).line(corner, "x", "y").cells.tolist()
        [[1, 1, 1], [1, 0, 0], [1, 0, 0]]
        """
        rows = scan(source)
        begun = job(
            self,
            x,
            y,
            reduction,
            threads=threads,
            memory=memory,
            progress=progress,
            mark="line",
            group=group,
        )
        return Aggregate(fold(rows, begun))


def job(
    canvas: Canvas,
    x: str,
    y: str,
    reduction: Reduction | str | None,
    *,
    threads: int | None = None,
    memory: str | int | None = None,
    exact: bool = False,
    progress: Callable[[int, int | None], object] | None = None,
    page: _core.PageSpec | None = None,
    mark: Literal["points", "line"] = "points",
    group: str | None = None,
) -> _core.Job:
    """A drawing that is described but not begun; with a page, of the size of its plot area."""
    return _core.Job(
        _arguments.text(x, "x"),
        _arguments.text(y, "y"),
        as_reduction(reduction)._spec(),
        canvas.width,
        canvas.height,
        axis_range(canvas.x_range, "x_range"),
        axis_range(canvas.y_range, "y_range"),
        canvas.x_scale,
        canvas.y_scale,
        _arguments.optional(_arguments.whole, threads, "threads", 1),
        _ceiling(memory),
        _arguments.flag(exact, "exact"),
        _arguments.optional(_arguments.function, progress, "progress"),
        page,
        mark,
        _arguments.optional(_arguments.text, group, "group"),
    )


def _ceiling(memory: str | int | None) -> str | None:
    """A budget as it is given; without one, what the budgets of the scopes around leave, if that is less than the process
    has."""
    if memory is not None:
        return _arguments.budget(memory, "memory")
    scopes = sys.modules.get("drypoint._lifetime.scope")
    room = None if scopes is None else scopes.room()
    if room is None:
        return None
    pool = _core.memory()
    return str(max(1, room)) if room < pool["budget"] - pool["reserved"] else None


def fold(rows: Source, begun: _core.Job) -> _core.Aggregate:
    """Fold a source of any kind into a core aggregate."""
    try:
        if not rows.one_shot:
            return begun.draw(rows._head())
        for part in rows._parts():
            begun.consume(part)
            del part  # or its arrays would be held while the next ones are made
        return begun.finish()
    finally:
        begun.close()


def axis_range(value: Any, name: str) -> tuple[float | str, float | str] | None:
    """Numbers as floats and instants as ISO text, which the core reads in the unit of the column."""
    if value is None:
        return None
    try:
        start, end = value
    except (TypeError, ValueError):
        raise BadArgument(f"{name} must be (start, end), not {value!r}") from None
    return _bound(start, name), _bound(end, name)


def _bound(value: Any, name: str) -> float | str:
    if isinstance(value, str):
        return _arguments.text(value, name)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if getattr(getattr(value, "dtype", None), "kind", None) == "M":
        return str(fine_instants(value))
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise BadArgument(f"{name}: {value!r} is neither a number nor a date") from None


class Aggregate(Closing):
    """An array of folded pixels; made by `Canvas.points` and `Aggregate.load`.

    ``numpy.asarray(aggregate)`` is a view without a copy. ``a + b`` of two aggregates of the same canvas and
    reduction merges them by the reduction's own fold, so the parts of a data set can be drawn apart.
    With anything else, arithmetic is NumPy's and gives plain arrays.

    Attributes
    ----------
    shape : tuple of int
        (height, width), or (height, width, categories). Row 0 is the lowest y.
    dtype : str
        ``"uint32"``, ``"uint64"``, ``"bool"`` or ``"float64"``.
    x_range, y_range : tuple of float
        The ranges drawn; instants in the unit of their column since 1970-01-01 UTC.
    categories : list of str
        The last dimension, sorted; empty without `by`.
    rows, skipped : int
        Rows seen; rows without a pixel because x or y is missing, not finite or out of range.
    nbytes : int
        Bytes of the finished cells.
    """

    def __init__(self, core: _core.Aggregate) -> None:
        if not isinstance(core, _core.Aggregate):
            raise BadArgument("an Aggregate is made by Canvas.points() or Aggregate.load()")
        self._held: _core.Aggregate | None = core

    @property
    def _inner(self) -> _core.Aggregate:
        self._check_open()
        assert self._held is not None
        return self._held

    @property
    def shape(self) -> tuple[int, ...]:
        return self._inner.shape

    @property
    def dtype(self) -> str:
        return self._inner.dtype

    @property
    def x_range(self) -> tuple[float, float]:
        return self._inner.x_range

    @property
    def y_range(self) -> tuple[float, float]:
        return self._inner.y_range

    @property
    def categories(self) -> list[str]:
        return self._inner.categories

    @property
    def rows(self) -> int:
        return self._inner.rows

    @property
    def skipped(self) -> int:
        return self._inner.skipped

    @property
    def nbytes(self) -> int:
        return self._inner.nbytes

    @property
    def reduction(self) -> str:
        """The fold, as it is written: ``mean('fare')``."""
        return self._inner.reduction

    @property
    def cells(self) -> memoryview:
        """The cells as a read-only view, for programs without NumPy."""
        buffer: Any = self._inner  # which a type can say from Python 3.12 on (PEP 688)
        return memoryview(buffer)

    def __buffer__(self, flags: int) -> memoryview:  # Python 3.12 asks for it (PEP 688)
        return self.cells

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        import numpy

        view = numpy.asarray(self._inner)
        if dtype is not None and numpy.dtype(dtype) != view.dtype:
            if copy is False:
                raise ValueError(f"a view as {dtype} of {self.dtype} cells is not possible without a copy")
            return view.astype(dtype)
        return view.copy() if copy else view

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        return self.__array__()[key]

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Aggregate):
            return Aggregate(self._inner.merge(other._inner))
        return self.__array__() + other

    def __radd__(self, other: Any) -> Any:
        return self if isinstance(other, int) and other == 0 else other + self.__array__()

    def __sub__(self, other: Any) -> Any:
        return self.__array__() - _plain(other)

    def __rsub__(self, other: Any) -> Any:
        return other - self.__array__()

    def __mul__(self, other: Any) -> Any:
        return self.__array__() * _plain(other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self.__array__() / _plain(other)

    def __rtruediv__(self, other: Any) -> Any:
        return other / self.__array__()

    def to_xarray(self) -> Any:
        """The cells with coordinates of the pixel centres.

        Returns
        -------
        xarray.DataArray
            Dimensions ``(y, x)`` or ``(y, x, category)``; the cells are not copied. Needs xarray.
        """
        try:
            import xarray
        except ImportError:
            raise ImportError("to_xarray needs the package xarray: pip install xarray") from None
        coords: dict[str, Any] = {"y": self._inner.centres("y"), "x": self._inner.centres("x")}
        dims = ["y", "x"]
        if self.categories:
            dims.append("category")
            coords["category"] = self.categories
        attrs = {"x_range": self.x_range, "y_range": self.y_range, "skipped": self.skipped, "rows": self.rows}
        return xarray.DataArray(self.__array__(), coords=coords, dims=dims, name=self.reduction, attrs=attrs)

    def shade(
        self,
        cmap: str | list[str] | None = None,
        how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
        *,
        span: tuple[float, float] | None = None,
        background: str | None = None,
        spread: int = 0,
        min_alpha: int = 40,
    ) -> Image:
        """Give every pixel its colour.

        Parameters
        ----------
        cmap : str or list of str, optional
            A colour map by name (``"viridis"``, ``"fire_r"``, ...) or colours to blend between; for `by`, one colour
            for each category or a palette's name.
        how : {"eq_hist", "linear", "log", "cbrt"}, optional
            How values are spread over the colours: by default each colour is given to as many pixels as any other.
        span : (low, high), optional
            Values at the ends of the colours; others are clipped. The least and greatest value by default.
        background : str, optional
            A colour for pixels in which nothing fell; transparent by default.
        spread : int, default 0
            Let every pixel cover this many around it, at most 100, for sparse data.
        min_alpha : int, default 40
            For `by`: the opacity, from 0 to 255, of the emptiest pixel.

        Returns
        -------
        Image
            One byte a pixel, or four for `by`.
        """
        from ._image import Image

        return Image(
            self._inner.shade(
                _arguments.optional(_arguments.colors, cmap, "cmap"),
                _arguments.optional(_arguments.choice, how, "how", HOWS),
                _arguments.optional(_arguments.span, span, "span"),
                _arguments.optional(_arguments.text, background, "background"),
                _arguments.whole(spread, "spread", 0, MOST_SPREAD),
                _arguments.whole(min_alpha, "min_alpha", 0, 255),
            )
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write cells, ranges and what merging needs to a file that NumPy can open too.

        Parameters
        ----------
        path : str or path
            Ends in ``.npz``. The file appears whole or not at all.
        """
        name = _arguments.path(path)
        if not name.endswith(".npz"):
            raise UnknownFormat(f"{name}: an aggregate is saved in a file that ends in .npz")
        self._inner.save(name)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Aggregate:
        """Read what `save` wrote.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        Aggregate
            Equal to the one saved, and merging like it.
        """
        return Aggregate(_core.load_aggregate(_arguments.path(path)))

    def close(self) -> None:
        """Let go of the cells at once, unless an array still shows them. Calling it again does nothing."""
        self._held = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._held is None

    def __repr__(self) -> str:
        if self.closed:
            return "<Aggregate closed>"
        size = " × ".join(str(n) for n in self.shape)
        return f"<Aggregate {self.reduction}: {size} {self.dtype}, {self.nbytes:,} bytes, {self.rows:,} rows>"

    def _repr_png_(self) -> bytes:
        return self.shade()._repr_png_()


def _plain(value: Any) -> Any:
    return value.__array__() if isinstance(value, Aggregate) else value
