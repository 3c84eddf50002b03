"""What is drawn: a source, and how it is folded on any canvas. An artist asks no more of it than this file names."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .. import _arguments, _core, _job
from .._aggregate import Aggregate
from .._canvas import Canvas
from .._errors import BadArgument, EmptyData
from .._reductions import Reduction, as_reduction
from .._streams import Source, scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Extents", "Line", "Mark", "Points"]

#: Least and greatest x, least and greatest y, in the columns' own units.
Extents = tuple[float, float, float, float]


class Mark(ABC):
    """One layer of data: it says what lies where, and folds what lies in a window."""

    #: How messages and ``repr`` name it.
    word = "mark"

    #: Whether a fold gives one plane for each category.
    has_categories = False

    #: Whether a legend shows it as strokes.
    has_strokes = False

    #: Whether limits end where the data end, without a margin.
    has_edges = False

    @property
    @abstractmethod
    def x_kind(self) -> str:
        """The type of what is laid along x, as `Source.schema` names it."""

    @property
    @abstractmethod
    def y_kind(self) -> str:
        """The type of what is laid along y."""

    @property
    @abstractmethod
    def x_name(self) -> str:
        """What messages call what is laid along x."""

    @property
    @abstractmethod
    def y_name(self) -> str:
        """What messages call what is laid along y."""

    @abstractmethod
    def fold(self, canvas: Canvas) -> Aggregate:
        """Fold what lies in the canvas, whose ranges are given."""

    @abstractmethod
    def extents(self, x_scale: str, y_scale: str) -> tuple[Extents | None, list[str]]:
        """How far the data reach on these scales, None without any; and all categories, if the reduction has them."""

    @abstractmethod
    def of(self, given: Any, x: str | None, y: str | None) -> Mark:
        """The same mark of other data."""


class Points(Mark):
    """One point for each row of a source.

    Parameters
    ----------
    given : object
        What the caller gave as source. A pickle takes this, since an open source cannot be sent.
    x, y : str
        Columns.
    reduction : Reduction
        What is folded in each pixel.
    memory : str or int, optional
        A budget for each fold.
    threads : int, optional
        Threads of each fold.
    """

    word = "points"

    def __init__(
        self,
        given: Any,
        x: str,
        y: str,
        reduction: Reduction | str | None,
        memory: str | int | None,
        threads: int | None,
    ) -> None:
        self.given = given
        self.x = _arguments.text(x, "x")
        self.y = _arguments.text(y, "y")
        self.reduction = as_reduction(reduction)
        self.has_categories = self.reduction.name == "by"
        self.memory = memory
        self.threads = threads
        self.source = _open(given)
        self._check()

    @property
    def x_kind(self) -> str:
        return self.source.schema[self.x]

    @property
    def y_kind(self) -> str:
        return self.source.schema[self.y]

    @property
    def x_name(self) -> str:
        return self.x

    @property
    def y_name(self) -> str:
        return self.y

    def _described(self) -> _core.Mark:
        return _job.points(self.x, self.y)

    def _check(self) -> None:
        """Raise what a fold would raise about columns and reduction, without reading rows."""
        canvas = Canvas(1, 1, x_range=(0, 1), y_range=(0, 1))
        asked = _job.job(canvas, self._described(), self.reduction, threads=self.threads, memory=self.memory)
        try:
            asked.explain(self.source._head())
        finally:
            asked.close()

    def of(self, given: Any, x: str | None, y: str | None) -> Points:
        x, y = self.x if x is None else x, self.y if y is None else y
        return Points(given, x, y, self.reduction, self.memory, self.threads)

    def fold(self, canvas: Canvas) -> Aggregate:
        return canvas.points(
            self.source, self.x, self.y, self.reduction, threads=self.threads, memory=self.memory
        )

    def extents(self, x_scale: str, y_scale: str) -> tuple[Extents | None, list[str]]:
        categories = self.reduction.column if self.has_categories else None
        if categories is None:
            known = self._known(x_scale, y_scale)
            if known is not None:
                return known, []
        canvas = Canvas(1, 1, x_scale=x_scale, y_scale=y_scale)  # type: ignore[arg-type]
        least = Reduction("any", None)
        wanted = least if categories is None else Reduction("by", categories, least)
        try:
            found = canvas.points(
                self.source, self.x, self.y, wanted, threads=self.threads, memory=self.memory
            )
        except EmptyData:
            return None, []
        return (*found.x_range, *found.y_range), found.categories

    def _known(self, x_scale: str, y_scale: str) -> Extents | None:
        """From statistics of the file, without reading rows."""
        x, y = self.source.extent(self.x), self.source.extent(self.y)
        if x is None or y is None or (x_scale == "log" and x[0] <= 0) or (y_scale == "log" and y[0] <= 0):
            return None
        return (*x, *y)

    def __repr__(self) -> str:
        return f"{self.word} of {self.source.name}: {self.y} over {self.x}, {self.reduction!r}"

    def __getstate__(self) -> dict[str, Any]:
        if isinstance(self.given, Source):
            raise TypeError(
                f"{self!r} cannot be pickled: its source was opened by scan(); give the artist the path or the arrays"
            )
        return {name: value for name, value in vars(self).items() if name != "source"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.source = _open(self.given)


class Line(Points):
    """Rows joined in their order, or in that of each group."""

    word = "line"
    has_strokes = True

    def __init__(self, *arguments: Any, group: str | None = None) -> None:
        self.group = group
        super().__init__(*arguments)

    def _described(self) -> _core.Mark:
        return _job.line(self.x, self.y, self.group)

    def of(self, given: Any, x: str | None, y: str | None) -> Line:
        x, y = self.x if x is None else x, self.y if y is None else y
        return Line(given, x, y, self.reduction, self.memory, self.threads, group=self.group)

    def fold(self, canvas: Canvas) -> Aggregate:
        return canvas.line(
            self.source,
            self.x,
            self.y,
            self.reduction,
            group=self.group,
            threads=self.threads,
            memory=self.memory,
        )


def _open(given: Any) -> Source:
    source = scan(given)
    if source.one_shot:
        raise BadArgument(
            f"a {source.name} can be read only once, and an artist reads its source at every zoom; "
            f"give files, arrays or a table"
        )
    return source
