"""Entries of a legend. A legend looks at lines, patches and containers, not at images; so each entry is a container of dots."""

from __future__ import annotations

from matplotlib.container import Container
from matplotlib.legend import Legend
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["Entry"]


class Entry(Container):
    """What one line of a legend shows: dots in the colours given, which are drawn nowhere else.

    Parameters
    ----------
    colors : list of str
        One dot for each.
    label : str
        The text beside them.
    """

    def __new__(cls, colors: Sequence[Any], label: str) -> Entry:
        return super().__new__(cls, [_dot(color) for color in colors])

    def __init__(self, colors: Sequence[Any], label: str) -> None:
        super().__init__(self, label=label)

    def recolor(self, colors: Sequence[Any]) -> None:
        """Give the dots other colours; legends made before keep theirs."""
        for dot, color in zip(self, colors, strict=True):
            dot.set_color(color)

    def remove(self) -> None:
        """Leave the axes; the dots are in none."""

    def __reduce__(self) -> Any:
        return Entry, ([dot.get_color() for dot in self], self.get_label())


def _dot(color: Any) -> Line2D:
    return Line2D([], [], linestyle="none", marker="o", markersize=5, markeredgewidth=0, color=color)


Legend.update_default_handler_map({Entry: HandlerTuple(ndivide=None, pad=0)})
