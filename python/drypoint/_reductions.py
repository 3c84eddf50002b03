"""What is folded in each pixel. The names are those of Datashader and NumPy."""

from __future__ import annotations

from . import _arguments
from ._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._core import _ReductionSpec

__all__ = ["Reduction", "any", "by", "count", "first", "last", "max", "mean", "min", "std", "sum", "var"]

_NEED_COLUMN = ("sum", "mean", "min", "max", "var", "std", "first", "last")
_ALL = ("count", "any", *_NEED_COLUMN)


class Reduction:
    """A per-pixel fold; made by `count`, `mean`, `by` and the others, never directly.

    Missing values (null, NaN) are left out of every fold. A pixel in which nothing fell is 0 for
    `count`, False for `any`, NaN for all others.
    """

    __slots__ = ("column", "inner", "name")

    def __init__(self, name: str, column: str | None, inner: Reduction | None = None) -> None:
        self.name = name
        self.column = _arguments.optional(_arguments.text, column, f"{name}: column")
        self.inner = inner

    def __repr__(self) -> str:
        parts = [] if self.column is None else [repr(self.column)]
        if self.inner is not None:
            parts.append(repr(self.inner))
        return f"{self.name}({', '.join(parts)})"

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
    """Population variance of `column`, merged stably (Chan, Golub and LeVeque 1983).

    Parameters
    ----------
    column : str
        A column of numbers.

    Returns
    -------
    Reduction
        Folds to float64, NaN where nothing fell.
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


def by(column: str, reduction: Reduction | None = None) -> Reduction:
    """One fold for each category of `column`.

    Parameters
    ----------
    column : str
        Text, truth values or integers; at most 256 different ones.
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
    _arguments.text(column, "by: column")
    inner = count() if reduction is None else as_reduction(reduction)
    if inner.name == "by":
        raise BadArgument("by: the inner reduction cannot be another by()")
    return Reduction("by", column, inner)


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
        from ._core import nearest

        close = nearest(value, list(_ALL))
        hint = f" (did you mean {close!r}?)" if close else ""
        raise BadArgument(f"unknown reduction {value!r}{hint}; expected one of {', '.join(_ALL)}, by")
    raise BadArgument(f"reduction must be a Reduction such as dp.count(), not {value!r}")
