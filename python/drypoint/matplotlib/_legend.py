"""Entries of a legend, which looks at lines, patches and containers, not at images: each is a container of dots."""

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
    """What one line of a legend shows: dots or strokes in the colours given, which are drawn nowhere else.

    Parameters
    ----------
    colors : list of str
        One dot for each.
    label : str
        The text beside them.
    strokes : bool, default False
        Whether these are strokes, one joined to the other.
    """

    def __new__(cls, colors: Sequence[Any], label: str, strokes: bool = False) -> Entry:
        return tuple.__new__(cls, [_sample(color, strokes) for color in colors])

    def __init__(self, colors: Sequence[Any], label: str, strokes: bool = False) -> None:
        super().__init__(self, label=label)
        self.strokes = strokes

    def recolor(self, colors: Sequence[Any]) -> None:
        """Give the samples other colours; legends made before keep theirs."""
        for sample, color in zip(self, colors, strict=True):
            sample.set_color(color)

    def remove(self) -> None:
        """Leave the axes; the samples are in none."""

    def __reduce__(self) -> Any:
        return Entry, ([sample.get_color() for sample in self], self.get_label(), self.strokes)


def _sample(color: Any, stroke: bool) -> Line2D:
    if stroke:
        return Line2D([], [], color=color, solid_capstyle="butt")
    return Line2D([], [], linestyle="none", marker="o", markersize=5, markeredgewidth=0, color=color)


Legend.update_default_handler_map({Entry: HandlerTuple(ndivide=None, pad=0)})
