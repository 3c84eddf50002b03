"""The calls that draw: each makes a mark, and the artist that shows it."""

from __future__ import annotations

from .. import _arguments
from .._aggregate import MOST_SPREAD
from .._errors import BadArgument
from ._artist import AggregateImage
from ._colors import colormap
from ._marks import Area, Line, Points
from ._norms import HOWS, norm_for
from ._windows import check_axes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize

    from .._reductions import Reduction
    from ._marks import Mark

    _How = Literal["eq_hist", "linear", "log", "cbrt"]
    _Map = str | Colormap | Sequence[Any]

__all__ = ["area", "line", "points", "raster"]


def points(
    ax: Axes,
    source: Any,
    x: str,
    y: str,
    reduction: Reduction | str | None = None,
    *,
    cmap: _Map | Mapping[str, Any] | None = None,
    how: _How | None = None,
    norm: Normalize | None = None,
    span: tuple[float, float] | None = None,
    spread: int = 0,
    min_alpha: int = 150,
    alpha: float | None = None,
    zorder: float = 1,
    label: str | None = None,
    resolution: float = 1.0,
    memory: str | int | None = None,
    threads: int | None = None,
    **properties: Any,
) -> AggregateImage:
    """Draw the points of a source of any size in an axes of Matplotlib.

    The artist folds the source to the pixels of its axes when it is drawn, and again when limits, scales, size or
    dpi have changed. It holds the source, not a copy of its rows: files are read again at each fold.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Plain (no polar or 3-D ones); each axis linear or logarithmic, in any direction. Instants make an axis
        without units a date axis.
    source : anything `drypoint.scan` takes that can be read again
        Files, arrays, tables; no generators.
    x, y : str
        Columns of numbers, dates or truth values.
    reduction : Reduction, optional
        What is folded in each pixel: `count` by default, ``dp.mean("fare")``, ``dp.by("vendor")``.
    cmap : str, Colormap, colours, or mapping of category to colour, optional
        A map of Matplotlib or Drypoint; by default Drypoint's own for the ground of the axes, on which single
        points are seen. For `by`: one colour for each category, or where they are taken from; those of the axes'
        cycle by default.
    how : {"eq_hist", "linear", "log", "cbrt"}, optional
        How values are spread over the colours, whose ends follow the values of each window: by rank by default.
    norm : matplotlib.colors.Normalize, optional
        In place of `how`. Limits that it lacks are set at the first fold and stay, so that several artists may
        share it.
    span : (low, high), optional
        Values at the ends of the colours, at every window.
    spread : int, default 0
        Let every pixel cover this many around it, at most 100, for sparse data.
    min_alpha : int, default 150
        For `by`: the opacity, from 0 to 255, of the emptiest pixel.
    alpha : float, optional
        Opacity of the whole image.
    zorder : float, default 1
        As of other artists: above patches, below lines.
    label : str, optional
        Text of its entry in a legend. `by` has an entry for each category (the first 20); ``"_nolegend_"`` takes
        them out.
    resolution : float, default 1.0
        Cells for each pixel of the page along one side, more than 0 and at most 1: larger points on fine pages.
    memory : str or int, optional
        A budget for each fold, within that of the process.
    threads : int, optional
        As many as there are cores, and as fit in the budget, by default.
    **properties
        Any other property of an artist: ``visible``, ``clip_path``, ``animated``, ``rasterized``, ``gid``, ...

    Returns
    -------
    AggregateImage
        Its ``set_data`` takes another source; ``fig.colorbar`` takes it.

    Raises
    ------
    MissingColumn, NotNumeric, SourceNotFound, UnknownFormat, BadArgument
        At once; nothing is added to the axes then. What a fold meets (`BudgetExceeded`, `CorruptData`) is raised
        where the figure is drawn or saved.

    Notes
    -----
    Costs one fold for each window drawn. Where an axis scales by itself, or for `by`, a pass before it finds how
    far the data reach; none where the source has statistics. Pixels take 8 bytes each for counts, 12 for other folds.

    Examples
    --------
    >>> import drypoint as dp, matplotlib.pyplot as plt, numpy as np
    >>> fig, ax = plt.subplots()
    >>> rows = {"x": np.linspace(0, 1, 1000), "y": np.linspace(2, 3, 1000)}
    >>> image = dp.matplotlib.points(ax, rows, "x", "y", how="log")
    >>> bar = fig.colorbar(image)
    >>> plt.close(fig)
    """
    check_axes(ax)
    return _drawn(
        ax,
        Points(source, x, y, reduction, memory, threads),
        cmap=cmap,
        how=how,
        norm=norm,
        span=span,
        spread=spread,
        min_alpha=min_alpha,
        resolution=resolution,
        alpha=alpha,
        zorder=zorder,
        label=label,
        **properties,
    )


