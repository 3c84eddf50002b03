"""One line from a source to a figure."""

from __future__ import annotations

from . import _arguments, _core, _job
from ._errors import BadArgument
from ._figure import Figure
from ._shading import shading
from ._streams import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal

    from ._canvas import _Range, _ScaleName, _StepName
    from ._reductions import Reduction
    from ._streams import Source

__all__ = ["draw"]

MARKS = ("points", "line", "area", "auto", "histogram", "heatmap")
#: Marks that count rows in cells of their own, not in pixels.
TABLES = ("histogram", "heatmap")
#: Rows that are looked at to choose a mark.
_GLANCE = 4096
#: Columns that a message names at most.
_LISTED = 20


def draw(
    source: Any,
    x: str | None = None,
    y: str | Sequence[str] | None = None,
    *,
    mark: Literal["points", "line", "area", "auto", "histogram", "heatmap"] = "points",
    group: str | None = None,
    line_width: float | None = None,
    step: _StepName | None = None,
    base: float | str | None = None,
    bins: Any = None,
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
    cmap: Any = None,
    how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
    span: tuple[float, float] | None = None,
    spread: int | None = None,
    alpha: int = 255,
    min_alpha: int | None = None,
    label: str | None = None,
    facet: str | None = None,
    facet_columns: int | None = None,
    aspect: Literal["equal"] | float | None = None,
    grid: bool = True,
    theme: Literal["light", "dark"] = "light",
    background: Any = None,
    font_size: float = 12,
    scale: float | None = None,
    dpi: float | None = None,
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
    mark : {"points", "line", "area", "auto", "histogram", "heatmap"}
        A point for each row, rows joined by lines in their order, or what lies between such a line and its base.
        ``"auto"``: lines if x rises from each of the first rows to the next, otherwise points, as for streams that can be
        read only once. ``"histogram"``: bars of x, as `Figure.histogram`; ``color=dp.by("kind")`` stacks those of
        categories, ``color=dp.sum("w")`` adds up weights. ``"heatmap"``: a table of x and y, as `Figure.heatmap`.
    group : str, optional
        For lines and areas: rows of one value of this column are one line, as in `Canvas.line`.
    line_width : float, optional
        For lines: in units of the page, antialiased, as in `Figure.line`. Lines of whole pixels by default.
    step : {"pre", "mid", "post"}, optional
        For lines and areas: go in steps, as in `Canvas.line`.
    base : float or str, optional
        For areas: the height or the column that they stand on, as in `Canvas.area`; 0 by default.
    bins : int, rule, array or two int, optional
        For histograms as in `histogram`, for heatmaps as in `Figure.heatmap`.
    color : Reduction, optional
        What is folded in each pixel: `count` by default, ``dp.mean("fare")``, ``dp.by("vendor")``.
    width, height, title, caption, x_label, y_label, x_range, y_range, x_scale, y_scale
        As in `Figure`.
    cmap, how, span, spread, alpha, min_alpha, label
        As in `Figure.points`.
    facet : str, optional
        A column of categories: one axes for each of its values, all of one range and one scale of colours. Needs a source
        that can be read twice.
    facet_columns : int, optional
        Axes side by side; as they can best be read, by default.
    aspect, grid, theme, background, font_size, scale, dpi
        As in `Figure`.
    memory : str or int, optional
        A budget for this figure, within that of the process.
    threads, exact, progress
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
    page: dict[str, Any] = {
        "title": title,
        "caption": caption,
        "x_label": x_label,
        "y_label": y_label,
        "aspect": aspect,
        "grid": grid,
        "theme": theme,
        "background": background,
        "font_size": font_size,
        "scale": scale,
        "dpi": dpi,
        "memory": memory,
    }
    colors: dict[str, Any] = {
        "cmap": cmap,
        "how": how,
        "span": span,
        "spread": spread,
        "alpha": alpha,
        "min_alpha": min_alpha,
        "label": label,
    }
    running: dict[str, Any] = {"threads": threads, "exact": exact, "progress": progress}
    if facet_columns is not None and facet is None:
        raise BadArgument("facet_columns is for facet=, which names a column of categories")
    if x is None and y is None and (matrix := _sparse_matrix(source)) is not None:
        from ._arrays.spy import drawn

        if facet is not None:
            raise BadArgument("a sparse matrix has no column for facet=")
        return drawn(matrix, color, (width, height), (x_range, y_range), page, colors, running)
    if bins is not None and mark not in TABLES:
        raise BadArgument(f"bins={bins!r} is for mark='histogram' or 'heatmap', not for mark={mark!r}")
    if mark in TABLES:
        if facet is not None:
            raise BadArgument(f"facet= is for points and lines, not for mark={mark!r}")
        if y is not None and not isinstance(y, str):
            raise BadArgument(f"y={y!r}: several columns are for mark='area', which stacks them")
        page.update(
            width=width, height=height, x_range=x_range, y_range=y_range, x_scale=x_scale, y_scale=y_scale
        )
        figure = Figure(**page)
        table(figure, rows, mark, x, y, color, bins, colors, running)
        figure._drawn()
        return figure
    x, y = choose_columns(rows, x, y, several=mark == "area")
    if mark == "auto":
        lines = group is not None or line_width is not None or step is not None
        mark = "line" if lines or _rises(rows, x) else "points"
    page.update(
        width=width, height=height, x_range=x_range, y_range=y_range, x_scale=x_scale, y_scale=y_scale
    )
    if facet is not None:
        from ._facets import faceted

        density = Figure(**page)._scale
        wide = None if line_width is None else _arguments.number(line_width, "line_width") * density
        told = shading(cmap, how, span, spread=spread, alpha=alpha, min_alpha=min_alpha)
        drawn_as = mark_of(mark, x, y, group, wide, step, base)
        figure = faceted(rows, drawn_as, facet, facet_columns, color, told, label, page, running)
    elif mark == "points":
        assert isinstance(y, str)
        figure = Figure(**page).points(rows, x, y, color, **colors, **running)
    else:
        _arguments.flag(running.pop("exact"), "exact")
        if mark == "line":
            stroke = 0.0 if line_width is None else line_width
            figure = Figure(**page).line(
                rows, x, y, color, group=group, line_width=stroke, step=step, **colors, **running
            )
        else:
            if colors.pop("spread") is not None:
                raise BadArgument(f"spread={spread!r} is for points and lines; areas are not spread")
            foot = 0 if base is None else base
            figure = Figure(**page).area(
                rows, x, y, color, base=foot, group=group, step=step, **colors, **running
            )
    figure._drawn()
    return figure


def table(
    figure: Figure,
    rows: Source,
    mark: str,
    x: str | None,
    y: str | None,
    color: Reduction | str | None,
    bins: Any,
    colors: dict[str, Any],
    running: dict[str, Any],
) -> None:
    """Add a histogram or a heatmap to a figure."""
    from ._histogram import only_number
    from ._reductions import as_reduction

    _arguments.flag(running["exact"], "exact")
    running = {name: value for name, value in running.items() if name != "exact"}
    for name in ("spread", "min_alpha"):
        if colors[name] is not None:
            raise BadArgument(f"{name}= is for points and lines, not for mark={mark!r}")
    if mark == "heatmap":
        if x is None or y is None:
            raise BadArgument(f"{rows.name}: say which columns are x and y of the heatmap: {rows.columns}")
        shown = {name: colors[name] for name in ("cmap", "span", "alpha", "label")}
        how = {} if colors["how"] is None else {"how": colors["how"]}
        across = {} if bins is None else {"bins": bins}
        figure.heatmap(rows, x, y, color, **shown, **how, **across, **running)
        return
    if y is not None:
        raise BadArgument(f"a histogram has one column, x; y={y!r} is for other marks")
    for name in ("how", "span"):
        if colors[name] is not None:
            raise BadArgument(f"{name}= is for values of pixels; bars have one colour each")
    fold = as_reduction(color)
    by, inner = (fold.column, fold.inner or as_reduction(None)) if fold.name == "by" else (None, fold)
    if inner.name not in ("count", "sum") or (inner.name == "count" and inner.column is not None):
        raise BadArgument(f"the bars of a histogram are counts or sums of a column, not {inner}")
    figure.histogram(
        rows,
        only_number(rows) if x is None else x,
        bins="auto" if bins is None else bins,
        weights=inner.column,
        by=by,
        cmap=colors["cmap"],
        alpha=colors["alpha"],
        label=colors["label"],
        **running,
    )


def _rises(rows: Source, x: str) -> bool:
    """Whether the first rows are in the order of x."""
    if rows.one_shot:
        return False
    column = next(iter(rows._head().batches([x], _GLANCE)), None)
    if column is None or len(column) < 3:
        return False
    import numpy

    values = numpy.asarray(column[x])
    return values.dtype.kind in "iufM" and bool((values[1:] > values[:-1]).all())


#: What only some marks take.
_MARKS_OF = {
    "group": ("line", "area", "auto"),
    "line_width": ("line", "auto"),
    "step": ("line", "area", "auto"),
    "base": ("area",),
}


def check_options(mark: str, **options: Any) -> None:
    """Refuse what a mark does not take: it would be passed over in silence."""
    for name, value in options.items():
        marks = _MARKS_OF[name]
        if value is None or mark in marks:
            continue
        named = " or ".join(f"mark={each!r}" for each in marks if each != "auto")
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
