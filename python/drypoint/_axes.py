"""One plot area of a figure: its layers, and what stands on it."""

from __future__ import annotations

from . import _arguments, _core, _job
from ._canvas import Canvas
from ._errors import BadArgument
from ._marks import Marks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, Self

    from ._canvas import _Range, _ScaleName
    from ._figure import Figure
    from ._layers import Layer

__all__ = ["Annotated", "Axes", "Twin"]

_SCALES = ("linear", "log")
_ANCHORS = ("left", "middle", "right")
#: Thicker lines and larger letters are a slip of the pen.
_MOST_WIDTH, _MOST_SIZE = 100, 500


class Annotated(Marks):
    """Marks, with lines, bands and words on them. All places are values of the axes."""

    def _note(self, note: _core.Note) -> Self:
        raise TypeError("an Axes or a Figure takes annotations")

    def hline(
        self,
        y: Any,
        *,
        color: Any = None,
        width: float = 1,
        dashed: bool = True,
        label: str | None = None,
    ) -> Self:
        """Add a level line at a value of y.

        Parameters
        ----------
        y : number, or a date
            Where. Axes whose range is not given show it.
        color : colour, optional
            That of the axes by default.
        width : float, default 1
            In pixels of the page.
        dashed : bool, default True
            Whether it is interrupted.
        label : str, optional
            What stands at its right end.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> figure = dp.Figure(400, 300).points({"x": array("d", [1, 2]), "y": array("d", [1, 3])}, "x", "y")
        >>> figure.hline(2, label="mean")
        <Figure 400 × 300: y over x, count()>
        """
        return self._line("y", y, color, width, dashed, label)

    def vline(
        self,
        x: Any,
        *,
        color: Any = None,
        width: float = 1,
        dashed: bool = True,
        label: str | None = None,
    ) -> Self:
        """Add an upright line at a value of x.

        Parameters
        ----------
        x : number, or a date
            Where. Axes whose range is not given show it.
        color, width, dashed
            As in `hline`.
        label : str, optional
            What stands at its top.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument
        """
        return self._line("x", x, color, width, dashed, label)

    def _line(self, axis: str, at: Any, color: Any, width: Any, dashed: Any, label: Any) -> Self:
        return self._note(
            _core.Note.line(
                axis,
                _job.bound(at, "x" if axis == "x" else "y"),
                _width(width),
                _arguments.flag(dashed, "dashed"),
                _arguments.optional(_arguments.color, color, "color"),
                _arguments.optional(_arguments.text, label, "label"),
            )
        )

    def band(
        self,
        *,
        x: _Range | None = None,
        y: _Range | None = None,
        color: Any = None,
        label: str | None = None,
    ) -> Self:
        """Add a band between two values, under the data.

        Parameters
        ----------
        x, y : (start, end)
            One of them: an upright or a level band. Numbers or dates.
        color : colour, optional
            A colour without an opacity of its own is laid on at a quarter; a light grey by default.
        label : str, optional
            What stands in it.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument
        """
        if (x is None) == (y is None):
            raise BadArgument("a band needs either x=(start, end) or y=(start, end)")
        axis, value = ("x", x) if y is None else ("y", y)
        ends = _job.axis_range(value, axis)
        assert ends is not None
        return self._note(
            _core.Note.band(
                axis,
                *ends,
                _arguments.optional(_arguments.color, color, "color"),
                _arguments.optional(_arguments.text, label, "label"),
            )
        )

    def text(
        self,
        x: Any,
        y: Any,
        words: str,
        *,
        color: Any = None,
        size: float | None = None,
        anchor: Literal["left", "middle", "right"] = "left",
    ) -> Self:
        """Add words at a point.

        Parameters
        ----------
        x, y : number, or a date
            The point; outside the ranges of the axes it is not seen.
        words : str
            One line.
        color : colour, optional
            That of the title by default.
        size : float, optional
            Of the letters, in pixels of the page; that of the axes' numbers by default.
        anchor : {"left", "middle", "right"}
            Whether they begin right of the point, stand above it, or end left of it.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument
        """
        if size is not None and not 1 <= (size := _arguments.number(size, "size")) <= _MOST_SIZE:
            raise BadArgument(f"size must be from 1 to {_MOST_SIZE}, not {size}")
        return self._note(
            _core.Note.text(
                (_job.bound(x, "x"), _job.bound(y, "y")),
                _arguments.text(words, "words"),
                size,
                _arguments.optional(_arguments.color, color, "color"),
                _arguments.choice(anchor, "anchor", _ANCHORS),
            )
        )

    def arrow(
        self,
        start: tuple[Any, Any],
        end: tuple[Any, Any],
        words: str | None = None,
        *,
        color: Any = None,
        width: float = 1.5,
    ) -> Self:
        """Add an arrow, with words at its start.

        Parameters
        ----------
        start, end : (x, y)
            Where it begins, and what it points to: numbers or dates. It is not seen if one of them is outside the ranges.
        words : str, optional
            One line.
        color : colour, optional
            That of the title by default.
        width : float, default 1.5
            In pixels of the page.

        Returns
        -------
        Figure or Axes
            Itself.

        Raises
        ------
        BadArgument
        """
        return self._note(
            _core.Note.arrow(
                _point(start, "start"),
                _point(end, "end"),
                _width(width),
                _arguments.optional(_arguments.color, color, "color"),
                _arguments.optional(_arguments.text, words, "words"),
            )
        )


