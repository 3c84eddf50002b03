"""Meshes drawn to a canvas: what their arrays are, where they lie, and how they are read."""

from __future__ import annotations

from . import _arguments, _core, _raster
from ._aggregate import Aggregate
from ._column import fine_instants
from ._errors import BadArgument, EmptyData, MissingColumn, UnsupportedData
from ._job import ceiling
from ._reductions import Reduction, as_reduction
from ._streams import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ._canvas import Canvas
    from ._streams import Source

    _Items = _core.Chunked | tuple[Any, str, str, bool]
    _Span = tuple[float, float]

__all__ = ["FOLDS", "Quads", "Triangles"]

#: What can be folded of values alone.
FOLDS = ("mean", "min", "max", "mode", "sum", "count", "any", "var", "std", "first", "last")
#: Names of columns that say which vertices a triangle has.
_CORNERS = ("v0", "v1", "v2")


class Triangles:
    """Triangles between vertices, of any sources; nothing is read until their axes are asked for."""

    def __init__(
        self,
        vertices: Any,
        triangles: Any,
        reduction: Reduction | str | None,
        x: str | None,
        y: str | None,
        corners: Sequence[str] | None,
        interpolate: bool,
        threads: int | None,
        memory: str | int | None,
        progress: Callable[[int, int | None], object] | None,
    ) -> None:
        self.vertices, self.faces = scan(vertices), scan(_as_table(triangles))
        self.x, self.y = _names(self.vertices, (x, y), ("x", "y"), "vertices")
        self._corners = _names(self.faces, _three(corners), _CORNERS, "triangles")
        self.fold, of_vertices = _fold(reduction, self.vertices, self.faces, (self.x, self.y), self._corners)
        self._interpolate = _arguments.flag(interpolate, "interpolate")
        inner = self.fold if self.fold.inner is None else self.fold.inner
        self._mesh = _core.Trimesh(
            self.x,
            self.y,
            inner.column if of_vertices else None,
            _arguments.optional(_arguments.whole, threads, "threads", 1),
            ceiling(memory),
            _arguments.optional(_arguments.function, progress, "progress"),
        )

    @property
    def one_shot(self) -> bool:
        """Whether any of it can be read only once."""
        return self.vertices.one_shot or self.faces.one_shot

    def axes(self, canvas: Canvas) -> list[_core._AxisTuple]:
        """Read the vertices; the axes of a canvas on which all of them are seen, or its ranges."""
        for part in self.vertices._parts():
            self._mesh.extend(part)
            del part  # or its arrays would be held while the next ones are made
        found, units = self._mesh.placed(canvas.x_scale, canvas.y_scale)
        return _axes(canvas, found, units, self.vertices.name, "vertex")

    def draw(self, axes: Sequence[_core._AxisTuple]) -> Aggregate:
        """Draw all triangles on these axes."""
        self._mesh.begin(axes[0], axes[1], self._corners, self.fold._spec(), self._interpolate)
        for part in self.faces._parts():
            self._mesh.consume(part)
            del part
        return Aggregate(self._mesh.finish())

    def close(self) -> None:
        """Let go of vertices and cells."""
        self._mesh.close()


class Quads:
    """An array whose items lie between edges or corners."""

    def __init__(
        self,
        values: Any,
        x: Any,
        y: Any,
        reduction: Reduction | str,
        threads: int | None,
        memory: str | int | None,
        progress: Callable[[int, int | None], object] | None,
    ) -> None:
        self.name = name = _raster._name(values)
        own = getattr(values, "name", None)
        values, (self.x, x), (self.y, y) = _labelled(values, x, y)
        values = _raster._array(values)
        self.shape = shape = tuple(int(length) for length in values.shape)
        if len(shape) != 2:
            raise UnsupportedData(f"{name} has {len(shape)} dimensions; a mesh has rows and columns")
        self.fold = _value_fold(reduction, own if isinstance(own, str) and own else None)
        running = (
            _arguments.optional(_arguments.whole, threads, "threads", 1),
            ceiling(memory),
            _arguments.optional(_arguments.function, progress, "progress"),
        )
        self._units: list[str | None] = [None, None]
        if all(place is None or _ndim(place) == 1 for place in (x, y)):
            edges = []
            for at, (place, count, label) in enumerate(((x, shape[1], "x"), (y, shape[0], "y"))):
                place, self._units[at] = _numbers(place, label)
                edges.append(_edges(place, count, label))
            even = all(_is_even(edge) for edge in edges)
            self._mesh = _core.Quadmesh.straight(_items(values, name), edges[0], edges[1], even, *running)
        else:
            if x is None or y is None or _ndim(x) != 2 or _ndim(y) != 2:
                raise BadArgument(
                    f"x and y must both have one dimension, or both two; they have {_ndim(x)} and {_ndim(y)}"
                )
            self._mesh = _core.Quadmesh.bent(
                _items(values, name),
                _items(_raster._array(x), "x"),
                _items(_raster._array(y), "y"),
                *running,
            )

    def axes(self, canvas: Canvas) -> list[_core._AxisTuple]:
        """The axes of a canvas on which all is seen, or its ranges."""
        given = canvas.x_range is not None and canvas.y_range is not None
        found = [None, None] if given else self._mesh.placed(canvas.x_scale, canvas.y_scale)
        return _axes(canvas, found, self._units, self.name, "item")

    def draw(self, axes: Sequence[_core._AxisTuple]) -> Aggregate:
        """Draw all values on these axes."""
        return Aggregate(self._mesh.draw(axes[0], axes[1], self.fold._spec()))


