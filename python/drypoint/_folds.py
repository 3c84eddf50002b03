"""Reductions that keep rows of a pixel, look things up in them, or are several at once."""

from __future__ import annotations

from . import _arguments
from ._categories import Categories
from ._errors import BadArgument
from ._reductions import Reduction, as_reduction, by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._core import _ReductionSpec

__all__ = ["count_cat", "first_n", "last_n", "max_n", "min_n", "mode", "summary", "where"]

_SELECTORS = ("min", "max", "first", "last", "min_n", "max_n", "first_n", "last_n")
_MOST = 1024


class Computed(Reduction):
    """A reduction whose categories are computed."""

    __slots__ = ("categories",)

    def __init__(self, name: str, categories: Categories, inner: Reduction | None = None) -> None:
        super().__init__(name, categories.column, inner)
        self.categories = categories

    def _with(self, inner: Reduction) -> Reduction:
        return self if self.inner is None else Computed(self.name, self.categories, inner)

    def _words(self) -> list[str]:
        return [repr(self.categories), *([] if self.inner is None else [repr(self.inner)])]

    def _spec(self) -> _ReductionSpec:
        return (self.name, self.categories._given, None if self.inner is None else self.inner._spec())


class Ranked(Reduction):
    """So many values of a pixel."""

    __slots__ = ("n",)

    def __init__(self, name: str, column: str, n: int) -> None:
        super().__init__(name, _arguments.text(column, f"{name}: column"))
        self.n = _arguments.whole(n, f"{name}: n", 1, _MOST)

    def _words(self) -> list[str]:
        return [repr(self.column), repr(self.n)]

    def _several(self) -> bool:
        return True

    def _spec(self) -> _ReductionSpec:
        return (self.name, self.column, self.n)


class Where(Reduction):
    """What selected rows have in another column."""

    __slots__ = ()

    def _words(self) -> list[str]:
        return [repr(self.inner), *([] if self.column is None else [repr(self.column)])]


class Named(Reduction):
    """Several reductions by name."""

    __slots__ = ("parts",)

    def __init__(self, parts: dict[str, Reduction]) -> None:
        super().__init__("summary", None)
        self.parts = parts

    def _words(self) -> list[str]:
        return [f"{name}={part!r}" for name, part in self.parts.items()]

    def _several(self) -> bool:
        return True

    def _spec(self) -> _ReductionSpec:
        return (self.name, None, tuple((name, part._spec()) for name, part in self.parts.items()))


def max_n(column: str, n: int = 1) -> Reduction:
    """The `n` greatest values of `column`, the greatest first.

    Parameters
    ----------
    column : str
        A column of numbers.
    n : int, default 1
        Values of a pixel, at most 1024.

    Returns
    -------
    Reduction
        Folds to float64 of shape (height, width, n), NaN where there are fewer. ``8 * n`` bytes a pixel and thread.

    Notes
    -----
    A value found twice is there twice. Equals Datashader's ``max_n``. It cannot be shaded, `max` can.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> rows = {"x": array("d", [0, 0, 0]), "y": array("d", [0, 0, 0]), "v": array("d", [5, 7, 6])}
    >>> dp.Canvas(1, 1, x_range=(-1, 1), y_range=(-1, 1)).points(rows, "x", "y", dp.max_n("v", 2)).cells.tolist()
    [[[7.0, 6.0]]]
    """
    return Ranked("max_n", column, n)


def min_n(column: str, n: int = 1) -> Reduction:
    """The `n` least values of `column`, the least first.

    Parameters
    ----------
    column : str
        A column of numbers.
    n : int, default 1
        Values of a pixel, at most 1024.

    Returns
    -------
    Reduction
        As of `max_n`.
    """
    return Ranked("min_n", column, n)


def first_n(column: str, n: int = 1) -> Reduction:
    """The values of `column` of the first `n` rows that have one, in the order of the source.

    Parameters
    ----------
    column : str
        A column of numbers.
    n : int, default 1
        Values of a pixel, at most 1024.

    Returns
    -------
    Reduction
        Folds to float64 of shape (height, width, n), NaN where there are fewer. ``16 * n`` bytes a pixel and thread.
    """
    return Ranked("first_n", column, n)


def last_n(column: str, n: int = 1) -> Reduction:
    """The values of `column` of the last `n` rows that have one, the last first.

    Parameters
    ----------
    column : str
        A column of numbers.
    n : int, default 1
        Values of a pixel, at most 1024.

    Returns
    -------
    Reduction
        As of `first_n`.
    """
    return Ranked("last_n", column, n)


