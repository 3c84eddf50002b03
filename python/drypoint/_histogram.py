"""Histograms of one column, of any size."""

from __future__ import annotations

from . import _arguments, _core
from ._errors import BadArgument
from ._job import ceiling
from ._meshes import _given
from ._streams import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Literal

    from ._canvas import _Range, _ScaleName
    from ._streams import Source

    _Rule = Literal["auto", "fd", "scott", "sturges", "sqrt", "rice"]

__all__ = ["Histogram", "histogram"]

RULES = ("auto", "fd", "scott", "sturges", "sqrt", "rice")
_SCALES = ("linear", "log")


class Histogram:
    """Counts, or sums of weights, between edges; made by `histogram` and `Canvas.histogram`.

    ``counts, edges = histogram`` unpacks it as what `numpy.histogram` gives.

    Attributes
    ----------
    counts : numpy.ndarray, shape (bins,) or (categories, bins)
        uint64; float64 for weights and densities.
    edges : numpy.ndarray, shape (bins + 1,)
        float64, or datetime64 of a column of dates.
    categories : list of str
        With `by`: the first dimension of the counts, sorted.
    column : str
        What was put into bins.
    rows, skipped : int
        Rows read; rows that are in no bin, because their value is missing or outside.
    """

    __slots__ = ("categories", "column", "counts", "edges", "label", "rows", "skipped")

    def __init__(
        self,
        counts: Any,
        edges: Any,
        categories: list[str],
        column: str,
        label: str,
        rows: int,
        skipped: int,
    ) -> None:
        self.counts = counts
        self.edges = edges
        self.categories = categories
        self.column = column
        #: What the counts are, for an axis.
        self.label = label
        self.rows = rows
        self.skipped = skipped

    def __iter__(self) -> Iterator[Any]:
        return iter((self.counts, self.edges))

    def __repr__(self) -> str:
        by = f" of {len(self.categories)} categories" if self.categories else ""
        return (
            f"<Histogram {self.label} of {self.column}{by}: {len(self.edges) - 1} bins, {self.rows:,} rows>"
        )


