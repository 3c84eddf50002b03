"""Several aggregates of one pass."""

from __future__ import annotations

from collections.abc import Mapping

from ._aggregate import Aggregate
from ._closing import Closing
from ._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["Summary"]


class Summary(Mapping[str, Aggregate], Closing):
    """The aggregates of `summary`, by name; made by the marks of a `Canvas`.

    ``a + b`` of two summaries of the same canvas and reductions merges them name by name.

    Attributes
    ----------
    rows, skipped : int
        As of each aggregate: rows seen, and those without a pixel.
    nbytes : int
        Bytes of the finished cells of all.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> rows = {"x": array("d", [0, 0]), "y": array("d", [0, 0]), "fare": array("d", [4, 8])}
    >>> canvas = dp.Canvas(1, 1, x_range=(-1, 1), y_range=(-1, 1))
    >>> with canvas.points(rows, "x", "y", dp.summary(least=dp.min("fare"), most=dp.max("fare"))) as both:
    ...     both["most"].cells.tolist()
    [[8.0]]
    """

    def __init__(self, aggregates: dict[str, Aggregate]) -> None:
        if not isinstance(aggregates, dict) or not all(
            isinstance(aggregate, Aggregate) for aggregate in aggregates.values()
        ):
            raise BadArgument("a Summary is made by a Canvas, by folding summary(name=reduction, ...)")
        self._held: dict[str, Aggregate] | None = dict(aggregates)

    @property
    def _parts(self) -> dict[str, Aggregate]:
        self._check_open()
        assert self._held is not None
        return self._held

    def __getitem__(self, name: str) -> Aggregate:
        try:
            return self._parts[name]
        except KeyError:
            raise KeyError(f"{name!r}; the names are {', '.join(self._parts)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def rows(self) -> int:
        return next(iter(self._parts.values())).rows

    @property
    def skipped(self) -> int:
        return next(iter(self._parts.values())).skipped

    @property
    def nbytes(self) -> int:
        return sum(aggregate.nbytes for aggregate in self._parts.values())

    def __add__(self, other: Summary) -> Summary:
        if not isinstance(other, Summary):
            return NotImplemented
        if list(self) != list(other):
            raise BadArgument(
                f"summaries of different names cannot be merged: {', '.join(self)} and {', '.join(other)}"
            )
        return Summary({name: self[name]._merged(other[name]) for name in self})

    def __radd__(self, other: Any) -> Summary:
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def to_xarray(self) -> Any:
        """All aggregates in one data set.

        Returns
        -------
        xarray.Dataset
            A variable for each name, as of `Aggregate.to_xarray`; categories and ranks have a dimension for each name.
            Needs xarray.
        """
        try:
            import xarray
        except ImportError:
            raise ImportError("to_xarray needs the package xarray: pip install xarray") from None
        arrays = {}
        for name, aggregate in self.items():
            array = aggregate.to_xarray()
            arrays[name] = array.rename({dim: f"{name}_{dim}" for dim in array.dims if dim not in ("x", "y")})
        return xarray.Dataset(arrays)

    def close(self) -> None:
        """Let go of all aggregates at once, unless arrays still show them. Calling it again does nothing."""
        if self._held is not None:
            for aggregate in self._held.values():
                aggregate.close()
        self._held = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._held is None

    def __repr__(self) -> str:
        if self.closed:
            return "<Summary closed>"
        return (
            "<Summary "
            + ", ".join(f"{name}: {aggregate.reduction}" for name, aggregate in self.items())
            + ">"
        )
