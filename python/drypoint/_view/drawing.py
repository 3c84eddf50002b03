"""What a view draws: a source, columns, a fold, colours, and the memory for all of it."""

from __future__ import annotations

from .. import _core, _job
from .._aggregate import Aggregate, aggregate_of
from .._canvas import Canvas
from .._errors import BadArgument
from .grid import Axis, Grid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._reductions import Reduction
    from .._streams import Source

    _Progress = Callable[[int, int | None], object]
    _Span = tuple[float, float]

__all__ = ["Drawing"]

#: Pixels of a canvas that is only to say how far the data reach.
_SMALL = 16
#: How many microseconds the units of instants are.
_MICROSECONDS = {
    "date": 86_400_000_000,
    "timestamp[s": 1_000_000,
    "timestamp[ms": 1000,
    "timestamp[us": 1,
    "timestamp[ns": 0.001,
}


class Drawing:
    """Folds any window of its source, and gives the cells their colours.

    Parameters
    ----------
    source : Source
        Can be read again.
    columns : tuple of str
        Along x and along y.
    mark : Mark
        What the rows are drawn as.
    reduction : Reduction
        The fold.
    shading : ShadingSpec
        How values become colours.
    scales : tuple of str
        Of x and of y.
    memory : str or None
        A budget for each pass.
    threads : int or None
        As in `Canvas.points`.
    """

    def __init__(
        self,
        source: Source,
        columns: tuple[str, str],
        mark: _core.Mark,
        reduction: Reduction,
        shading: _core.ShadingSpec,
        scales: tuple[str, str],
        memory: str | None,
        threads: int | None,
    ) -> None:
        self.source, self.columns, self.mark, self.reduction = source, columns, mark, reduction
        self.scales, self.memory, self.threads = scales, memory, threads
        self.kinds = tuple(source.schema.get(name, "") for name in columns)
        self.budget = int(_core.memory()["budget"] if memory is None else _core.budget_bytes(memory))
        self._shading = shading

    @property
    def in_tiles(self) -> bool:
        """Whether tiles can hold what is folded."""
        return self.mark.is_points and self.reduction.name in ("count", "any")

    def grid(self, width: int, height: int) -> Grid:
        """Home: all data on so many pixels. Reads the source if it has no statistics."""
        x, y = (self._extent(place) for place in (0, 1))
        if x is None or y is None:
            small = self.fold((_SMALL, _SMALL), None, None)
            x, y = small.x_range, small.y_range
        return Grid(
            Axis("x", self.columns[0], self.kinds[0], *x, self.scales[0], width),
            Axis("y", self.columns[1], self.kinds[1], *y, self.scales[1], height),
        )

    def _extent(self, place: int) -> _Span | None:
        """How far the data reach along an axis, where the source knows it."""
        if self.scales[place] == "log" or not self.mark.is_points:
            return None
        return self.source.extent(self.columns[place])

    def fold(
        self,
        size: tuple[int, int],
        x_range: _Span | None,
        y_range: _Span | None,
        progress: _Progress | None = None,
        tiled: bool = False,
    ) -> Aggregate:
        """One pass over the source: an aggregate of so many pixels across and along."""
        canvas = Canvas(
            *size,
            x_range=x_range,
            y_range=y_range,
            x_scale=self.scales[0],  # type: ignore[arg-type]
            y_scale=self.scales[1],  # type: ignore[arg-type]
            tiled=tiled,
        )
        begun = _job.job(
            canvas, self.mark, self.reduction, threads=self.threads, memory=self.memory, progress=progress
        )
        return aggregate_of(_job.fold(self.source, begun))

    def shade(self, aggregate: Aggregate, dark: bool) -> _core.Pixmap:
        """Give each cell its colour, on a light or a dark page."""
        inner = aggregate._inner
        assert isinstance(inner, _core.Aggregate)
        return inner.shade(self._shading, None, "dark" if dark else "light")

    def span(self, value: Any, name: str) -> _Span:
        """A range as numbers in the unit of its column.

        Parameters
        ----------
        value : (start, end)
            Numbers, or instants as `Canvas` takes them.
        name : {"x_range", "y_range"}
            For messages.

        Raises
        ------
        BadArgument
            If it is none, or is empty.
        """
        ends = _job.axis_range(value, name)
        if ends is None:
            raise BadArgument(f"{name} must be (start, end), not None")
        kind = self.kinds["xy".index(name[0])]
        start, end = (_instant(end, kind, name) if isinstance(end, str) else end for end in ends)
        if not -float("inf") < start < end < float("inf"):
            raise BadArgument(f"{name} must be (start, end), finite and with start < end, not {value!r}")
        return start, end


def _instant(text: str, kind: str, name: str) -> float:
    """An instant as text, in the unit of its column since 1970-01-01 UTC."""
    from datetime import UTC, datetime, timedelta

    unit = _MICROSECONDS.get(kind.split(",")[0].rstrip("]"))
    if unit is None:
        raise BadArgument(
            f"{name}: {text!r} is an instant, and the column is {kind or 'no column of instants'}"
        )
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadArgument(f"{name}: {text!r} is no instant as ISO 8601 writes them") from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return (found - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1) / unit