def line(
    ax: Axes,
    source: Any,
    x: str,
    y: str,
    reduction: Reduction | str | None = None,
    *,
    group: str | None = None,
    line_width: float = 0,
    step: Literal["pre", "mid", "post"] | None = None,
    cmap: _Map | Mapping[str, Any] | None = None,
    how: _How | None = None,
    norm: Normalize | None = None,
    span: tuple[float, float] | None = None,
    spread: int = 0,
    min_alpha: int = 150,
    alpha: float | None = None,
    zorder: float = 2,
    label: str | None = None,
    resolution: float = 1.0,
    memory: str | int | None = None,
    threads: int | None = None,
    **properties: Any,
) -> AggregateImage:
    """Draw the rows of a source, joined by lines, in an axes of Matplotlib.

    Folded as by `Canvas.line`, when `points` would fold: how often each pixel is crossed, by default. In one colour:
    ``dp.matplotlib.line(ax, source, "time", "value", "any", cmap=["C0"])``.

    Parameters
    ----------
    ax, source, x, y
        As in `points`. A row without a finite position interrupts its line.
    reduction : Reduction, optional
        As in `Canvas.line`: `count` by default.
    group : str, optional
        A column: rows of one value are one line.
    line_width : float, default 0
        As in `Canvas.line`: cells wide, antialiased; 0 for whole cells. Of `any` in one colour what is covered in part
        is as transparent, as lines of Matplotlib are.
    step : {"pre", "mid", "post"}, optional
        As in `Canvas.line`.
    zorder : float, default 2
        As of Matplotlib's lines.
    cmap, how, norm, span, spread, min_alpha, alpha, label, resolution, memory, threads, **properties
        As in `points`. Without a width lines are one pixel wide; ``spread=1`` makes them three.

    Returns
    -------
    AggregateImage
        As of `points`.

    Raises
    ------
    MissingColumn, NotNumeric, SourceNotFound, UnknownFormat, BadArgument
        As of `points`.

    Examples
    --------
    >>> import drypoint as dp, matplotlib.pyplot as plt, numpy as np
    >>> fig, ax = plt.subplots()
    >>> walk = {"t": np.arange(1000), "v": np.cumsum(np.resize([1.0, 1.0, -1.0], 1000))}
    >>> image = dp.matplotlib.line(ax, walk, "t", "v", "any", cmap=["C0"])
    >>> plt.close(fig)
    """
    check_axes(ax)
    mark = Line(source, x, y, reduction, memory, threads, group=group, line_width=line_width, step=step)
    color = _one_color(cmap) if line_width > 0 and mark.reduction.name == "any" else None
    if color is not None and (how, norm, span) == (None, None, None):
        cmap, how, span = _fading(color), "linear", (0.0, 1.0)
    return _drawn(
        ax,
        mark,
        cmap=cmap,
        how=how,
        norm=norm,
        span=span,
        spread=spread,
        min_alpha=min_alpha,
        resolution=resolution,
        alpha=alpha,
        zorder=zorder,
        label=label,
        **properties,
    )


def area(
    ax: Axes,
    source: Any,
    x: str,
    y: str,
    reduction: Reduction | str | None = None,
    *,
    base: float | str = 0,
    group: str | None = None,
    step: Literal["pre", "mid", "post"] | None = None,
    cmap: _Map | Mapping[str, Any] | None = None,
    how: _How | None = None,
    norm: Normalize | None = None,
    span: tuple[float, float] | None = None,
    min_alpha: int = 150,
    alpha: float | None = None,
    zorder: float = 1,
    label: str | None = None,
    resolution: float = 1.0,
    memory: str | int | None = None,
    threads: int | None = None,
    **properties: Any,
) -> AggregateImage:
    """Fill what lies between the rows of a source and a base in an axes of Matplotlib.

    Folded as by `Canvas.area`, when `points` would fold: how often each pixel is covered, by default. In one colour:
    ``dp.matplotlib.area(ax, source, "time", "value", "any", cmap=["C0"])``.

    Parameters
    ----------
    ax, source, x, y
        As in `points`. A row without a finite position interrupts the area. One column of heights.
    reduction : Reduction, optional
        As in `Canvas.area`: `count` by default.
    base : float or str, default 0
        The height, or the column of heights, that the area stands on.
    group, step
        As in `Canvas.area`.
    zorder : float, default 1
        As of Matplotlib's ``fill_between``.
    cmap, how, norm, span, min_alpha, alpha, label, resolution, memory, threads, **properties
        As in `points`.

    Returns
    -------
    AggregateImage
        As of `points`.

    Raises
    ------
    MissingColumn, NotNumeric, SourceNotFound, UnknownFormat, BadArgument
        As of `points`.

    Examples
    --------
    >>> import drypoint as dp, matplotlib.pyplot as plt, numpy as np
    >>> fig, ax = plt.subplots()
    >>> hill = {"t": np.arange(1000), "v": np.sin(np.arange(1000) / 300)}
    >>> image = dp.matplotlib.area(ax, hill, "t", "v", "any", cmap=["C0"])
    >>> plt.close(fig)
    """
    check_axes(ax)
    return _drawn(
        ax,
        Area(source, x, y, reduction, memory, threads, base=base, group=group, step=step),
        cmap=cmap,
        how=how,
        norm=norm,
        span=span,
        spread=0,
        min_alpha=min_alpha,
        resolution=resolution,
        alpha=alpha,
        zorder=zorder,
        label=label,
        **properties,
    )