def where(selector: Reduction, column: str | None = None) -> Reduction:
    """What the row that `selector` selects has in another column.

    Parameters
    ----------
    selector : Reduction
        `min`, `max`, `first` or `last` of a column; or `min_n`, `max_n`, `first_n`, `last_n` for several rows.
    column : str, optional
        A column of numbers. Without it, the number of the row in the source, from 0.

    Returns
    -------
    Reduction
        Folds to float64, NaN where nothing fell or the selected row has no value in `column`; without a column to int64,
        -1 where nothing fell. The shape is that of `selector`. 24 bytes a pixel, thread and row; 16 without a column.

    Notes
    -----
    Of rows with equal values the first one in the order of the source is selected, on any number of threads. A line's
    segment brings the row that it starts with. Rows are numbered through all files and parts of a source; those of two
    aggregates that are merged by ``+`` each count from their own beginning. Equals Datashader's ``where``, which refuses
    a selector and a lookup of one column; here they may be one.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> rows = {"x": array("d", [0, 0]), "y": array("d", [0, 0]), "v": array("d", [5, 7]), "w": array("d", [1, 2])}
    >>> canvas = dp.Canvas(1, 1, x_range=(-1, 1), y_range=(-1, 1))
    >>> canvas.points(rows, "x", "y", dp.where(dp.max("v"), "w")).cells.tolist()
    [[2.0]]
    >>> canvas.points(rows, "x", "y", dp.where(dp.min("v"))).cells.tolist()
    [[0]]
    """
    if not isinstance(selector, Reduction) or selector.name not in _SELECTORS:
        raise BadArgument(f"where: a row is selected by one of {', '.join(_SELECTORS)}, not {selector!r}")
    return Where("where", _arguments.optional(_arguments.text, column, "where: column"), selector)


def mode(column: str | Categories) -> Reduction:
    """The most frequent value of `column`, as its place among all of them.

    Parameters
    ----------
    column : str or Categories
        Text, truth values or numbers, at most 256 different ones; or `category_binning`, `category_modulo`.

    Returns
    -------
    Reduction
        Folds to int64: a place in ``aggregate.categories``, which are sorted; -1 where nothing fell. Of equally frequent
        values the first one. 5 bytes a pixel and different value, and 4 for merging, which the aggregate keeps.

    Notes
    -----
    Every value is counted in every pixel, so the result is exact, and so is that of merging. A column of more than 256
    different values is refused as soon as they are met: `category_binning` makes fewer of them. Datashader has ``mode``
    for rasters only, as `Canvas.raster` has. Shaded, a pixel gets its category's colour.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> rows = {"x": array("d", [0, 0, 0]), "y": array("d", [0, 0, 0]), "kind": ["oak", "ash", "oak"]}
    >>> found = dp.Canvas(1, 1, x_range=(-1, 1), y_range=(-1, 1)).points(rows, "x", "y", dp.mode("kind"))
    >>> found.categories[found.cells[0, 0]]
    'oak'
    """
    if isinstance(column, str):
        return Reduction("mode", _arguments.text(column, "mode: column"))
    return Computed("mode", categories_of(column, "mode: column"))


def count_cat(column: str | Categories) -> Reduction:
    """Count points of each category: ``by(column, count())`` by Datashader's older name.

    Parameters
    ----------
    column : str or Categories
        As of `by`.

    Returns
    -------
    Reduction
        Folds to uint32 of shape (height, width, categories).

    Examples
    --------
    >>> import drypoint as dp
    >>> dp.count_cat("vendor") == dp.by("vendor")
    True
    """
    return by(column)


def summary(**reductions: Reduction | str) -> Reduction:
    """Several reductions of the same rows in one pass.

    Parameters
    ----------
    **reductions : Reduction
        By the names that their aggregates will have.

    Returns
    -------
    Reduction
        Folds to a `Summary`, in which each name is an aggregate.

    Notes
    -----
    Takes the memory of all its reductions together, and reads the source once. Any reductions go together; Datashader
    wants one `n` for all that keep several values.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> rows = {"x": array("d", [0, 0]), "y": array("d", [0, 0]), "fare": array("d", [4, 8])}
    >>> canvas = dp.Canvas(1, 1, x_range=(-1, 1), y_range=(-1, 1))
    >>> both = canvas.points(rows, "x", "y", dp.summary(n=dp.count(), fare=dp.mean("fare")))
    >>> {name: both[name].cells.tolist() for name in both}
    {'n': [[2]], 'fare': [[6.0]]}
    """
    if not reductions:
        raise BadArgument("summary: give at least one reduction, as in summary(trips=dp.count())")
    parts = {name: as_reduction(part) for name, part in reductions.items()}
    for name, part in parts.items():
        if isinstance(part, Named):
            raise BadArgument(f"summary: {name} is a summary itself; give its reductions one by one")
    return Named(parts)


def categories_of(value: Any, name: str) -> Categories:
    """What computes categories, or a clear error."""
    if not isinstance(value, Categories):
        raise BadArgument(
            f"{name} must be the name of a column, or category_binning() or category_modulo(), not {value!r}"
        )
    return value
