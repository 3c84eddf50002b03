"""What is folded in each pixel. The names are those of Datashader and NumPy."""

from __future__ import annotations

from . import _arguments
from ._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._categories import Categories
    from ._core import _ReductionSpec

__all__ = ["Reduction", "any", "by", "count", "first", "last", "max", "mean", "min", "std", "sum", "var"]

_NEED_COLUMN = ("sum", "mean", "min", "max", "var", "std", "first", "last")
_NEED_MORE = {
    "by": "'column'",
    "count_cat": "'column'",
    "mode": "'column'",
    "min_n": "'column', 3",
    "max_n": "'column', 3",
    "first_n": "'column', 3",
    "last_n": "'column', 3",
    "where": "dp.max('column'), 'other'",
    "summary": "name=dp.count()",
}
_ALL = ("count", "any", *_NEED_COLUMN, *_NEED_MORE)


class Reduction:
    """A per-pixel fold; made by `count`, `mean`, `by` and the others, never directly.

    Missing values (null, NaN) are left out of every fold. A pixel in which nothing fell is 0 for
    `count`, False for `any`, -1 for `mode` and for the rows of `where`, NaN for all others.

    Attributes
    ----------
    name : str
        ``"mean"``.
    column : str or None
        The column that is folded; of `by` and `mode`, that of the categories; of `where`, the one that is looked up.
    inner : Reduction or None
        The fold within each category, or what selects rows.
    """

    __slots__ = ("column", "inner", "name")

    def __init__(self, name: str, column: str | None, inner: Reduction | None = None) -> None:
        self.name = name
        self.column = _arguments.optional(_arguments.text, column, f"{name}: column")
        self.inner = inner

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(self._words())})"

    def _words(self) -> list[str]:
        """What stands in the parentheses."""
        parts = [] if self.column is None else [repr(self.column)]
        if self.inner is not None:
            parts.append(repr(self.inner))
        return parts

    def _with(self, inner: Reduction) -> Reduction:
        """The same categories with another fold in each; those of `mode` are found by itself."""
        return self if self.inner is None else Reduction(self.name, self.column, inner)

    def _several(self) -> bool:
        """Whether a pixel gets several values, which have no one colour."""
        return self.inner is not None and self.inner._several()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reduction) and self._spec() == other._spec()

    def __hash__(self) -> int:
        return hash(self._spec())

    def _spec(self) -> _ReductionSpec:
        return (self.name, self.column, None if self.inner is None else self.inner._spec())


def count(column: str | None = None) -> Reduction:
    """Count points, or the points that have a value in `column`.

    Parameters
    ----------
    column : str, optional
        Only rows whose value here is not missing are counted.

    Returns
    -------
    Reduction
        Folds to uint32 (uint64 past 2**32), 0 where nothing fell. 4 bytes a pixel.

    Examples
    --------
    >>> import drypoint as dp
    >>> dp.count()
    count()
    """
    return Reduction("count", column)


def any(column: str | None = None) -> Reduction:
    """Whether there is a point (that has a value in `column`).

    Parameters
    ----------
    column : str, optional
        Only rows whose value here is not missing count.

    Returns
    -------
    Reduction
        Folds to bool, False where nothing fell.
    """
    return Reduction("any", column)


def sum(column: str) -> Reduction:
    """Sum of `column`.

    Parameters
    ----------
    column : str
        A column of numbers.

    Returns
    -------
    Reduction
        Folds to float64, NaN where nothing fell; within 1e-12 (relative) of the exact sum of like-signed values.
    """
    return _of("sum", column)


def mean(column: str) -> Reduction:
    """Arithmetic mean of `column`.

    Parameters
    ----------
    column : str
        A column of numbers.

    Returns
    -------
    Reduction
        Folds to float64, NaN where nothing fell.
    """
    return _of("mean", column)


def min(column: str) -> Reduction:
    """Least value of `column`.

    Parameters
    ----------
    column : str
        A column of numbers.

    Returns
    -------
    Reduction
        Folds to float64, NaN where nothing fell.
    """
    return _of("min", column)


