"""What an axes shows of a mark: the last aggregate, with the window it was made for. Nothing here knows of colours."""

from __future__ import annotations

import numpy

from .._errors import EmptyData
from ._cells import filled
from ._units import line_of
from ._windows import box_of, scales_of, window_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._aggregate import Aggregate
    from ._marks import Extents, Mark
    from ._units import Line
    from ._windows import Box, Window

__all__ = ["Layer"]


class Layer:
    """A mark, and its aggregate for one window: folded again when the window differs, and only then.

    Parameters
    ----------
    mark : Mark
        What is folded.
    resolution : float
        Cells for each pixel along one side.

    Attributes
    ----------
    window : Window or None
        What was folded last; set also where there was nothing.
    aggregate : Aggregate or None
        As it was folded: row 0 the lowest y, column 0 the lowest x.
    cells : ndarray or None
        A view of it as the axes shows it: row 0 at the bottom, column 0 on the left.
    folds : int
        How often the mark was folded.
    """

    def __init__(self, mark: Mark, resolution: float) -> None:
        self.mark = mark
        self.resolution = resolution
        self.folds = 0
        self._lines: tuple[Line, Line] | None = None
        self._extents: dict[tuple[str, str], Extents | None] = {}
        self._categories: list[str] = []
        self.forget()

    def forget(self) -> None:
        """Let go of the aggregate; the next draw folds."""
        self.window: Window | None = None
        self.aggregate: Aggregate | None = None
        self.cells: Any = None

    def lay(self, mark: Mark, axes: Any) -> None:
        """Take a mark into axes, whose units its columns set.

        Raises
        ------
        BadArgument
            If an axis has units that it cannot have; all is as before then.
        """
        lines = (
            line_of(axes.xaxis, mark.x_kind, mark.x_name),
            line_of(axes.yaxis, mark.y_kind, mark.y_name),
        )
        self.mark, self._lines = mark, lines
        self._extents.clear()
        self._categories = []
        self.forget()

    def survey(self, axes: Any) -> tuple[float, float, float, float] | None:
        """How far the data reach on the present scales: left, right, bottom, top in units of the axes; None without.

        Reads the source once for each pair of scales on which other rows count.
        """
        scales = scales_of(axes)
        if scales not in self._extents:
            plain = self._extents.get(("linear", "linear"))
            if plain is not None and all(
                low > 0 or scale == "linear" for low, scale in zip(plain[::2], scales, strict=True)
            ):
                self._extents[scales] = plain  # nothing of them is left out by a logarithm
            else:
                self._extents[scales], self._categories = self.mark.extents(*scales)
        found = self._extents[scales]
        if found is None:
            return None
        assert self._lines is not None
        x, y = self._lines
        return x.place(found[0]), x.place(found[1]), y.place(found[2]), y.place(found[3])

    def surveyed(self, scales: tuple[str, str]) -> bool | None:
        """Whether the reach on these scales is known; None if none was ever asked for."""
        return scales in self._extents if self._extents else None

    def categories(self, axes: Any) -> list[str]:
        """All categories of the source; found by a survey."""
        self.survey(axes)
        return self._categories

    def follow(self, axes: Any, renderer: Any) -> tuple[Box | None, bool]:
        """Fold what the axes shows at this moment, unless that is what was folded last.

        Parameters
        ----------
        axes : Axes
            Asked for limits, scales and place.
        renderer : RendererBase or None
            None stands for one of the figure's own dpi.

        Returns
        -------
        tuple of (Box or None, bool)
            Where to draw, None if there is no room; and whether the cells are others than before.
        """
        box = box_of(axes, renderer)
        if box is None:
            return None, False
        assert self._lines is not None
        window = window_of(axes, box, *self._lines, self.resolution)
        if window == self.window:
            return box, False
        self.forget()
        try:
            aggregate = self.mark.fold(window.canvas())
            cells = numpy.asarray(aggregate)  # refused where the fold kept them in tiles, beyond the budget
        except EmptyData:
            self.window = window
            return box, True
        except Exception as error:
            error.add_note(
                f"in a draw of Matplotlib: {self.mark!r} on {window.columns} × {window.rows} pixels"
            )
            raise
        self.folds += 1
        self.aggregate = aggregate
        cells = cells[:, ::-1] if window.x_flipped else cells
        self.cells = cells[::-1] if window.y_flipped else cells
        self.window = window
        return box, True

    def value_at(self, axes: Any, x_display: float, y_display: float) -> Any:
        """The cell under a place of the page as a plain value, a dict of those of categories, or None."""
        if self.window is None or self.aggregate is None or self._lines is None:
            return None
        x, y = axes.transData.inverted().transform((x_display, y_display))
        place = self.window.cell(self._lines[0].value(float(x)), self._lines[1].value(float(y)))
        if place is None:
            return None
        cell = numpy.asarray(self.aggregate)[place]
        if cell.ndim == 0:
            return cell.item() if filled(cell) else None
        there = zip(self.aggregate.categories, cell, strict=True)
        return {name: value.item() for name, value in there if filled(value)} or None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "window": None, "aggregate": None, "cells": None}