class Axes(Annotated):
    """One plot area of a `Figure`; made by `Figure.axes`.

    Its methods are those of the figure, and `twin`.
    """

    def __init__(self, figure: Figure, row: int, column: int) -> None:
        self._figure = figure
        self.row = row
        self.column = column
        self.layers: list[Layer] = []
        self.notes: list[_core.Note] = []
        self.title: str | None = None
        self.labels: list[str | None] = [None, None, None]
        self.ranges: list[_Range | None] = [None, None, None]
        self.scales: list[_ScaleName] = ["linear", "linear", "linear"]
        self.aspect: float | None = None
        self.grid = True

    def _set(self, options: dict[str, Any]) -> None:
        """Take what is not None of the options of `Figure.axes`."""
        title, aspect, grid = options.pop("title"), options.pop("aspect"), options.pop("grid")
        if title is not None:
            self.title = _arguments.text(title, "title")
        if aspect is not None:
            self.aspect = _aspect(aspect)
        if grid is not None:
            self.grid = _arguments.flag(grid, "grid")
        for place, axis in enumerate(("x", "y")):
            self._set_axis(place, axis, *(options[f"{axis}_{what}"] for what in ("label", "range", "scale")))

    def _set_axis(self, place: int, axis: str, label: Any, range: Any, scale: Any) -> None:
        if label is not None:
            self.labels[place] = _arguments.text(label, f"{axis}_label")
        if range is not None:
            _job.axis_range(range, f"{axis}_range")
            self.ranges[place] = range
        if scale is not None:
            self.scales[place] = _arguments.choice(scale, f"{axis}_scale", _SCALES)  # type: ignore[call-overload]

    def twin(
        self,
        *,
        y_label: str | None = None,
        y_range: _Range | None = None,
        y_scale: _ScaleName | None = None,
    ) -> Twin:
        """A second y axis, on the right.

        Parameters
        ----------
        y_label, y_range, y_scale
            As of `Figure`, of that axis.

        Returns
        -------
        Twin
            What is added to it shares x with these axes.

        Raises
        ------
        BadArgument

        Examples
        --------
        >>> import drypoint as dp
        >>> from array import array
        >>> day = {"t": array("d", [0, 1, 2]), "heat": array("d", [9, 14, 11]), "rain": array("d", [0, 300, 20])}
        >>> figure = dp.Figure(400, 300).line(day, "t", "heat", cmap="crimson", label="heat")
        >>> figure.axes().twin().line(day, "t", "rain", cmap="navy", label="rain")
        <Twin of row 0, column 0: 1 layer>
        """
        self._set_axis(2, "y", y_label, y_range, y_scale)
        return Twin(self)

    def canvas(self, on_right: bool) -> Canvas:
        """What a layer is told of its axes before they are laid out."""
        y = 2 if on_right else 1
        width, height = self._figure.size
        return Canvas(
            width,
            height,
            x_range=self.ranges[0],
            y_range=self.ranges[y],
            x_scale=self.scales[0],
            y_scale=self.scales[y],
        )

    def _add(self, layer: Layer) -> None:
        self._figure._take(self, layer)

    def _note(self, note: _core.Note) -> Self:
        self._figure._check_open()
        self.notes.append(note)
        return self

    def __repr__(self) -> str:
        return f"<Axes row {self.row}, column {self.column}: {_counted(len(self.layers))}>"


class Twin(Marks):
    """What lies along the y axis on the right of some axes; made by `Axes.twin`."""

    def __init__(self, axes: Axes) -> None:
        self._axes = axes

    def _add(self, layer: Layer) -> None:
        layer.on_right = True
        self._axes._add(layer)

    def __repr__(self) -> str:
        count = sum(layer.on_right for layer in self._axes.layers)
        return f"<Twin of row {self._axes.row}, column {self._axes.column}: {_counted(count)}>"


def _counted(layers: int) -> str:
    return f"{layers} layer" if layers == 1 else f"{layers} layers"


def _point(value: Any, name: str) -> tuple[float | str, float | str]:
    try:
        x, y = value
    except (TypeError, ValueError):
        raise BadArgument(f"{name} must be (x, y), not {value!r}") from None
    return _job.bound(x, name), _job.bound(y, name)


def _width(value: Any) -> float:
    width = _arguments.number(value, "width")
    if not 0 < width <= _MOST_WIDTH:
        raise BadArgument(f"width must be above 0 and at most {_MOST_WIDTH}, not {width}")
    return width


def _aspect(value: Any) -> float:
    if value == "equal":
        return 1.0
    if isinstance(value, str):
        raise BadArgument(f"aspect must be 'equal' or a number above 0, not {value!r}")
    found = _arguments.number(value, "aspect")
    if not 0 < found < float("inf"):
        raise BadArgument(f"aspect must be 'equal' or a number above 0, not {value!r}")
    return found
