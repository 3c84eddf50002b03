"""An aggregate is an array that remembers its canvas."""

from __future__ import annotations

import os

from . import _arguments, _core
from ._card import Card, Facts, small
from ._closing import Closing
from ._errors import BadArgument, UnknownFormat
from ._parts import Parts
from ._shading import shading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from ._image import Image

__all__ = ["Aggregate", "aggregate_of"]


class Aggregate(Parts, Card, Closing):
    """An array of folded pixels; made by `Canvas.points`, `Canvas.line`, `Canvas.raster` and `Aggregate.load`.

    ``numpy.asarray(aggregate)`` is a view without a copy. ``a + b`` of two aggregates of the same canvas and
    reduction merges them by the reduction's own fold, so the parts of a data set can be drawn apart.
    With anything else, arithmetic is NumPy's and gives plain arrays.

    Attributes
    ----------
    shape : tuple of int
        (height, width), then a dimension for the categories of `by`, then one for several values. Row 0 is the lowest y.
    dtype : str
        ``"uint32"``, ``"uint64"``, ``"int64"``, ``"bool"`` or ``"float64"``.
    x_range, y_range : tuple of float
        The ranges drawn; instants in the unit of their column since 1970-01-01 UTC.
    categories : list of str
        Those of `by`, in the order of their dimension, or of `mode`, in which cells are places; sorted. Empty for others.
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

    def _in_tiles(self) -> _core.TiledAggregate:
        return self._inner.tiled()

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._inner.shape)

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
    def x_categories(self) -> list[str]:
        """The categories along x, one for each column of cells; empty where x has numbers."""
        return self._inner.axis_categories("x")

    @property
    def y_categories(self) -> list[str]:
        """The categories along y, the lowest first; empty where y has numbers."""
        return self._inner.axis_categories("y")

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

    def __dlpack__(self, **options: Any) -> Any:
        """The cells for other array libraries, without a copy where they take what is read-only."""
        return self.__array__().__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.__array__().__dlpack_device__()

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        return self.__array__()[key]

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Aggregate):
            return self._merged(other)
        return self.__array__() + other

    def _merged(self, other: Aggregate) -> Aggregate:
        if type(other) is not Aggregate:
            return other._merged(self)
        return Aggregate(self._inner.merge(other._inner))

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
            Dimensions ``(y, x)``, then ``category`` for `by` and ``n`` for several values; the cells are not copied. The
            categories of `mode` are an attribute. Needs xarray.
        """
        try:
            import xarray
        except ImportError:
            raise ImportError("to_xarray needs the package xarray: pip install xarray") from None
        coords: dict[str, Any] = {"y": self._inner.centres("y"), "x": self._inner.centres("x")}
        dims = ["y", "x"]
        attrs: dict[str, Any] = {
            "x_range": self.x_range,
            "y_range": self.y_range,
            "skipped": self.skipped,
            "rows": self.rows,
        }
        depth = self._inner.depth
        if len(self.shape) > 2 + (depth is not None):
            dims.append("category")
            coords["category"] = self.categories
        elif self.categories:
            attrs["categories"] = self.categories
        if depth is not None:
            dims.append("n")
            coords["n"] = range(depth)
        return xarray.DataArray(self.__array__(), coords=coords, dims=dims, name=self.reduction, attrs=attrs)

    def shade(
        self,
        cmap: Any = None,
        how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
        *,
        span: tuple[float, float] | None = None,
        background: Any = None,
        spread: int | None = 0,
        min_alpha: int = 40,
        alpha: int = 255,
        mask: Any = None,
        rescale_discrete_levels: bool = True,
    ) -> Image:
        """Give every pixel its colour.

        Parameters
        ----------
        cmap : str, list, Colormap or dict, optional
            A colour map by name (``"viridis"``, ``"fire_r"``, ...), one colour for all (``"crimson"``), colours to blend
            between (text, or numbers from 0 to 1), or a Colormap of Matplotlib. For `by`: one colour for each category,
            a map's name, or a dict of category to colour; categories without one get one of the default colours.
        how : {"eq_hist", "linear", "log", "cbrt"}, optional
            How values are spread over the colours: by default each colour is given to as many pixels as any other.
        span : (low, high), optional
            Values at the ends of the colours; others are clipped. The least and greatest value by default.
        background : colour, optional
            A colour for pixels in which nothing fell; transparent by default.
        spread : int or None, default 0
            Let every pixel cover this many around it, at most 100, for sparse data. None: as far as it needs to be seen.
        min_alpha : int, default 40
            For `by`: the opacity, from 0 to 255, of the emptiest pixel.
        alpha : int, default 255
            The opacity of the picture, from 0 to 255, before the background is laid under it.
        mask : array of truth values, shape (height, width), optional
            Where it is false the pixel is empty, and does not count for how values are spread over the colours.
        rescale_discrete_levels : bool, default True
            Where ``"eq_hist"`` meets fewer than a hundred distinct values, begin higher in the colours, so that single
            points stay visible.

        Returns
        -------
        Image
            One byte a pixel, or four for `by`.

        Raises
        ------
        BadArgument
            Of a colour, a map or a way that does not exist, or a mask of another shape.
        BudgetExceeded
            If the picture does not fit.

        Notes
        -----
        ``"eq_hist"`` ranks as Datashader's ``shade`` does: exactly where counts span fewer than 65,536 values. Colours
        are those of the map at 200 places.
        """
        from ._image import Image

        told = shading(
            cmap,
            how,
            span,
            spread=spread,
            background=background,
            min_alpha=min_alpha,
            alpha=alpha,
            rescale=rescale_discrete_levels,
        )
        return Image(self._inner.shade(told, None if mask is None else self._masked(mask)))

    def _masked(self, mask: Any) -> bytes:
        """A byte for each cell, 0 where it is hidden."""
        import numpy

        found = numpy.asarray(mask)
        if found.dtype.kind != "b" or found.shape != self.shape[:2]:
            raise BadArgument(
                f"mask must be an array of truth values of shape {self.shape[:2]}, not {found.dtype} of {found.shape}"
            )
        return found.tobytes()

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
        self._save(name)

    def _save(self, name: str) -> None:
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
            Equal to the one saved, and merging like it; a `TiledAggregate` if that was one.
        """
        return aggregate_of(_core.load_aggregate(_arguments.path(path)))

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

    def _facts(self) -> Facts:
        from ._readable import Readable

        categories = f"{len(self.categories)}: {', '.join(self.categories[:8])}" if self.categories else None
        facts = {
            "shape": " × ".join(f"{length:,}" for length in self.shape),
            "dtype": self.dtype,
            "memory": Readable(self.nbytes),
            **self._more_facts(),
            "x_range": self.x_range,
            "y_range": self.y_range,
            "rows": f"{self.rows:,}, skipped {self.skipped:,}",
            "categories": categories,
        }
        return Facts(f"{type(self).__name__} {self.reduction}", facts, small(self), "the cells, shaded")

    def _more_facts(self) -> dict[str, object]:
        return {}


def aggregate_of(
    core: _core.Aggregate | _core.TiledAggregate | list[tuple[str, _core.Aggregate]],
) -> Aggregate:
    """The aggregate of what the core folded, tiled or not; those of a summary together."""
    if isinstance(core, _core.Aggregate):
        return Aggregate(core)
    if isinstance(core, list):
        from ._summary import Summary

        # A mapping of aggregates, which callers asked for by their reduction.
        return Summary({name: Aggregate(part) for name, part in core})  # type: ignore[return-value]
    from ._tiled import TiledAggregate

    return TiledAggregate(core)


def _plain(value: Any) -> Any:
    return value.__array__() if isinstance(value, Aggregate) else value
