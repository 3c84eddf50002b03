"""Aggregates that are counted in tiles: parts and coarser ones of them are arrays, they themselves are too large."""

from __future__ import annotations

from operator import index

from . import _core
from ._aggregate import Aggregate
from ._errors import BadArgument, BudgetExceeded, UnsupportedData
from ._shading import shading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from ._image import Image

__all__ = ["TiledAggregate"]


class TiledAggregate(Aggregate):
    """Counts of a canvas far larger than memory, of which little is touched; made by `Canvas.points`.

    It holds tiles of 256 x 256 pixels, those in which something fell, each in the form that takes least: where points
    fell, 2 bytes each, while they are few; then counters of one byte, and of more where a count needs them. Under
    pressure tiles are packed, and then moved to disk; reading them does not bring them back.

    ``aggregate[y0:y1, x0:x1]``, `zoom` and `level` give parts and coarser versions; ``a + b`` merges two of one canvas
    and reduction. `save`, `Aggregate.load` and `shade` are those of any aggregate; ``numpy.asarray`` makes all cells, if
    the budget holds them.

    Attributes
    ----------
    shape : tuple of int
        (height, width). Row 0 is the lowest y.
    dtype : str
        Of the cells where they are made: ``"uint32"``, ``"uint64"`` or ``"bool"``.
    x_range, y_range : tuple of float
        The ranges drawn; instants in the unit of their column since 1970-01-01 UTC.
    rows, skipped : int
        Rows seen; rows without a pixel because x or y is missing, not finite or out of range.
    tiles : int
        Tiles in which something fell.
    nbytes : int
        Bytes held, in memory and on disk.
    nbytes_spilled : int
        Bytes of those that were moved to disk.
    nbytes_dense : int
        Bytes that all cells would take.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> points = {"x": array("d", [0.1, 0.1, 0.9]), "y": array("d", [0.5, 0.5, 0.2])}
    >>> counts = dp.Canvas(2**20, 2**20, x_range=(0, 1), y_range=(0, 1)).points(points, "x", "y")
    >>> counts.tiles
    2
    >>> counts.zoom(width=4, height=4).cells.tolist()
    [[0, 0, 0, 1], [0, 0, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]]
    """

    def __init__(self, core: _core.TiledAggregate) -> None:
        if not isinstance(core, _core.TiledAggregate):
            raise BadArgument("a TiledAggregate is made by Canvas.points() or Aggregate.load()")
        self._tiles: _core.TiledAggregate | None = core

    @property
    def _counts(self) -> _core.TiledAggregate:
        self._check_open()
        assert self._tiles is not None
        return self._tiles

    @property
    def _inner(self) -> _core.Aggregate:
        """All cells, made anew each time."""
        height, width = self.shape
        return self._cropped(0, width, 0, height)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._counts.shape

    @property
    def dtype(self) -> str:
        return self._counts.dtype

    @property
    def x_range(self) -> tuple[float, float]:
        return self._counts.x_range

    @property
    def y_range(self) -> tuple[float, float]:
        return self._counts.y_range

    @property
    def categories(self) -> list[str]:
        return []

    @property
    def rows(self) -> int:
        return self._counts.rows

    @property
    def skipped(self) -> int:
        return self._counts.skipped

    @property
    def nbytes(self) -> int:
        return self._counts.nbytes

    @property
    def nbytes_spilled(self) -> int:
        return self._counts.nbytes_spilled

    @property
    def nbytes_dense(self) -> int:
        return self._counts.nbytes_dense

    @property
    def tiles(self) -> int:
        return self._counts.tiles

    @property
    def reduction(self) -> str:
        """The fold, as it is written: ``count()``."""
        return self._counts.reduction

    def _cropped(self, left: int, right: int, low: int, high: int) -> _core.Aggregate:
        try:
            return self._counts.crop(left, right, low, high)
        except BudgetExceeded as refused:
            message = (
                f"the cells of {right - left} x {high - low} pixels do not fit in memory: {refused}. Take a smaller "
                "part, aggregate[y0:y1, x0:x1], or a coarser one by aggregate.zoom() or aggregate.level()"
            )
            raise BudgetExceeded(message, **vars(refused)) from None

    def __getitem__(self, key: Any) -> Any:
        import numpy

        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) > 2 or not all(isinstance(part, slice) or _is_index(part) for part in keys):
            return self.__array__()[key]
        boxes, rests = [], []
        for part, length in zip((*keys, slice(None))[:2], self.shape, strict=True):
            box, rest = _box(part, length)
            boxes.append(box)
            rests.append(rest)
        (low, high), (left, right) = boxes
        if low == high or left == right:
            return numpy.empty((high - low, right - left), self.dtype)[tuple(rests)]
        return numpy.asarray(self._cropped(left, right, low, high))[tuple(rests)]

    def _merged(self, other: Aggregate) -> Aggregate:
        if not isinstance(other, TiledAggregate):
            raise BadArgument(
                "a tiled aggregate merges with tiled ones; draw both with Canvas(..., tiled=True) or both without"
            )
        return TiledAggregate(self._counts.merge(other._counts))

    def _in_tiles(self) -> _core.TiledAggregate:
        return self._counts

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
        """Give every pixel its colour, as `Aggregate.shade` does.

        Parameters
        ----------
        cmap, how, span, background, spread, min_alpha, alpha, rescale_discrete_levels
            As of `Aggregate.shade`.
        mask : None
            For aggregates that are arrays: shade a part, a `level` or a `zoom` with one.

        Returns
        -------
        Image
            One byte a pixel, of all pixels.

        Raises
        ------
        UnsupportedData
            With a mask.
        BudgetExceeded
            If the picture does not fit; shade a part, a `level` or a `zoom` of it then.
        """
        from ._image import Image

        if mask is not None:
            raise UnsupportedData(
                "mask is for an aggregate that is an array; shade a part, a level() or a zoom() of this one with it"
            )
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
        height, width = self.shape
        try:
            if width * height >= 2**32:
                raise BudgetExceeded("a picture has fewer than 2**32 pixels", "picture", width * height)
            return Image(self._counts.shade(told))
        except BudgetExceeded as refused:
            message = (
                f"a picture of {width} x {height} pixels does not fit in memory: {refused}. Shade "
                "aggregate.zoom() or aggregate.level() instead"
            )
            raise BudgetExceeded(message, **vars(refused)) from None

    def _save(self, name: str) -> None:
        self._counts.save(name)

    def close(self) -> None:
        """Let go of the tiles at once, in memory and on disk. Calling it again does nothing."""
        self._tiles = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._tiles is None

    def __repr__(self) -> str:
        if self.closed:
            return "<TiledAggregate closed>"
        size = " × ".join(str(n) for n in self.shape)
        return (
            f"<TiledAggregate {self.reduction}: {size} {self.dtype}, {self.nbytes:,} bytes in {self.tiles:,} tiles, "
            f"{self.rows:,} rows>"
        )

    def _repr_png_(self) -> bytes:
        return self.zoom().shade()._repr_png_()


def _is_index(part: Any) -> bool:
    return hasattr(part, "__index__") and getattr(part, "shape", ()) == () and not isinstance(part, bool)


def _box(part: Any, length: int) -> tuple[tuple[int, int], Any]:
    """The rows (or columns) that a key needs, and the key among them."""
    if isinstance(part, slice):
        taken = range(*part.indices(length))
        if not taken:
            return (0, 0), slice(0, 0)
        low, high = min(taken[0], taken[-1]), max(taken[0], taken[-1]) + 1
        return (low, high), slice(None, None, taken.step)
    at = index(part)
    if not -length <= at < length:
        raise IndexError(f"pixel {at} of {length}")
    return (at % length, at % length + 1), 0
