"""Categories that are computed from numbers, for `by` and `mode`."""

from __future__ import annotations

import math

from . import _arguments
from ._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._core import _CategoriesSpec

__all__ = ["Categories", "category_binning", "category_modulo"]

_MOST = 256
_I64 = 1 << 63


class Categories:
    """How a row's category is computed; made by `category_binning` and `category_modulo`.

    Attributes
    ----------
    column : str
        The column that is looked at.
    """

    __slots__ = ("_given", "column")

    def __init__(self, given: _CategoriesSpec) -> None:
        self._given = given
        self.column = given[1]

    def __repr__(self) -> str:
        name, column, *rest = self._given
        words = [repr(column)]
        if name == "category_binning":
            words += [f"{value:g}" if float(f"{value:g}") == value else repr(value) for value in rest[:3]]
            names = ("include_under", "include_over")
            words += [f"{name}=False" for name, included in zip(names, rest[3:], strict=True) if not included]
        else:
            words += [repr(value) for value in rest if value != 0]
        return f"{name}({', '.join(words)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Categories) and self._given == other._given

    def __hash__(self) -> int:
        return hash(self._given)


def category_binning(
    column: str,
    lower: float,
    upper: float,
    nbins: int,
    include_under: bool = True,
    include_over: bool = True,
) -> Categories:
    """The interval of equal width in which a number lies.

    Parameters
    ----------
    column : str
        A column of numbers.
    lower, upper : float
        Where the first interval begins and the last one ends.
    nbins : int
        Intervals, at most 255.
    include_under : bool, default True
        Whether values less than `lower` belong to the first interval.
    include_over : bool, default True
        Whether `upper` and greater values belong to the last.

    Returns
    -------
    Categories
        For `by` and `mode`: ``nbins + 1`` categories, whether a row has them or not. The last, ``"other"``, has all rows
        that no interval has, those without a value among them.

    Notes
    -----
    Interval ``floor((value - lower) / ((upper - lower) / nbins))``, closed below and open above. Datashader truncates
    where this rounds down: with ``include_under=False`` it puts values less than one interval below `lower` into the
    first. Its categories are numbers, here they are called what they hold.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> rows = {"x": array("d", [0, 0, 0]), "y": array("d", [0, 0, 0]), "v": array("d", [5, 15, 99])}
    >>> bins = dp.category_binning("v", 0, 30, 3)
    >>> counts = dp.Canvas(1, 1, x_range=(-1, 1), y_range=(-1, 1)).points(rows, "x", "y", dp.by(bins))
    >>> dict(zip(counts.categories, counts.cells.tolist()[0][0]))
    {'below 10': 1, '10 to 20': 1, '20 and above': 1, 'other': 0}
    """
    low, high = (
        _arguments.number(value, f"category_binning: {name}")
        for value, name in ((lower, "lower"), (upper, "upper"))
    )
    bins = _arguments.whole(nbins, "category_binning: nbins", 1, _MOST - 1)
    width = (high - low) / bins
    if not (math.isfinite(low) and math.isfinite(high) and low < high and 0 < width < math.inf):
        raise BadArgument(
            f"category_binning: lower {lower!r} and upper {upper!r} must be finite, lower less than upper, and far "
            f"enough apart for {bins} intervals"
        )
    under = _arguments.flag(include_under, "category_binning: include_under")
    over = _arguments.flag(include_over, "category_binning: include_over")
    return Categories(
        (
            "category_binning",
            _arguments.text(column, "category_binning: column"),
            low,
            high,
            bins,
            under,
            over,
        )
    )


def category_modulo(column: str, modulo: int, offset: int = 0) -> Categories:
    """What is left of an integer when it is divided.

    Parameters
    ----------
    column : str
        A column of integers or truth values. A row without a value has no category.
    modulo : int
        Categories, at most 256.
    offset : int, default 0
        What is taken from each value first.

    Returns
    -------
    Categories
        For `by` and `mode`: ``"0"`` to ``str(modulo - 1)``, whether a row has them or not.

    Notes
    -----
    ``(value - offset) % modulo`` as in Python, never negative, of exact integers: Datashader's difference wraps where
    the type of the column is unsigned.

    Examples
    --------
    >>> import drypoint as dp
    >>> dp.by(dp.category_modulo("id", 4), dp.mean("fare"))
    by(category_modulo('id', 4), mean('fare'))
    """
    return Categories(
        (
            "category_modulo",
            _arguments.text(column, "category_modulo: column"),
            _arguments.whole(modulo, "category_modulo: modulo", 1, _MOST),
            _arguments.whole(offset, "category_modulo: offset", -_I64, _I64 - 1),
        )
    )
