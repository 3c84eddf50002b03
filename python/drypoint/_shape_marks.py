"""What fills parts of a `Figure`, and of each of its `Axes`, row by row: areas, spikes, polygons."""

from __future__ import annotations

from abc import ABC, abstractmethod

from . import _job, _shapes
from ._layers import Layer, RowLayer
from ._shading import shading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, Self, TypeAlias

    from ._canvas import _StepName
    from ._plots import Sheet
    from ._reductions import Reduction

    _How: TypeAlias = Literal["eq_hist", "linear", "log", "cbrt"]

__all__ = ["ShapeMarks"]


class ShapeMarks(ABC):
    """Methods that add layers of rows, which share how rows become a layer."""

    #: The page that the layers are on.
    _sheet: Sheet

    @abstractmethod
    def _add(self, layer: Layer) -> None:
        """Take a layer."""

    def area(
        self,
        source: Any,
        x: str,
        y: str | Sequence[str],
        color: Reduction | str | None = None,
        *,
        base: float | str = 0,
        group: str | None = None,
        step: _StepName | None = None,
        cmap: Any = None,
        how: _How | None = None,
        span: tuple[float, float] | None = None,
        alpha: int = 255,
        min_alpha: int | None = None,
        label: str | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Add what lies between the rows of a source and a base; several heights are stacked, each in its colour.

        Parameters
        ----------
        source, x, y, base, group, step, threads, memory, progress
            As in `Canvas.area`; read as by `points`.
        color : Reduction, optional
            What is folded in each pixel and shown by its colour; `count` by default.
        cmap, how, span, alpha, min_alpha, label
            As in `points`.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument, MissingColumn, NotNumeric
            As of `points`.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> year = {"t": array("d", [0, 1, 2]), "wind": array("d", [0, 3, 1]), "sun": array("d", [2, 1, 2])}
        >>> dp.Figure(400, 300).area(year, "t", "wind")
        <Figure 400 × 300: wind over t, count()>
        >>> stacked = dp.Figure(400, 300).area(year, "t", ["wind", "sun"])
        >>> stacked.aggregate.categories
        ['wind', 'sun']
        """
        told = shading(cmap, how, span, spread=0, alpha=alpha, min_alpha=min_alpha)
        mark = _job.area(x, y, base, group, step)
        return self._rows(mark, source, color, label, told, threads, memory, progress)

    def spikes(
        self,
        source: Any,
        x: str,
        y: str,
        color: Reduction | str | None = None,
        *,
        base: float = 0,
        cmap: Any = None,
        how: _How | None = None,
        span: tuple[float, float] | None = None,
        alpha: int = 255,
        min_alpha: int | None = None,
        label: str | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Add a vertical line for each row, from a base to its y.

        Parameters
        ----------
        source, x, y, base, threads, memory, progress
            As in `Canvas.spikes`; read as by `points`.
        color : Reduction, optional
            What is folded in each pixel and shown by its colour; `count` by default.
        cmap, how, span, alpha, min_alpha, label
            As in `points`.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument, MissingColumn, NotNumeric
            As of `points`.

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> rain = {"day": array("d", [1, 2, 3]), "mm": array("d", [4, 0, 9])}
        >>> dp.Figure(400, 300).spikes(rain, "day", "mm")
        <Figure 400 × 300: mm over day, count()>
        """
        told = shading(cmap, how, span, spread=0, alpha=alpha, min_alpha=min_alpha)
        mark = _shapes.spikes(x, y, base, lambda x, y: _job.line(x, y, None))
        return self._rows(mark, source, color, label, told, threads, memory, progress)

    def polygons(
        self,
        source: Any,
        geometry: str = "geometry",
        color: Reduction | str | None = None,
        *,
        fill: Literal["even-odd", "nonzero"] = "even-odd",
        cmap: Any = None,
        how: _How | None = None,
        span: tuple[float, float] | None = None,
        alpha: int = 255,
        min_alpha: int | None = None,
        label: str | None = None,
        threads: int | None = None,
        memory: str | int | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Self:
        """Add the polygons of a source, filled.

        Parameters
        ----------
        source, geometry, fill, threads, memory, progress
            As in `Canvas.polygons`; read as by `points`.
        color : Reduction, optional
            What is folded in each pixel and shown by its colour; `count` by default.
        cmap, how, span, alpha, min_alpha, label
            As in `points`.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument, MissingColumn, UnsupportedData
            As of `points`.

        Examples
        --------
        >>> import drypoint as dp
        >>> land = {"geometry": [[[(0, 0), (4, 0), (2, 3), (0, 0)]]], "people": [7.0]}
        >>> figure = dp.Figure(400, 300, x_label="", y_label="").polygons(land, color=dp.sum("people"))
        >>> figure.aggregate.rows
        1
        """
        told = shading(cmap, how, span, spread=0, alpha=alpha, min_alpha=min_alpha)
        mark = _shapes.polygons(geometry, fill)
        return self._rows(mark, source, color, label, told, threads, memory, progress)

    def _rows(
        self,
        mark: Any,
        source: Any,
        color: Reduction | str | None,
        label: str | None,
        told: Any,
        threads: int | None,
        memory: str | int | None,
        progress: Callable[[int, int | None], object] | None,
        *,
        exact: bool = False,
    ) -> Self:
        """Add a layer of rows that a mark draws."""
        self._add(
            RowLayer(
                source,
                mark,
                color,
                label,
                told,
                threads=threads,
                memory=memory,
                exact=exact,
                progress=progress,
            )
        )
        return self