def raster(
    ax: Axes,
    array: Any,
    *,
    method: Literal["area", "nearest", "bilinear", "max", "min", "mode"] = "area",
    extent: tuple[float, float, float, float] | None = None,
    origin: Literal["upper", "lower"] | None = None,
    cmap: _Map | None = None,
    how: _How | None = None,
    norm: Normalize | None = None,
    span: tuple[float, float] | None = None,
    alpha: float | None = None,
    zorder: float = 0,
    label: str | None = None,
    resolution: float = 1.0,
    memory: str | int | None = None,
    threads: int | None = None,
    **properties: Any,
) -> AggregateImage:
    """Draw an array of numbers of any size as an image in an axes of Matplotlib.

    Drawn as by `Canvas.raster`, when `points` would fold: of an array on disk only what the axes shows is read.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        As in `points`. Its aspect stays; ``ax.set_aspect("equal")`` makes items square.
    array, method, extent, origin
        As in `Canvas.raster`, but no iterators. Without an extent row 0 is at the top, at ``y = rows``.
    cmap : str, Colormap or colours, optional
        A map of Matplotlib or Drypoint; by default Matplotlib's, ``rcParams["image.cmap"]``.
    how : {"linear", "log", "cbrt", "eq_hist"}, optional
        How values are spread over the colours: by the value, by default.
    zorder : float, default 0
        As of Matplotlib's images.
    norm, span, alpha, label, resolution, memory, threads, **properties
        As in `points`.

    Returns
    -------
    AggregateImage
        As of `points`; ``set_data(array)`` takes another array.

    Raises
    ------
    UnsupportedData, BadArgument
        At once; what a fold meets is raised where the figure is drawn.

    Examples
    --------
    >>> import drypoint as dp, matplotlib.pyplot as plt, numpy as np
    >>> fig, ax = plt.subplots()
    >>> image = dp.matplotlib.raster(ax, np.arange(12.0).reshape(3, 4))
    >>> [float(edge) for edge in (*ax.get_xlim(), *ax.get_ylim())]
    [0.0, 4.0, 0.0, 3.0]
    >>> plt.close(fig)
    """
    from ._raster import Raster

    check_axes(ax)
    return _drawn(
        ax,
        Raster(array, method, extent, origin, memory, threads),
        cmap=_default_map() if cmap is None else cmap,
        how="linear" if how is None and norm is None else how,
        norm=norm,
        span=span,
        spread=0,
        min_alpha=255,
        resolution=resolution,
        alpha=alpha,
        zorder=zorder,
        label=label,
        **properties,
    )


def _one_color(cmap: Any) -> Any:
    """The colour, if that is all that is given."""
    return cmap[0] if isinstance(cmap, list | tuple) and len(cmap) == 1 else None


def _fading(color: Any) -> Any:
    """From nothing to a colour: what is covered in part is as transparent."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    return LinearSegmentedColormap.from_list("stroke", [(*to_rgb(color), 0.0), (*to_rgb(color), 1.0)])


def _default_map() -> str:
    from matplotlib import rcParams

    return str(rcParams["image.cmap"])


def _drawn(
    ax: Axes,
    mark: Mark,
    *,
    cmap: Any,
    how: str | None,
    norm: Any,
    span: Any,
    spread: int,
    min_alpha: int,
    resolution: float,
    **properties: Any,
) -> AggregateImage:
    """The artist of a mark, in its axes."""
    how_given = _arguments.optional(_arguments.choice, how, "how", HOWS)
    span_given = _arguments.optional(_arguments.span, span, "span")
    if norm is not None:
        if how is not None or span is not None:
            raise BadArgument("norm says how values become colours; give it alone, without how and span")
        if not hasattr(norm, "autoscale_None"):
            raise BadArgument(f"norm must be a norm of Matplotlib, such as LogNorm(), not {norm!r}")
    if mark.has_categories and norm is not None:
        raise BadArgument(
            "categories are mixed by weight; norm is for reductions to one value (how is for both)"
        )
    cells = _arguments.number(resolution, "resolution")
    if not 0 < cells <= 1:
        raise BadArgument(f"resolution must be more than 0 and at most 1, not {resolution!r}")
    image = AggregateImage(
        ax,
        mark,
        cmap=cmap if mark.has_categories else colormap(cmap, ax.get_facecolor()),
        how=how_given,
        span=span_given,
        norm=norm_for(how_given or "eq_hist", span_given) if norm is None else norm,
        follows=norm is None,
        spread=_arguments.whole(spread, "spread", 0, MOST_SPREAD),
        min_alpha=_arguments.whole(min_alpha, "min_alpha", 0, 255),
        resolution=cells,
        **properties,
    )
    image._join()
    return image