def max(column: str) -> Reduction:
    """Greatest value of `column`.

    Parameters
    ----------
    column : str
        A column of numbers.

    Returns
    -------
    Reduction
        Folds to float64, NaN where nothing fell.
    """
    return _of("max", column)


def var(column: str) -> Reduction:
    """Population variance of `column`.

    Parameters
    ----------
    column : str
        A column of numbers.

    Returns
    -------
    Reduction
        Folds to float64, NaN where nothing fell. 24 bytes a pixel and thread.

    Notes
    -----
    Welford's update (Technometrics 4, 1962) with a running mean, threads and parts merged by the rule of Chan, Golub and
    LeVeque (1979): exact to some digits of the spread, however far from zero the values lie.
    """
    return _of("var", column)


def std(column: str) -> Reduction:
    """Population standard deviation of `column`, the root of `var`.

    Parameters
    ----------
    column : str
        A column of numbers.

    Returns
    -------
    Reduction
        Folds to float64, NaN where nothing fell.
    """
    return _of("std", column)


def first(column: str) -> Reduction:
    """Value of the first point in the order of the source, on any number of threads.

    Parameters
    ----------
    column : str
        A column of numbers.

    Returns
    -------
    Reduction
        Folds to float64, NaN where nothing fell.
    """
    return _of("first", column)


def last(column: str) -> Reduction:
    """Value of the last point in the order of the source, on any number of threads.

    Parameters
    ----------
    column : str
        A column of numbers.

    Returns
    -------
    Reduction
        Folds to float64, NaN where nothing fell.
    """
    return _of("last", column)


def by(column: str | Categories, reduction: Reduction | None = None) -> Reduction:
    """One fold for each category of `column`.

    Parameters
    ----------
    column : str or Categories
        Text, truth values or integers; at most 256 different ones. Or what computes a category from a number:
        `category_binning`, `category_modulo`.
    reduction : Reduction, optional
        The fold within each category; `count` by default.

    Returns
    -------
    Reduction
        Folds to an array of shape (height, width, categories), categories sorted.

    Examples
    --------
    >>> import drypoint as dp
    >>> dp.by("vendor", dp.mean("fare"))
    by('vendor', mean('fare'))
    """
    inner = count() if reduction is None else as_reduction(reduction)
    if inner.name in ("by", "mode", "summary"):
        hint = "; use summary(a=by(...), b=by(...))" if inner.name == "summary" else ""
        raise BadArgument(f"by: the inner reduction cannot be {inner.name}(){hint}")
    if isinstance(column, str):
        return Reduction("by", _arguments.text(column, "by: column"), inner)
    from ._folds import Computed, categories_of

    return Computed("by", categories_of(column, "by: column"), inner)


def _of(name: str, column: str) -> Reduction:
    """A fold that needs its column."""
    return Reduction(name, _arguments.text(column, f"{name}: column"))


def as_reduction(value: Reduction | str | None) -> Reduction:
    """A `Reduction` from what a caller may give: nothing (count), ``"count"``, ``"any"``, or a `Reduction`."""
    if value is None:
        return count()
    if isinstance(value, Reduction):
        return value
    if isinstance(value, str):
        value = _arguments.text(value, "reduction")
        if value in ("count", "any"):
            return Reduction(value, None)
        if value in _NEED_COLUMN:
            raise BadArgument(f"reduction {value!r} needs a column: use dp.{value}('column')")
        if value in _NEED_MORE:
            raise BadArgument(f"reduction {value!r} needs arguments: use dp.{value}({_NEED_MORE[value]})")
        from ._core import nearest

        close = nearest(value, list(_ALL))
        hint = f" (did you mean {close!r}?)" if close else ""
        raise BadArgument(f"unknown reduction {value!r}{hint}; expected one of {', '.join(_ALL)}")
    raise BadArgument(f"reduction must be a Reduction such as dp.count(), not {value!r}")


def as_shaded(value: Reduction | str | None) -> Reduction:
    """A reduction that a picture can be made of."""
    reduction = as_reduction(value)
    if reduction._several():
        raise BadArgument(
            f"{reduction!r} gives each pixel several values, which have no one colour; draw one of them, as "
            "max('column') does, or fold on a Canvas"
        )
    return reduction
