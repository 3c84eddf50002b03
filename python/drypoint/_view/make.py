"""The function that makes a view: its arguments are checked, and what would fail at a move fails here."""

from __future__ import annotations

from .. import _arguments, _job
from .._draw import check_options, choose_columns
from .._errors import BadArgument
from .._reductions import as_shaded
from .._shading import shading
from .._streams import scan
from .drawing import Drawing
from .view import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from .._canvas import _Range, _ScaleName
    from .._reductions import Reduction

__all__ = ["view"]

#: What can be folded anew at each move.
_MARKS = ("points", "line")
_SCALES = ("linear", "log")
_SIDES = (50, 4000)


def view(
    source: Any,
    x: str | None = None,
    y: str | None = None,
    color: Reduction | str | None = None,
    *,
    mark: Literal["points", "line"] = "points",
    group: str | None = None,
    width: int = 720,
    height: int = 480,
    x_range: _Range | None = None,
    y_range: _Range | None = None,
    x_scale: _ScaleName = "linear",
    y_scale: _ScaleName = "linear",
    cmap: str | list[str] | None = None,
    how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
    span: tuple[float, float] | None = None,
    spread: int | None = None,
    memory: str | int | None = None,
    threads: int | None = None,
) -> View:
    """Show a source in a notebook so that it can be moved and zoomed; each move is folded anew, exactly.

    Drag to move, turn the wheel to zoom (after a click, or with Ctrl), draw a box with Shift, double-click to see all;
    with the keyboard, arrows move, ``+`` and ``-`` zoom, ``0`` shows all. Under the pointer the values are told.

    Parameters
    ----------
    source : anything `scan` takes that can be read again
        Not copied, and held until the view is closed.
    x, y : str, optional
        Columns, as in `draw`.
    color : Reduction, optional
        What is folded in each pixel: `count` by default.
    mark : {"points", "line"}
        As in `draw`.
    group : str, optional
        For lines, as in `Canvas.line`.
    width, height : int, default 720 and 480
        Of the plot area, in pixels of the page, from 50 to 4000. Screens of high density get as many pixels as they
        have; narrow pages show less.
    x_range, y_range : (start, end), optional
        What is shown first; all by default.
    x_scale, y_scale : {"linear", "log"}
        As in `Canvas`.
    cmap, how, span, spread
        As in `Figure.points`.
    memory : str or int, optional
        A budget for the view: for each pass over the source and for what it keeps.
    threads : int, optional
        As in `Canvas.points`.

    Returns
    -------
    View
        A notebook shows it. ``view.close()`` ends it.

    Raises
    ------
    MissingColumn, NotNumeric, EmptyData, BudgetExceeded, BadArgument
        Now, not when it is moved. Errors of later passes are told in the view.

    Notes
    -----
    The source is read once to begin with, and before that for its ranges if it has no statistics. Counts of points
    (`count`, `any`) of sources that take longer than 40 ms to read are then cut into tiles in the background, at most
    5 bytes a row in half of the budget: moves are answered from these in milliseconds. Windows far deeper than them take
    one pass, which cuts tiles around them. All other folds take a pass over the source each time that they leave what
    was read last; a margin around it is read along. Passes that nobody waits for any more are stopped.

    Needs the package anywidget to be shown: ``pip install drypoint[notebook]``.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> points = {"x": array("d", [0, 1, 2, 3]), "y": array("d", [0, 1, 4, 9])}
    >>> view = dp.view(points, "x", "y", width=400, height=300)
    >>> [round(end, 2) for end in view.x_range]
    [-0.07, 3.07]
    >>> view.close()
    """
    rows = scan(source)
    if rows.one_shot:
        raise BadArgument(
            f"{rows.name} can be read only once, and a view reads its source again when it is moved; "
            "give it a file, arrays or a table"
        )
    check_options(_arguments.choice(mark, "mark", _MARKS), group=group)
    across, up = choose_columns(rows, x, y)
    assert isinstance(up, str)
    drawing = Drawing(
        rows,
        (across, up),
        _job.line(across, up, group) if mark == "line" else _job.points(across, up),
        as_shaded(color),
        shading(cmap, how, span, spread=spread),
        (_arguments.choice(x_scale, "x_scale", _SCALES), _arguments.choice(y_scale, "y_scale", _SCALES)),
        _arguments.optional(_arguments.budget, memory, "memory"),
        _arguments.optional(_arguments.whole, threads, "threads", 1),
    )
    size = _arguments.whole(width, "width", *_SIDES), _arguments.whole(height, "height", *_SIDES)
    for name, ends in (("x_range", x_range), ("y_range", y_range)):
        _arguments.optional(drawing.span, ends, name)
    made = View(drawing, drawing.grid(*size))
    if x_range is not None or y_range is not None:
        made.show(x_range, y_range)
    return made
