"""How values are spread over colours, as norms of Matplotlib: its colour bars then show what the picture shows.

Equalising by rank follows `Aggregate.shade` (and so Datashader's ``eq_hist``): each colour is given to as many
pixels as any other, and where there are few distinct values they begin higher, so that single points stay visible.
Unlike the other norms it has to see all values: it is fitted at every fold. Its colour bar is even in colours, so
its ticks stand at round values near even ranks.
"""

from __future__ import annotations

import numpy
from matplotlib.colors import LogNorm, Normalize, PowerNorm
from matplotlib.scale import FuncTransform, ScaleBase
from matplotlib.ticker import FuncFormatter, Locator, NullFormatter, NullLocator

from .._shading import HOWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["HOWS", "EqHistNorm", "norm_for"]

#: Distinct values up to which whole numbers are ranked one by one; else equal bins, as many.
_BINS = 65_536


class EqHistNorm(Normalize):
    """Rank instead of value: each colour is given to as many pixels as any other.

    Parameters
    ----------
    vmin, vmax : float, optional
        Values beyond are ranked as these; the least and greatest value by default.

    Notes
    -----
    Ranks what it was last fitted to; an artist of `drypoint.matplotlib` fits it at every fold. Fitting costs one
    pass over the pixels; placing a value a binary search.
    """

    def __init__(self, vmin: float | None = None, vmax: float | None = None) -> None:
        super().__init__(vmin, vmax)
        self._values = numpy.array([0.0, 1.0])
        self._places = numpy.array([0.0, 1.0])
        self._least: float | None = None

    @property
    def _scale(self) -> _RankScale:
        """Asked for by a colour bar; where it is not, the bar is right too, with ticks at even values."""
        return _RankScale(
            self
        )  # anew each time: kept here it would be a cycle, which waits for the garbage collector

    @_scale.setter
    def _scale(self, scale: object) -> None:
        """Matplotlib's norms begin with None here."""

    def fit(self, values: Any, *, lower: bool = False) -> None:
        """Take the ranks of these values between ``vmin`` and ``vmax``, which have to be set.

        Parameters
        ----------
        values : ndarray of one dimension
            Numbers without NaN. An empty one changes nothing.
        lower : bool, default False
            Where there are few distinct values, let colours begin below the least of them, at a lower ``vmin``, so
            that the least stands out from the ground.
        """
        if not len(values):
            return
        low, high = float(self.vmin or 0.0), float(self.vmax or 0.0)
        centres, counts = _histogram(values, low, high)
        shares = numpy.cumsum(counts) / counts.sum()
        first = float(shares[0])
        start = _start(len(centres), first) if lower else min(first, 1 - 1 / _BINS)
        places = numpy.clip((shares - start) / (1.0 - start), 0.0, 1.0) if start < 1.0 else numpy.ones(1)
        if lower and places[0] > 0:
            # A colour bar takes vmin for the beginning of the colours, whatever has that value.
            step = 1.0 if values.dtype.kind in "uib" else (high - low or abs(high) or 1.0) * places[0]
            with self.callbacks.blocked():
                self.vmin = low - step
            centres, places = numpy.append(low - step, centres), numpy.append(0.0, places)
        self._least = low
        self._values, self._places = centres, places
        self.callbacks.process("changed")

    def __call__(self, value: Any, clip: bool | None = None) -> Any:
        values, scalar = self.process_value(value)
        places = numpy.interp(values.data, self._values, self._places)
        found = numpy.ma.masked_array(places, mask=values.mask)
        return found[0] if scalar else found

    def inverse(self, value: Any) -> Any:
        """The value at a place between 0 and 1."""
        found = numpy.interp(numpy.ma.getdata(value), self._places, self._values)
        return numpy.ma.masked_array(found, mask=numpy.ma.getmask(value)) if numpy.ma.isMA(value) else found


