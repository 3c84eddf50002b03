"""What a figure holds: its plot areas, and what is on each. `Figure` and `Axes` both refer to this and not to each other,
so that a figure that is let go of is gone at once, with its data."""

from __future__ import annotations

from . import _arguments, _job
from ._canvas import Canvas
from ._errors import BadArgument, ClosedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import _core
    from ._canvas import _Range, _ScaleName
    from ._layers import Layer

__all__ = ["Plot", "Sheet", "aspect_of"]

_SCALES = ("linear", "log")


class Plot:
    """One plot area: its place in the grid, its axes, its layers, and what stands on it."""

    def __init__(self, row: int, column: int, options: dict[str, Any]) -> None:
        self.row = row
        self.column = column
        self.layers: list[Layer] = []
        self.notes: list[_core.Note] = []
        self.title: str | None = None
        self.aspect: float | None = None
        self.grid = True
        #: Of x, of y, and of the axis on the right.
        self.labels: list[str | None] = [None, None, None]
        self.ranges: list[_Range | None] = [None, None, None]
        self.scales: list[_ScaleName] = ["linear", "linear", "linear"]
        self.set(options)

    def set(self, options: dict[str, Any]) -> None:
        """Take what is not None of the options of `Figure.axes`."""
        if options["title"] is not None:
            self.title = _arguments.text(options["title"], "title")
        if options["aspect"] is not None:
            self.aspect = aspect_of(options["aspect"])
        if options["grid"] is not None:
            self.grid = _arguments.flag(options["grid"], "grid")
        for place, axis in enumerate(("x", "y")):
            self.set_axis(place, axis, *(options[f"{axis}_{what}"] for what in ("label", "range", "scale")))

    def set_axis(self, place: int, axis: str, label: Any, range: Any, scale: Any) -> None:
        """The same for one axis."""
        if label is not None:
            self.labels[place] = _arguments.text(label, f"{axis}_label")
        if range is not None:
            _job.axis_range(range, f"{axis}_range")
            self.ranges[place] = range
        if scale is not None:
            self.scales[place] = _arguments.choice(scale, f"{axis}_scale", _SCALES)  # type: ignore[call-overload]

    def canvas(self, size: tuple[int, int], on_right: bool) -> Canvas:
        """What a layer is told of its axes before they are laid out."""
        y = 2 if on_right else 1
        return Canvas(
            *size,
            x_range=self.ranges[0],
            y_range=self.ranges[y],
            x_scale=self.scales[0],
            y_scale=self.scales[y],
        )


class Sheet:
    """The plot areas of a figure, by row and column."""

    def __init__(self) -> None:
        self.plots: dict[tuple[int, int], Plot] = {}
        #: Those that show something, once they are drawn.
        self.drawn: list[Plot] | None = None
        self.closed = False

    def placed(self) -> list[Plot]:
        """Those that show something, row by row."""
        if self.drawn is not None:
            return self.drawn
        return [plot for _, plot in sorted(self.plots.items()) if plot.layers or plot.notes or plot.title]

    def layers(self) -> list[Layer]:
        """Of all plot areas."""
        return [layer for plot in self.placed() for layer in plot.layers]

    def check_open(self) -> None:
        """Refuse what a closed figure cannot do."""
        if self.closed:
            raise ClosedError("this Figure is closed")

    def add(self, plot: Plot, layer: Layer) -> None:
        """Take a layer."""
        self.check_open()
        if self.drawn is not None:
            raise BadArgument(
                "this Figure is drawn; add all layers before it is saved, shown or asked for its data"
            )
        plot.layers.append(layer)

    def note(self, plot: Plot, note: _core.Note) -> None:
        """Take an annotation."""
        self.check_open()
        plot.notes.append(note)

    def close(self) -> None:
        """Let go of all data."""
        for layer in self.layers():
            layer.forget()
            layer.drawn = None
        self.closed = True


def aspect_of(value: Any) -> float:
    """The height of a unit of y for the width of one of x."""
    if isinstance(value, str) and value == "equal":
        return 1.0
    if isinstance(value, str):
        raise BadArgument(f"aspect must be 'equal' or a number above 0, not {value!r}")
    found = _arguments.number(value, "aspect")
    if not 0 < found < float("inf"):
        raise BadArgument(f"aspect must be 'equal' or a number above 0, not {value!r}")
    return found