def histogram(
    source: Any,
    column: str | None = None,
    bins: int | _Rule | Any = 10,
    range: _Range | None = None,
    weights: str | None = None,
    *,
    by: str | None = None,
    density: bool = False,
    cumulative: bool = False,
    scale: _ScaleName = "linear",
    threads: int | None = None,
    memory: str | int | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> Histogram:
    """Count the values of a column between edges.

    Parameters
    ----------
    source : anything `scan` takes
        Rows; never held as a whole.
    column : str, optional
        Numbers, dates or truth values; the only column of numbers by default.
    bins : int, rule or array, default 10
        How many of one width; or their edges, rising; or the name of one of NumPy's rules: ``"auto"``, ``"fd"``,
        ``"scott"``, ``"sturges"``, ``"sqrt"``, ``"rice"``.
    range : (start, end), optional
        Values outside are left out; the least and greatest finite value by default.
    weights : str, optional
        A column that is added up in each bin, instead of counting. Missing weights are 0.
    by : str, optional
        A column of text, integers or truth values: a histogram for each of its values.
    density : bool, default False
        Divide by the total and by the width of the bins, so that the area is 1; of each category on its own.
    cumulative : bool, default False
        Let each bin hold those before it too; with `density` the last one is 1.
    scale : {"linear", "log"}, default "linear"
        Along which the bins are of one width, where edges are not given.
    threads, memory, progress
        As in `Canvas.points`.

    Returns
    -------
    Histogram
        Unpacks to counts and edges.

    Raises
    ------
    MissingColumn, NotNumeric, EmptyData, BudgetExceeded, CorruptData
    BadArgument
        Of a range or edges that do not rise, or more than 2**24 bins.

    Notes
    -----
    Bins are half-open but for the last one. Counts equal those of `numpy.histogram` of the values as float64, bin by bin;
    so does the number of bins of a rule, whose quartiles are found to within 2**-31 of the range. Costs one pass
    where range and number of bins are given, another one for the range if the source has no statistics, one more for
    a rule, and for ``"auto"`` and ``"fd"`` a third. A stream that can be read only once is kept on disk meanwhile,
    compressed. 32 bytes for each bin, category and thread.

    Examples
    --------
    >>> import drypoint as dp
    >>> import numpy as np
    >>> counts, edges = dp.histogram({"v": np.array([1.0, 2, 2, 3, 9])}, "v", bins=4, range=(1, 3))
    >>> counts.tolist(), edges.tolist()
    ([1, 0, 2, 1], [1.0, 1.5, 2.0, 2.5, 3.0])
    """
    rows = scan(source)
    return binned(
        rows,
        only_number(rows) if column is None else _arguments.text(column, "column"),
        bins,
        range,
        weights,
        by,
        density,
        cumulative,
        _arguments.choice(scale, "scale", _SCALES),
        threads,
        memory,
        progress,
    )


def only_number(rows: Source) -> str:
    """The column of numbers, where there is one."""
    names = [name for name, numeric in zip(rows.columns, rows._head().numeric, strict=True) if numeric]
    if len(names) != 1:
        listed = ", ".join(map(repr, names[:20])) or "none"
        raise BadArgument(f"{rows.name}: say which column; columns of numbers: {listed}")
    return names[0]


def binned(
    rows: Source,
    column: str,
    bins: Any,
    range: Any,
    weights: str | None,
    by: str | None,
    density: bool,
    cumulative: bool,
    scale: str,
    threads: int | None,
    memory: str | int | None,
    progress: Callable[[int, int | None], object] | None,
) -> Histogram:
    """`histogram`, of rows that were recognised."""
    import numpy

    head = rows._head()
    unit = _core.Histogram.unit(head, column)
    density, cumulative = _arguments.flag(density, "density"), _arguments.flag(cumulative, "cumulative")
    bins = _bins(bins, unit)
    if isinstance(bins, str) and weights is not None:
        raise BadArgument(f"bins={bins!r} looks at values and not at weights; give the number of bins")
    if range is not None and isinstance(bins, list):
        raise BadArgument("give the edges of the bins, or their range, not both")
    made = _core.Histogram(
        column,
        _arguments.optional(_arguments.text, weights, "weights"),
        _arguments.optional(_arguments.text, by, "by"),
        bins,
        None if range is None else _given(range, "range", unit),
        scale,
        _arguments.optional(_arguments.whole, threads, "threads", 1),
        ceiling(memory),
        _arguments.optional(_arguments.function, progress, "progress"),
    )
    try:
        if rows.one_shot:
            for part in rows._parts():
                made.consume(part)
                del part  # or its arrays would be held while the next ones are made
            found = made.finish()
        else:
            found = made.draw(head)
    finally:
        made.close()
    totals, weighed, places, categories, seen, skipped = found
    counts: Any = numpy.frombuffer(totals, "float64" if weighed else "uint64")
    edges = numpy.array(places)
    if by is not None:
        counts = counts.reshape(len(categories), len(edges) - 1)
    label = "sum of " + weights if weights is not None else "count"
    if density:
        total = counts.sum(axis=-1, keepdims=True)
        counts = numpy.divide(counts, total, out=numpy.zeros(counts.shape), where=total != 0)
        counts = counts if cumulative else counts / numpy.diff(edges)
        label = "share" if cumulative else "density"
    if cumulative:
        counts = numpy.cumsum(counts, axis=-1, dtype=counts.dtype)
    if unit is not None:
        edges = edges.round().astype("int64").view(f"M8[{unit}]")
    return Histogram(counts, edges, categories, column, label, seen, skipped)


def _bins(bins: Any, unit: str | None) -> int | list[float] | str:
    if isinstance(bins, str):
        return _arguments.choice(bins, "bins", RULES)
    if isinstance(bins, int) and not isinstance(bins, bool):
        return _arguments.whole(bins, "bins", 1)
    import numpy

    edges = numpy.asarray(bins)
    if edges.ndim == 0 and edges.dtype.kind in "iu":
        return _arguments.whole(int(edges), "bins", 1)
    if unit is not None and edges.dtype.kind == "M":
        edges = edges.astype(f"M8[{unit}]").astype("int64")
    if edges.ndim != 1 or edges.dtype.kind not in "iuf":
        raise BadArgument(
            f"bins must be a number, an array of edges, or one of {', '.join(RULES)}, not {bins!r}"
        )
    return [float(edge) for edge in edges]
