"""A drawing that is described to the core, and begun there: what marks of a canvas and of a page share."""

from __future__ import annotations

import sys

from . import _arguments, _core
from ._column import fine_instants
from ._errors import BadArgument
from ._reductions import Reduction, as_reduction, as_shaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ._canvas import Canvas
    from ._streams import Source

__all__ = ["area", "axis_range", "bound", "ceiling", "fold", "job", "line", "points"]

#: Where a line in steps changes its height, as Matplotlib calls it.
STEPS = ("pre", "mid", "post")
#: The widest line, in pixels.
MOST_WIDTH = 1000


def job(
    canvas: Canvas,
    mark: _core.Mark,
    reduction: Reduction | str | None,
    *,
    threads: int | None = None,
    memory: str | int | None = None,
    exact: bool = False,
    progress: Callable[[int, int | None], object] | None = None,
    page: _core.PageSpec | None = None,
) -> _core.Job:
    """A drawing that is described but not begun; with a page, of the size of its plot area."""
    if canvas.tiled is True and not mark.is_points:
        raise BadArgument("tiled=True is for points; other marks are drawn on a canvas that is not tiled")
    return _core.Job(
        mark,
        (as_reduction if page is None else as_shaded)(reduction)._spec(),
        canvas.width,
        canvas.height,
        axis_range(canvas.x_range, "x_range"),
        axis_range(canvas.y_range, "y_range"),
        canvas.x_scale,
        canvas.y_scale,
        _arguments.optional(_arguments.whole, threads, "threads", 1),
        # A page has taken its budget, or what the scopes around leave, already.
        None if page is not None and memory is None else ceiling(memory),
        _arguments.flag(exact, "exact"),
        None if canvas.tiled == "auto" else canvas.tiled,
        _arguments.optional(_arguments.function, progress, "progress"),
        page,
    )


def points(x: str, y: str) -> _core.Mark:
    """A point for each row."""
    return _core.Mark.points(_arguments.text(x, "x"), _arguments.text(y, "y"))


def line(
    x: str,
    y: str,
    group: str | None,
    line_width: float = 0,
    step: str | None = None,
    self_intersect: bool = True,
) -> _core.Mark:
    """Rows joined in their order, or in that of each group."""
    width = _arguments.number(line_width, "line_width")
    if not 0 <= width <= MOST_WIDTH:
        raise BadArgument(
            f"line_width must be from 0 (whole pixels) to {MOST_WIDTH} pixels, not {line_width!r}"
        )
    return _core.Mark.line(
        _arguments.text(x, "x"),
        _arguments.text(y, "y"),
        _arguments.optional(_arguments.text, group, "group"),
        width,
        _arguments.optional(_arguments.choice, step, "step", STEPS),
        _arguments.flag(self_intersect, "self_intersect"),
    )


def area(
    x: str, y: str | Sequence[str], base: float | str, group: str | None, step: str | None
) -> _core.Mark:
    """What lies between a line and its base; of several columns, each on those before it."""
    heights = [y] if isinstance(y, str) else y
    if not isinstance(heights, list | tuple) or not heights:
        raise BadArgument(f"y must be the name of a column, or a list of such names, not {y!r}")
    names = [_arguments.text(name, "y") for name in heights]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise BadArgument(f"y names {twice[0]!r} twice; each column is one layer of the stack")
    if isinstance(base, str):
        foot: float | str = _arguments.text(base, "base")
    else:
        foot = _arguments.number(base, "base")
    return _core.Mark.area(
        _arguments.text(x, "x"),
        names,
        foot,
        _arguments.optional(_arguments.text, group, "group"),
        _arguments.optional(_arguments.choice, step, "step", STEPS),
    )


def ceiling(memory: str | int | None) -> str | None:
    """A budget as it is given; without one, what the budgets of the scopes around leave, if that is less than the process
    has."""
    if memory is not None:
        return _arguments.budget(memory, "memory")
    scopes = sys.modules.get("drypoint._lifetime.scope")
    room = None if scopes is None else scopes.room()
    if room is None:
        return None
    pool = _core.memory()
    return str(max(1, room)) if room < pool["budget"] - pool["reserved"] else None


def fold(
    rows: Source, begun: _core.Job
) -> _core.Aggregate | _core.TiledAggregate | list[tuple[str, _core.Aggregate]]:
    """Fold a source of any kind into a core aggregate."""
    try:
        if not rows.one_shot:
            return begun.draw(rows._head())
        for part in rows._parts():
            begun.consume(part)
            del part  # or its arrays would be held while the next ones are made
        return begun.finish()
    finally:
        begun.close()


def axis_range(value: Any, name: str) -> tuple[float | str, float | str] | None:
    """Numbers as floats and instants as ISO text, which the core reads in the unit of the column."""
    if value is None:
        return None
    try:
        start, end = value
    except (TypeError, ValueError):
        raise BadArgument(f"{name} must be (start, end), not {value!r}") from None
    return bound(start, name), bound(end, name)


def bound(value: Any, name: str) -> float | str:
    if isinstance(value, str):
        return _arguments.text(value, name)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if getattr(getattr(value, "dtype", None), "kind", None) == "M":
        return str(fine_instants(value))
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise BadArgument(f"{name}: {value!r} is neither a number nor a date") from None
