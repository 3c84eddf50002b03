"""One line from a source to a figure."""

from __future__ import annotations

from . import _arguments, _core, _job
from ._errors import BadArgument
from ._figure import Figure
from ._streams import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal

    from ._canvas import _Range, _ScaleName, _StepName
    from ._reductions import Reduction
    from ._streams import Source

__all__ = ["draw"]

MARKS = ("points", "line", "area")
#: Columns that a message names at most.
_LISTED = 20


def draw(
    source: Any,
    x: str | None = None,
    y: str | Sequence[str] | None = None,
    *,
    mark: Literal["points", "line", "area"] = "points",
    group: str | None = None,
    line_width: float | None = None,
    step: _StepName | None = None,
    base: float | str | None = None,
    color: Reduction | str | None = None,
    width: int = 900,
    height: int = 600,
    title: str | None = None,
    caption: str | None = None,
    x_label: str | None = None,
    y_label: str | None = None,
    x_range: _Range | None = None,
    y_range: _Range | None = None,
    x_scale: _ScaleName = "linear",
    y_scale: _ScaleName = "linear",
    cmap: str | list[str] | None = None,
    how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
    span: tuple[float, float] | None = None,
    spread: int | None = None,
    theme: Literal["light", "dark"] = "light",
    scale: float = 1,
    memory: str | int | None = None,
    threads: int | None = None,
    exact: bool = False,
    progress: Callable[[int, int | None], object] | None = None,
) -> Figure:
    """Draw the rows of any source, of any size, in the memory you give.

    Parameters
    ----------
    source : path, array, mapping, table, iterator
        Anything `scan` takes.
    x, y : str, optional
        Columns. Without them: the columns called ``x`` and ``y``, or the only two that are numbers. A sparse matrix
        is drawn as by `spy`. For areas `y` may be a list of columns, which are stacked.
    mark : {"points", "line", "area"}
        A point for each row, rows joined by lines in their order, or what lies between such a line and its base.
    group : str, optional
        For lines and areas: rows of one value of this column are one line, as in `Canvas.line`.
    line_width : float, optional
        For lines: in units of the page, antialiased, as in `Figure.line`. Lines of whole pixels by default.
    step : {"pre", "mid", "post"}, optional
        For lines and areas: go in steps, as in `Canvas.line`.
    base : float or str, optional
        For areas: the height or the column that they stand on, as in `Canvas.area`; 0 by default.
    color : Reduction, optional
        What is folded in each pixel: `count` by default, ``dp.mean("fare")``, ``dp.by("vendor")``.
    width, height, title, caption, x_label, y_label, x_range, y_range, x_scale, y_scale, theme, scale
        As in `Figure`.
    cmap, how, span, spread
        As in `Figure.points`.
    memory, threads, exact, progress
        As in `Canvas.points`. Lines and areas are always exact.

    Returns
    -------
    Figure
        ``.save("name.png")`` writes it (also ``.svg``, ``.pdf``); a notebook shows it.

    Raises
    ------
    MissingColumn, NotNumeric, EmptyData, BudgetExceeded, BadArgument
        Before anything is written.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> dp.draw({"t": array("d", range(100)), "v": array("d", range(100))}, x="t", y="v")
    <Figure 900 × 600: v over t, count()>
    """
    _arguments.choice(mark, "mark", MARKS)
    check_options(mark, group=group, line_width=line_width, step=step, base=base)
    rows = scan(source)
    if x is None and y is None and (matrix := _sparse_matrix(source)) is not None:
        from ._arrays.spy import drawn

        return drawn(
            matrix,
            color,
            (width, height),
            (x_range, y_range),
            {"title": title, "caption": caption, "x_label": x_label, "y_label": y_label, "theme": theme},
            {"cmap": cmap, "how": how, "span": span, "spread": spread},
            {"memory": memory, "threads": threads, "exact": exact, "progress": progress},
            scale,
        )
    x, y = choose_columns(rows, x, y, several=mark == "area")
    figure = Figure(
        width,
        height,
        title=title,
        caption=caption,
        x_label=x_label,
        y_label=y_label,
        x_range=x_range,
        y_range=y_range,
        x_scale=x_scale,
        y_scale=y_scale,
        theme=theme,
        scale=scale,
    )
    shading: dict[str, Any] = {"cmap": cmap, "how": how, "span": span, "spread": spread}
    running: dict[str, Any] = {"threads": threads, "memory": memory, "progress": progress}
    if mark == "points":
        assert isinstance(y, str)
        return figure.points(rows, x, y, color, exact=exact, **shading, **running)
    _arguments.flag(exact, "exact")
    if mark == "line":
        assert isinstance(y, str)
        stroke = 0.0 if line_width is None else line_width
        return figure.line(rows, x, y, color, group=group, line_width=stroke, step=step, **shading, **running)
    if spread is not None:
        raise BadArgument(f"spread={spread!r} is for points and lines; areas are not spread")
    del shading["spread"]
    foot = 0 if base is None else base
    return figure.area(rows, x, y, color, base=foot, group=group, step=step, **shading, **running)


#: What only some marks take.
_MARKS_OF = {
    "group": ("line", "area"),
    "line_width": ("line",),
    "step": ("line", "area"),
    "base": ("area",),
}


def check_options(mark: str, **options: Any) -> None:
    """Refuse what a mark does not take: it would be passed over in silence."""
    for name, value in options.items():
        marks = _MARKS_OF[name]
        if value is None or mark in marks:
            continue
        named = " or ".join(f"mark={each!r}" for each in marks)
        hint = f"; to colour points use dp.by({value!r})" if name == "group" else ""
        raise BadArgument(f"{name}={value!r} is for {named}, not for mark={mark!r}{hint}")


def mark_of(
    mark: str,
    x: str,
    y: str | Sequence[str],
    group: str | None,
    line_width: float | None = None,
    step: str | None = None,
    base: float | str | None = None,
) -> _core.Mark:
    """The mark of that name."""
    if mark == "area":
        return _job.area(x, y, 0 if base is None else base, group, step)
    assert isinstance(y, str)
    if mark == "line":
        return _job.line(x, y, group, 0 if line_width is None else line_width, step)
    return _job.points(x, y)


def _sparse_matrix(source: Any) -> Any:
    """The source, if it is a sparse array of two dimensions."""
    if not hasattr(source, "nnz") or getattr(source, "ndim", 0) != 2:
        return None
    from ._arrays.sparse import Sparse
    from ._arrays.sparse_parts import is_foreign

    return source if isinstance(source, Sparse) or is_foreign(source) else None


def choose_columns(
    rows: Source, x: str | None, y: str | Sequence[str] | None, *, several: bool = False
) -> tuple[str, str | Sequence[str]]:
    """The columns to draw where the caller names none or one."""
    if y is not None and not isinstance(y, str) and not several:
        raise BadArgument(f"y={y!r}: several columns are for mark='area', which stacks them")
    if x is not None and y is not None:
        return x, y
    numeric = rows._head().numeric
    columns = rows.columns
    names = [name for name, drawable in zip(columns, numeric, strict=True) if drawable]
    if x is None and y is None:
        if "x" in columns and "y" in columns:
            return "x", "y"
        if len(names) == 2:
            return names[0], names[1]
    missing = [name for name, given in (("x", x), ("y", y)) if given is None]
    which = f"column is {missing[0]}" if len(missing) == 1 else "columns are x and y"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    listed = ", ".join(repr(name) for name in names[:_LISTED]) + more or "none"
    raise BadArgument(f"{rows.name}: say which {which}; columns of numbers: {listed}")
