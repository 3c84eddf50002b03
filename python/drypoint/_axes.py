"""One plot area of a figure: its layers, and what stands on it."""

from __future__ import annotations

from abc import abstractmethod

from . import _arguments, _core, _job
from ._errors import BadArgument
from ._marks import Marks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, Self

    from ._canvas import _Range, _ScaleName
    from ._layers import Layer
    from ._plots import Plot, Sheet

__all__ = ["Annotated", "Axes", "Twin"]

_ANCHORS = ("left", "middle", "right")
#: Thicker lines and larger letters are a slip of the pen.
_MOST_WIDTH, _MOST_SIZE = 100, 500


class Annotated(Marks):
    """Marks, with lines, bands and words on them. All places are values of the axes."""

    @abstractmethod
    def _note(self, note: _core.Note) -> Self:
        """Take an annotation, and return itself."""

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

    def __init__(self, sheet: Sheet, plot: Plot) -> None:
        self._sheet = sheet
        self._plot = plot

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
        self._plot.set_axis(2, "y", y_label, y_range, y_scale)
        return Twin(self._sheet, self._plot)

    def _add(self, layer: Layer) -> None:
        self._sheet.add(self._plot, layer)

    def _note(self, note: _core.Note) -> Self:
        self._sheet.note(self._plot, note)
        return self

    def __repr__(self) -> str:
        plot = self._plot
        return f"<Axes row {plot.row}, column {plot.column}: {_counted(len(plot.layers))}>"


class Twin(Marks):
    """What lies along the y axis on the right of some axes; made by `Axes.twin`."""

    def __init__(self, sheet: Sheet, plot: Plot) -> None:
        self._sheet = sheet
        self._plot = plot

    def _add(self, layer: Layer) -> None:
        layer.on_right = True
        self._sheet.add(self._plot, layer)

    def __repr__(self) -> str:
        plot = self._plot
        count = sum(layer.on_right for layer in plot.layers)
        return f"<Twin of row {plot.row}, column {plot.column}: {_counted(count)}>"


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