class _RankScale(ScaleBase):
    """A colour bar's axis on which ranks are even."""

    name = "rank"

    def __init__(self, norm: EqHistNorm) -> None:
        self.norm = norm

    def get_transform(self) -> Any:
        return FuncTransform(self._forward, self._backward)

    def _forward(self, values: Any) -> Any:
        return numpy.ma.getdata(self.norm(numpy.asarray(values, "f8")))

    def _backward(self, places: Any) -> Any:
        return numpy.ma.getdata(self.norm.inverse(numpy.asarray(places, "f8")))

    def set_default_locators_and_formatters(self, axis: Any) -> None:
        axis.set_major_locator(_RankLocator(self.norm))
        axis.set_major_formatter(FuncFormatter(_short))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())


class _RankLocator(Locator):
    """Round values near even ranks, the least and the greatest among them."""

    def __init__(self, norm: EqHistNorm, count: int = 6) -> None:
        self.norm = norm
        self.count = count

    def __call__(self) -> Any:
        return self.tick_values(self.norm.vmin, self.norm.vmax)

    def tick_values(self, vmin: Any, vmax: Any) -> Any:
        if vmin is None or vmax is None:
            return numpy.array([])
        if self.norm._least is not None:
            vmin = max(vmin, self.norm._least)
        if vmin >= vmax:
            return numpy.array([vmax])
        first, last = (float(self.norm(value)) for value in (vmin, vmax))
        gap = 0.6 * (last - first) / self.count
        ticks = [vmin, vmax]
        places = [first, last]
        for place in numpy.linspace(first, last, self.count + 1)[1:-1]:
            value = _round(float(self.norm.inverse(place)), vmin, vmax)
            at = float(self.norm(value))
            if vmin < value < vmax and min(abs(at - other) for other in places) >= gap:
                ticks.append(value)
                places.append(at)
        return numpy.array(sorted(set(ticks)))


def _short(value: float, _position: int | None = None) -> str:
    """A number of a colour bar: at most four digits that count, thousands parted."""
    return f"{value:,.0f}" if abs(value) >= 1000 and value == round(value) else f"{value:.4g}"


def _round(value: float, low: float, high: float) -> float:
    """The nearest number with one digit that counts, 2.5 among them; in a range far from 0 counted from its low end."""
    base = 0.0 if low <= 0 or high / low > 2 else low - (low % 10 ** numpy.floor(numpy.log10(high - low)))
    away = value - base
    if away == 0:
        return value
    unit = 10.0 ** numpy.floor(numpy.log10(abs(away)))
    steps = numpy.array([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]) * unit
    if unit == 1.0:
        steps = steps[steps == numpy.round(steps)]
    return base + float(numpy.copysign(steps[numpy.argmin(abs(steps - abs(away)))], away))


def _histogram(values: Any, low: float, high: float) -> tuple[Any, Any]:
    """Distinct values (or the centres of equal bins) and how often each is there, those that are not left out."""
    whole = values.dtype.kind in "uib"
    if whole and numpy.ceil(high) - numpy.floor(low) < _BINS:
        first = int(numpy.floor(low))
        last = int(numpy.ceil(high))
        inside = numpy.clip(values, first, last).astype("i8") - first
        counts = numpy.bincount(inside, minlength=1)
        centres = first + numpy.arange(len(counts), dtype="f8")
    elif whole:
        centres, counts = numpy.unique(numpy.clip(values, low, high), return_counts=True)
        return centres.astype("f8"), counts
    elif high > low:
        counts, edges = numpy.histogram(numpy.clip(values, low, high), _BINS, (low, high))
        centres = (edges[:-1] + edges[1:]) / 2
    else:
        return numpy.array([low]), numpy.array([len(values)])
    filled = counts > 0
    return centres[filled], counts[filled]


def _start(distinct: int, first: float) -> float:
    """The rank at which colours begin: Datashader's line through (2 values, 1.5) and (100 values, 1)."""
    slope = -0.5 / 98
    multiple = slope * distinct + 1.5 - 2 * slope
    return max(0.0, 1 - multiple * (1 - first)) if multiple > 1 else first


def norm_for(how: str, span: tuple[float, float] | None) -> Normalize:
    """A norm that an artist fits by itself; with a span it has its limits."""
    low, high = span or (None, None)
    if how == "eq_hist":
        return EqHistNorm(low, high)
    if how == "log":
        return LogNorm(low, high)
    if how == "cbrt":
        return PowerNorm(1 / 3, low, high)
    return Normalize(low, high)
