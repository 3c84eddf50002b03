"""Tables of categories drawn to cells."""

from __future__ import annotations

from . import _arguments, _core
from ._aggregate import Aggregate
from ._errors import BadArgument, MissingColumn
from ._job import ceiling
from ._meshes import _given
from ._reductions import Reduction, as_reduction
from ._streams import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ._canvas import Canvas

__all__ = ["ORDERS", "heatmap"]

ORDERS = ("sorted", "appearance", "count")


def heatmap(
    canvas: Canvas,
    source: Any,
    x: str,
    y: str,
    reduction: Reduction | str | None,
    order: str,
    categories: Sequence[str],
    most: int,
    threads: int | None,
    memory: str | int | None,
    progress: Callable[[int, int | None], object] | None,
) -> Aggregate:
    """`Canvas.heatmap`."""
    rows = scan(source)
    names = (_arguments.text(x, "x"), _arguments.text(y, "y"))
    if isinstance(categories, str):
        raise BadArgument(f"categories must be a list of names, not {categories!r}")
    for name in categories:
        if name not in names:
            raise MissingColumn(f"categories: {name!r} is neither x, {x!r}, nor y, {y!r}")
    head = rows._head()
    axes = []
    for name, pixels, given, scale, label in (
        (names[0], canvas.width, canvas.x_range, canvas.x_scale, "x_range"),
        (names[1], canvas.height, canvas.y_range, canvas.y_scale, "y_range"),
    ):
        unit = _core.Histogram.unit(head, name)
        span = None if given is None else _given(given, label, unit)
        axes.append((name, name in categories, pixels, span, scale))
    made = _core.Heatmap(
        axes[0],
        axes[1],
        _arguments.choice(order, "order", ORDERS),
        _arguments.whole(most, "max_categories", 1),
        as_reduction(reduction)._spec(),
        _arguments.optional(_arguments.whole, threads, "threads", 1),
        ceiling(memory),
        _arguments.optional(_arguments.function, progress, "progress"),
    )
    try:
        if not rows.one_shot:
            return Aggregate(made.draw(head))
        for part in rows._parts():
            made.consume(part)
            del part  # or its arrays would be held while the next ones are made
        return Aggregate(made.finish())
    finally:
        made.close()