# Which columns


def _as_table(triangles: Any) -> Any:
    """The triangles of what SciPy and Matplotlib make: their arrays of vertex numbers."""
    for name in ("simplices", "triangles"):  # of scipy.spatial.Delaunay, of matplotlib.tri.Triangulation
        found = getattr(triangles, name, None)
        if found is not None and hasattr(found, "dtype") and not hasattr(triangles, "columns"):
            return found
    return triangles


def _three(corners: Any) -> tuple[str | None, ...]:
    if corners is None:
        return None, None, None
    try:
        a, b, c = corners
    except (TypeError, ValueError):
        raise BadArgument(f"corners must be three names of columns, not {corners!r}") from None
    return a, b, c


def _names(rows: Source, given: Sequence[str | None], usual: Sequence[str], what: str) -> tuple[Any, ...]:
    """Names of columns: those that are given, else the usual ones, else the first columns."""
    columns = rows.columns
    if all(name is None for name in given):
        if all(name in columns for name in usual):
            return tuple(usual)
        if len(columns) < len(usual):
            raise BadArgument(f"{what}: {len(usual)} columns are needed, {rows.name} has {columns}")
        return tuple(columns[: len(usual)])
    if any(name is None for name in given):
        raise BadArgument(f"{what}: name all of the columns that stand for {', '.join(usual)}, or none")
    return tuple(_arguments.text(name, what) for name in given)


def _fold(
    reduction: Reduction | str | None,
    points: Source,
    faces: Source,
    places: Sequence[str],
    corners: Sequence[str],
) -> tuple[Reduction, bool]:
    """What is folded, and whether its values are those of the vertices."""
    more = [name for name in points.columns if name not in places]
    of_faces = [name for name in faces.columns if name not in corners]
    if reduction is None or (isinstance(reduction, str) and reduction in FOLDS and reduction != "mode"):
        word = reduction or "mean"
        default = next(iter(more or of_faces), None)
        if reduction in ("count", "any") or (reduction is None and default is None):
            return as_reduction("count" if reduction is None else reduction), False
        if default is None:
            raise BadArgument(
                f"reduction {word!r} needs values: a third column of the vertices, or a fourth of the triangles"
            )
        return Reduction(word, default), bool(more)
    fold = as_reduction(reduction)
    column = fold.column if fold.inner is None else fold.inner.column
    if column is None or column in points.columns:
        return fold, column is not None
    if column not in faces.columns:
        close = _core.nearest(column, [*more, *of_faces])
        hint = f" (did you mean {close!r}?)" if close else ""
        raise MissingColumn(
            f"neither vertices nor triangles have a column {column!r}{hint}; they have {more} and {of_faces}"
        )
    return fold, False


def _value_fold(reduction: Reduction | str, name: str | None) -> Reduction:
    """What is folded of values that are called `name`, if they are called anything."""
    if isinstance(reduction, Reduction):
        if reduction.name not in FOLDS:
            raise BadArgument(
                f"{reduction} is not folded of the values of a mesh; take one of {', '.join(FOLDS)}"
            )
        if name is not None and reduction.column not in (None, name):
            raise MissingColumn(f"{reduction}: the values of this mesh are called {name!r}")
        return Reduction(reduction.name, reduction.column or name or "value")
    return Reduction(_arguments.choice(reduction, "reduction", FOLDS), name or "value")


# What the arrays are


def _labelled(values: Any, x: Any, y: Any) -> tuple[Any, tuple[str, Any], tuple[str, Any]]:
    """An array of xarray as what it holds, with the coordinates that are named or its own, and their names."""
    if not _raster._is_labelled(values):
        if isinstance(x, str) or isinstance(y, str):
            raise BadArgument(
                "x and y name coordinates of an array of xarray; to draw another array give them as arrays"
            )
        return values, ("", x), ("", y)
    if len(values.dims) != 2:
        raise UnsupportedData(f"{_raster._name(values)} has the dimensions {values.dims}; a mesh has two")

    def coordinate(given: Any, dim: str, label: str) -> Any:
        if given is None:
            return values.coords.get(dim)
        if not isinstance(given, str):
            return given
        if given not in values.coords:
            close = _core.nearest(given, [str(name) for name in values.coords])
            hint = f" (did you mean {close!r}?)" if close else ""
            raise BadArgument(f"{label}={given!r} is no coordinate of {_raster._name(values)}{hint}")
        return values.coords[given]

    row_dim, column_dim = values.dims
    if isinstance(x, str) and values.coords.get(x) is not None and values.coords[x].dims == (row_dim,):
        values = values.transpose()  # x runs along the rows
        row_dim, column_dim = values.dims
    x, y = coordinate(x, column_dim, "x"), coordinate(y, row_dim, "y")
    for label, place in (("x", x), ("y", y)):
        dims = getattr(place, "dims", None)
        if dims is not None and len(dims) == 2 and dims != values.dims:
            if set(dims) != set(values.dims):
                raise BadArgument(f"{label} has the dimensions {dims}, the values {values.dims}")
            x, y = (x.transpose(*values.dims), y) if label == "x" else (x, y.transpose(*values.dims))

    def plain(place: Any) -> Any:
        return place.values if _raster._is_labelled(place) and not _raster._lazy(place) else place

    names = [str(getattr(place, "name", None) or "") for place in (x, y)]
    held = values if _raster._lazy(values) else values.values
    return held, (names[0], plain(x)), (names[1], plain(y))


