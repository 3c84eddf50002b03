"""Artists of Matplotlib that keep far more data than their axes have pixels.

A line keeps what it was given, x and y, and both again as float64 in one array that its path shares.
The arrays are found by type in what the artist and its paths hold, so that no getter runs: some of those make arrays.
"""

from __future__ import annotations

from .form import Waste, array_text, number_text
from .sample import is_array, is_instance, owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["find"]

#: Points, cells or pixels of the data per pixel across (of a line) or per pixel of the axes.
MANY = 8
#: Points of a scatter from which a picture of them is the better form.
MANY_POINTS = 100_000
SMALLEST_LINE, SMALLEST = 256 * 1024, 2**20
#: A line through a column of pixels needs its first, last, lowest and highest point, two float64 each.
BYTES_PER_COLUMN = 4 * 16
RGBA = 4


def find(thing: object) -> Waste | None:
    """The waste of a line, a scatter, a mesh or an image that is in some axes; or None."""
    if is_instance(thing, "matplotlib.lines", "Line2D"):
        return _line(thing)
    if is_instance(thing, "matplotlib.collections", "PathCollection"):
        return _scatter(thing)
    if is_instance(thing, "matplotlib.collections", "QuadMesh"):
        return _mesh(thing)
    if is_instance(thing, "matplotlib.image", "AxesImage"):
        return _image(thing)
    return None


def _line(line: Any) -> Waste | None:
    pixels = _pixels(line)
    given = vars(line).get("_xorig")
    points = _length(given)
    if pixels is None or not points:
        return None
    across = pixels[0]
    kept = _kept(line)
    now = sum(kept.values())
    if points <= MANY * across or now < SMALLEST_LINE:
        return None
    return Waste(
        "line",
        f"Line2D of {number_text(points)} points",
        now,
        min(across * BYTES_PER_COLUMN, now),
        f"{number_text(points)} points are drawn over {across} pixels, and kept in {len(kept)} arrays "
        f"(x, y, and both as float64 for the path)",
        "Reduce the data to the pixels before plotting (lowest and highest of each column), or draw it to an image.",
        0.85,
    )


def _scatter(scatter: Any) -> Waste | None:
    pixels = _pixels(scatter)
    points = _length(vars(scatter).get("_offsets"))
    if pixels is None:
        return None
    area = pixels[0] * pixels[1]
    now = sum(_kept(scatter).values())
    needed = area * RGBA
    if (points < MANY_POINTS and points <= area) or now < SMALLEST or needed >= now:
        return None
    return Waste(
        "scatter",
        f"PathCollection (scatter) of {number_text(points)} points",
        now,
        needed,
        f"{number_text(points)} points are drawn on {pixels[0]}×{pixels[1]} pixels, each kept with its place as float64, "
        f"and its size and colour where they differ",
        "Count the points in each pixel and draw that as an image.",
        0.8,
    )


def _mesh(mesh: Any) -> Waste | None:
    pixels, values = _pixels(mesh), vars(mesh).get("_A")
    if pixels is None or not is_array(values):
        return None
    return _too_fine("mesh", "QuadMesh", mesh, values, values.size, pixels)


def _image(image: Any) -> Waste | None:
    pixels, values = _pixels(image), vars(image).get("_A")
    if pixels is None or not is_array(values) or values.ndim < 2:
        return None
    found = _too_fine("image", type(image).__name__, image, values, values.shape[0] * values.shape[1], pixels)
    if found is not None or values.dtype.kind != "f" or values.dtype.itemsize < 8 or values.nbytes < SMALLEST:
        return found
    kept = _kept(image)
    now = sum(kept.values())
    beside = f" and {len(kept) - 1} more arrays made of it" if len(kept) > 1 else ""
    return Waste(
        "image",
        f"{type(image).__name__} of a {array_text(values)}",
        now,
        now - int(values.nbytes) + values.size * 4,
        f"it keeps the picture as {values.dtype}{beside}, and shows 256 steps of it",
        "Give imshow uint8 or float32, or take the image out of its axes when it is saved.",
        0.6,
    )


def _too_fine(
    kind: str, name: str, artist: Any, values: Any, cells: int, pixels: tuple[int, int]
) -> Waste | None:
    area = pixels[0] * pixels[1]
    now = sum(_kept(artist).values())
    needed = area * max(now // max(cells, 1), 1)
    if cells <= MANY * area or now < SMALLEST or needed >= now:
        return None
    return Waste(
        kind,
        f"{name} of a {array_text(values)}",
        now,
        needed,
        f"{number_text(cells)} cells are shown on {pixels[0]}×{pixels[1]} pixels",
        "Shrink the data to the pixels before drawing (means of blocks, or every n-th row and column).",
        0.8,
    )


def _pixels(artist: Any) -> tuple[int, int] | None:
    """Pixels across and down of the axes that an artist is in, before any aspect narrows them."""
    axes = vars(artist).get("_axes")
    figure = axes.get_figure() if axes is not None else None
    if figure is None:
        return None
    place = axes.get_position(True)
    width, height = round(figure.bbox.width * place.width), round(figure.bbox.height * place.height)
    return (width, height) if width > 0 and height > 0 else None


def _kept(artist: Any) -> dict[int, int]:
    """The arrays that an artist and its paths hold: what owns the memory, and its bytes. Views of one count once."""
    found: dict[int, int] = {}
    waiting = [(vars(artist), 0)]
    while waiting:
        values, depth = waiting.pop()
        for value in list(values.values()):
            if is_array(value):
                mask: Any = vars(value).get("_mask") if hasattr(value, "__dict__") else None
                for array in (value, mask):
                    if is_array(array) and array.nbytes:
                        base, size = owner(array)
                        found[id(base)] = max(found.get(id(base), 0), size)
            elif depth < 2 and _is_path(value):
                waiting.append((vars(value), depth + 1))
    return found


def _is_path(value: object) -> bool:
    return is_instance(value, "matplotlib.path", "Path") or is_instance(
        value, "matplotlib.transforms", "TransformedPath"
    )


def _length(values: Any) -> int:
    """How many there are, of anything that has a length."""
    return len(values) if hasattr(type(values), "__len__") else 0
