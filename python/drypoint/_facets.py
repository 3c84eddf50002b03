"""One axes for each value of a column, all in one pass: each shows one category of the same aggregate."""

from __future__ import annotations

from . import _arguments, _core, _job
from ._canvas import Canvas
from ._errors import BadArgument, UnsupportedData
from ._figure import Figure
from ._layers import RowLayer
from ._reductions import Reduction, any, as_reduction, by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._streams import Source

__all__ = ["faceted"]

#: More axes than this cannot be read.
_MOST = 64
#: Width over height of a grid's axes, as near as whole rows and columns allow.
_SHAPE = 1.3


def faceted(
    rows: Source,
    mark: _core.Mark,
    facet: str,
    columns: int | None,
    color: Reduction | str | None,
    told: _core.ShadingSpec,
    label: str | None,
    page: dict[str, Any],
    running: dict[str, Any],
) -> Figure:
    """A figure with one axes for each value of the column `facet`."""
    facet = _arguments.text(facet, "facet")
    inner = as_reduction(color)
    if inner._spec()[0] == "by":
        raise BadArgument(
            f"facet={facet!r} shows each category in axes of its own; color=by(...) would need two columns of categories"
        )
    if rows.one_shot:
        raise UnsupportedData(
            f"{rows.name}: the axes of facet={facet!r} are counted before anything is drawn, which a stream "
            "that can be read only once does not allow"
        )
    names = _names(rows, mark, facet, running["threads"], page["memory"])
    if len(names) > _MOST:
        raise BadArgument(
            f"column {facet!r} has {len(names)} values, and a figure at most {_MOST} axes; choose some of them first"
        )
    width, height = page.pop("width"), page.pop("height")
    columns = _arguments.optional(_arguments.whole, columns, "facet_columns", 1, _MOST)
    across = _across(len(names), width, height) if columns is None else min(columns, len(names))
    figure = Figure(width, height, rows=-(-len(names) // across), columns=across, **page)
    figure._shared_key = True
    first: RowLayer | None = None
    for place, name in enumerate(names):
        layer = RowLayer(rows, mark, by(facet, inner), label, told, memory=None, **running)
        layer.category, layer.shown_with = name, first
        first = first or layer
        figure.axes(place // across, place % across, title=name or "(blank)")._add(layer)
    return figure


def _names(rows: Source, mark: _core.Mark, facet: str, threads: Any, memory: Any) -> list[str]:
    """The values of a column, sorted."""
    begun = _job.job(Canvas(1, 1, tiled=False), mark, by(facet, any()), threads=threads, memory=memory)
    core = _job.fold(rows, begun)
    assert isinstance(core, _core.Aggregate)
    return core.categories


def _across(count: int, width: int, height: int) -> int:
    """Columns whose axes come nearest to the shape that is best to read."""

    def misshapen(columns: int) -> float:
        down = -(-count // columns)
        shape = (width / columns) / (height / down) / _SHAPE
        return max(shape, 1 / shape) * (1 + 0.1 * (columns * down - count) / count)

    return min(range(1, count + 1), key=misshapen)
