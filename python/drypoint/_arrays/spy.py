"""Pictures of where a sparse matrix has its values: row 0 at the top, nothing made dense."""

from __future__ import annotations

from .. import _arguments
from .._canvas import Canvas
from .._errors import BadArgument, EmptyData
from .._figure import Figure
from .._reductions import Reduction, as_reduction
from .._reductions import max as greatest
from .._streams import Source
from .sparse import Sparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Literal

    from .._image import Image

__all__ = ["drawn", "spy", "thumbnail"]

#: Reductions that say the same of a cell however many points it is drawn with.
_OF_CELLS = ("any", "max", "min", "mean", "first", "last")
#: Points that cells larger than pixels are drawn with at most.
_MOST_POINTS = 20_000_000
#: Points of a batch.
_BATCH = 1 << 19
#: What labels and key of a page take beside the data, about.
_MARGIN_WIDTH, _MARGIN_HEIGHT = 150, 95
#: Pixels of the longer side of a notebook's picture.
_THUMBNAIL = 160


def spy(
    matrix: Any,
    *,
    color: Reduction | str | None = None,
    width: int = 600,
    height: int | None = None,
    title: str | None = None,
    caption: str | None = None,
    x_label: str | None = None,
    y_label: str | None = None,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    cmap: str | list[str] | None = None,
    how: Literal["eq_hist", "linear", "log", "cbrt"] | None = None,
    span: tuple[float, float] | None = None,
    spread: int | None = None,
    theme: Literal["light", "dark"] = "light",
    scale: float = 1,
    memory: str | int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> Figure:
    """Draw where a sparse matrix has its values, row 0 at the top.

    Parameters
    ----------
    matrix : sparse array
        Of two dimensions: `CooArray`, `CsrArray`, of scipy.sparse or of the package sparse.
    color : Reduction, optional
        What each pixel shows of the entries in it; how many there are, by default. ``dp.mean("value")`` for values.
    width, height : int, optional
        Of the page. By default the height suits the matrix, its cells as high as wide where that is neither flat nor
        tall.
    title, caption, x_label, y_label, theme, scale
        As in `Figure`. The labels are ``col`` and ``row`` by default.
    x_range, y_range : (start, end), optional
        Columns and rows to show; cell ``n`` reaches from ``n - 0.5`` to ``n + 0.5``. All by default.
    cmap, how, span, spread
        As in `Figure.points`.
    memory, threads, progress
        As in `Canvas.points`.

    Returns
    -------
    Figure
        ``.save("name.png")`` writes it; a notebook shows it. Cells larger than pixels are drawn as rectangles.

    Raises
    ------
    BadArgument
        If it is no sparse matrix.
    EmptyData
        If nothing is stored in it.
    BudgetExceeded
        Before anything is drawn.

    Notes
    -----
    Costs a pass over the entries and memory for the picture alone.

    Examples
    --------
    >>> import drypoint as dp
    >>> bands = dp.CooArray(([1.0] * 9, (range(9), [0, 1, 2, 0, 1, 2, 0, 1, 2])), shape=(9, 3))
    >>> dp.spy(bands, width=400)
    <Figure 400 × 595: row over col, max('value')>
    """
    if not isinstance(matrix, Sparse) and not hasattr(matrix, "nnz"):
        raise BadArgument(
            f"spy draws a sparse matrix, not a {type(matrix).__name__}; dp.CsrArray(...) makes one of a dense array"
        )
    width = _arguments.whole(width, "width", 1)
    return drawn(
        matrix,
        color,
        (width, height),
        (x_range, y_range),
        {
            "title": title,
            "caption": caption,
            "x_label": x_label,
            "y_label": y_label,
            "theme": theme,
            "scale": scale,
            "memory": memory,
        },
        {"cmap": cmap, "how": how, "span": span, "spread": spread},
        {"threads": threads, "progress": progress},
    )


def drawn(
    matrix: Any,
    color: Reduction | str | None,
    size: tuple[int, int | None],
    ranges: tuple[Any, Any],
    page: dict[str, Any],
    shading: dict[str, Any],
    work: dict[str, Any],
) -> Figure:
    """A figure of a matrix, its rows downwards."""
    held = _sparse(matrix)
    rows, columns = held.shape
    if not held.nnz:
        raise EmptyData(f"nothing is stored in this {type(held).__name__}; there is nothing to draw")
    x_range = (-0.5, columns - 0.5) if ranges[0] is None else _arguments.span(ranges[0], "x_range")
    y_range = (-0.5, rows - 0.5) if ranges[1] is None else _arguments.span(ranges[1], "y_range")
    seen = (x_range[1] - x_range[0], y_range[1] - y_range[0])
    width, height = size
    if height is None:
        across = max(width - _MARGIN_WIDTH, 1)
        down = across * seen[1] / max(seen[0], 1e-9)
        height = round(min(max(down, across / 3), 2 * across)) + _MARGIN_HEIGHT
    figure = Figure(
        width,
        height,
        x_range=x_range,
        y_range=(-y_range[1], -y_range[0]),
        **page,
    )
    figure._y_downwards = True
    scale = figure._scale
    reduction = None if color is None else as_reduction(color)
    samples = [
        max(1, -(-int(pixels * scale) // max(int(cells), 1)) + 1) if pixels * scale >= 2 * cells else 1
        for pixels, cells in zip((width, height), seen, strict=True)
    ]
    points = samples[0] * samples[1] * held.nnz
    cells = reduction is None or reduction._spec()[0] in _OF_CELLS
    if samples != [1, 1] and cells and points <= _MOST_POINTS:
        # Each cell is drawn with so many points that every pixel of it has one.
        reduction = reduction or greatest("value")
        shading = {**shading, "spread": shading["spread"] or 0}
        source: Any = _cells(held, samples[0], samples[1])
    else:
        source = Source(held._source(mirrored=0))
    figure.points(source, "col", "row", reduction, **shading, **work)
    figure._drawn()
    return figure


def _sparse(matrix: Any) -> Sparse:
    from .coo import CooArray
    from .csr import CsrArray
    from .sparse_parts import is_foreign

    if not isinstance(matrix, Sparse):
        if not is_foreign(matrix):
            raise BadArgument(f"a sparse matrix is needed, not a {type(matrix).__name__}")
        by_rows = getattr(matrix, "format", None) in ("csr", "csc")
        matrix = CsrArray(matrix) if by_rows and matrix.ndim == 2 else CooArray(matrix)
    held: Sparse = matrix
    if held.ndim != 2:
        raise BadArgument(f"only a matrix has rows and columns to draw, not an array of shape {held.shape}")
    return held


def _cells(matrix: Sparse, across: int, down: int) -> Iterator[dict[str, Any]]:
    """The entries, each as points that fill its cell."""
    import numpy

    x = numpy.repeat((numpy.arange(across) + 0.5) / across - 0.5, down)
    y = numpy.tile((numpy.arange(down) + 0.5) / down - 0.5, across)
    batch = max(1, _BATCH // len(x))
    for part in Source(matrix._source(mirrored=0)).batches(["col", "row", "value"], batch):
        yield {
            "col": (numpy.asarray(part["col"]).astype("float64")[:, None] + x).ravel(),
            "row": (numpy.asarray(part["row"]).astype("float64")[:, None] + y).ravel(),
            "value": numpy.repeat(part["value"], len(x)),
        }


def thumbnail(matrix: Sparse) -> Image:
    """A small picture without axes."""
    rows, columns = matrix.shape
    longer = max(rows, columns)
    width, height = (max(8, round(_THUMBNAIL * length / longer)) for length in (columns, rows))
    canvas = Canvas(
        min(width, max(columns, 1)),
        min(height, max(rows, 1)),
        x_range=(-0.5, columns - 0.5),
        y_range=(0.5 - rows, 0.5),
    )
    with canvas.points(Source(matrix._source(mirrored=0)), "col", "row") as counts:
        return counts.shade()