def _ndim(place: Any) -> int:
    if place is None:
        return 1
    shape = getattr(place, "shape", None)
    return len(shape) if shape is not None else len(_raster._array(place).shape)


def _items(array: Any, name: str) -> _Items:
    """An array of any kind as the core reads it."""
    if hasattr(array, "_chunked"):
        found: _core.Chunked = array._chunked()
        return found
    if _raster._in_memory(array):
        array = _raster._lendable(array, name)
        return array, name, array.dtype.str, _raster._mapped(array)
    dtype = "<f8" if _raster._masked(array) else _raster._dtype(array, name)
    shape = [int(length) for length in array.shape]

    def read(start: list[int], count: list[int]) -> Any:
        import numpy

        box = array[tuple(slice(at, at + length) for at, length in zip(start, count, strict=True))]
        dense = numpy.ascontiguousarray(_raster._dense(box, dtype))
        return dense.reshape(-1).view(numpy.uint8)

    return _core.called_array(name, dtype, shape, list(_raster._chunk(array, dtype)), read)


# Where they lie


def _numbers(place: Any, label: str) -> tuple[Any, str | None]:
    """Coordinates along one axis as float64, and their unit where they are instants."""
    if place is None:
        return None, None
    import numpy

    array = numpy.asarray(place)
    unit = None
    if array.dtype.kind == "M":
        array = fine_instants(array)
        unit = array.dtype.str.partition("[")[2][:-1]
        array = array.view(array.dtype.str[0] + "i8")
    if array.dtype.kind not in "biuf":
        raise UnsupportedData(f"{label} holds items of type {array.dtype}; coordinates are numbers or dates")
    return array.astype(float), unit


def _edges(place: Any, count: int, label: str) -> list[float]:
    """The edges of `count` items: as they are given, or half way between centres."""
    if place is None:
        return [float(at) for at in range(count + 1)]
    import numpy

    if len(place) == count + 1:
        edges = place
    elif len(place) != count:
        raise BadArgument(
            f"{label} has {len(place)} coordinates for {count} items; give {count} centres or {count + 1} edges"
        )
    elif count == 1:
        edges = numpy.array([place[0] - 0.5, place[0] + 0.5])
    else:
        halves = numpy.diff(place) / 2
        edges = numpy.concatenate(([place[0] - halves[0]], place[:-1] + halves, [place[-1] + halves[-1]]))
    found: list[float] = edges.tolist()
    return found


def _is_even(edges: list[float]) -> bool:
    """Whether the items between these edges are of one size, but for a hundredth of it."""
    step = (edges[-1] - edges[0]) / (len(edges) - 1)
    slack = _raster.SLACK * abs(step)
    return all(abs(edge - (edges[0] + step * at)) <= slack for at, edge in enumerate(edges))


def _axes(
    canvas: Canvas, found: Sequence[_Span | None], units: Sequence[str | None], name: str, what: str
) -> list[_core._AxisTuple]:
    axes: list[_core._AxisTuple] = []
    for label, pixels, given, scale, place, unit in (
        ("x", canvas.width, canvas.x_range, canvas.x_scale, found[0], units[0]),
        ("y", canvas.height, canvas.y_range, canvas.y_scale, found[1], units[1]),
    ):
        if given is not None:
            place = _given(given, f"{label}_range", unit)
        elif place is None:
            above = " above 0" if scale == "log" else ""
            raise EmptyData(f"{name}: no {what} has a finite {label}{above}; there is nothing to draw")
        axes.append((pixels, place, scale, unit))
    return axes


def _given(value: Any, name: str, unit: str | None) -> _Span:
    try:
        start, end = value
    except (TypeError, ValueError):
        raise BadArgument(f"{name} must be (start, end), not {value!r}") from None
    if unit is None:
        return _arguments.number(start, name), _arguments.number(end, name)
    import numpy

    def instant(bound: Any) -> float:
        if isinstance(bound, int | float):
            return float(bound)
        try:
            return float(numpy.datetime64(bound).astype(f"M8[{unit}]").astype("int64"))
        except (TypeError, ValueError):
            raise BadArgument(f"{name}: {bound!r} is neither a number nor a date") from None

    return instant(start), instant(end)
