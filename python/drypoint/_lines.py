"""A series of few rows that looks like the one of many."""

from __future__ import annotations

from . import _arguments, _core
from ._errors import BadArgument, UnsupportedData
from ._job import ceiling
from ._streams import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

__all__ = ["downsample"]

#: The fewest rows that each method can give.
_LEAST = {"m4": 4, "minmax": 2, "lttb": 3, "minmaxlttb": 3}


def downsample(
    x: Any,
    y: Any,
    n: int,
    method: Literal["m4", "minmax", "lttb", "minmaxlttb"] = "minmaxlttb",
    *,
    source: Any = None,
    threads: int | None = None,
    memory: str | int | None = None,
) -> tuple[Any, Any]:
    """Choose at most `n` rows of a series whose line looks like that of all its rows.

    Parameters
    ----------
    x, y : array of shape (rows,), or str
        Numbers or instants; with `source`, the names of two of its columns. `x` need not be sorted, though a line through
        unsorted rows is seldom meant.
    n : int
        Rows to keep at most: at least 4 for ``"m4"``, 2 for ``"minmax"``, 3 for the others.
    method : {"m4", "minmax", "lttb", "minmaxlttb"}
        ``"m4"``: the first, least, greatest and last row of each of ``n // 4`` intervals of x of equal width. They
        are the columns of a `Canvas` as wide, and ``canvas.line(..., "any")`` of them is that of all rows.
        ``"minmax"``: the least and greatest of ``n // 2`` intervals. ``"lttb"``: of each of `n` buckets of as many
        rows, the one that spans the largest triangle with the row chosen before and the mean of the next bucket.
        ``"minmaxlttb"``: ``4 * n`` rows by ``"minmax"``, of which ``"lttb"`` chooses.
    source : anything `scan` takes, optional
        Where the columns are; read in bounded batches.
    threads : int, optional
        As many as there are cores by default. The result does not depend on it.
    memory : str or int, optional
        A budget for this call alone, within that of the process.

    Returns
    -------
    x, y : numpy.ndarray, shape (chosen,)
        In the order of the rows, each row once. Of arrays, the items themselves; of a source float64, or datetime64.

    Raises
    ------
    BadArgument
        Of arrays that are not one-dimensional and of one length, or an `n` too small.
    UnsupportedData
        Of a source that can be read only once; for ``"lttb"`` also of one whose number of rows is not known.
    MissingColumn, NotNumeric, BudgetExceeded, CorruptData
        As from `Canvas.points`.

    Notes
    -----
    Rows whose x or y is missing, NaN or infinite are not chosen. Of equal values the first is chosen. Two passes for
    ``"lttb"``, on one thread; one pass for the others, and one for the range of x where the source has no statistics.
    Holds 104 bytes for each interval and thread, or 24 for each bucket, whatever the number of rows.

    Examples
    --------
    >>> import drypoint as dp
    >>> import numpy as np
    >>> t = np.arange(1000)
    >>> kept, values = dp.downsample(t, np.sin(t / 100), 8, "m4")
    >>> kept.tolist()
    [0, 157, 471, 499, 500, 785, 999]
    """
    import numpy

    _arguments.choice(method, "method", tuple(_LEAST))
    n = _arguments.whole(n, "n", _LEAST[method])
    threads = _arguments.optional(_arguments.whole, threads, "threads", 1)
    if source is None:
        arrays = {"x": numpy.asarray(x), "y": numpy.asarray(y)}
        for name, array in arrays.items():
            if array.ndim != 1:
                raise BadArgument(f"{name} must be an array of one dimension, not of shape {array.shape}")
        if len(arrays["x"]) != len(arrays["y"]):
            raise BadArgument(f"x and y must be of one length, not {len(arrays['x'])} and {len(arrays['y'])}")
        (_, _, keys), _ = _core.downsample(
            scan(arrays)._head(), "x", "y", n, method, threads, ceiling(memory)
        )
        rows = numpy.frombuffer(keys, "uint64")
        return arrays["x"][rows], arrays["y"][rows]
    names = _arguments.text(x, "x"), _arguments.text(y, "y")
    columns = scan(source)
    if columns.one_shot:
        raise UnsupportedData(f"{columns.name}: it can be read only once, and its range must be known first")
    (*values, _), units = _core.downsample(columns._head(), *names, n, method, threads, ceiling(memory))
    found = [numpy.frombuffer(column, "float64") for column in values]
    for place, unit in enumerate(units):
        found[place] = (
            found[place].copy() if unit is None else found[place].astype("int64").view(f"M8[{unit}]")
        )
    return found[0], found[1]
