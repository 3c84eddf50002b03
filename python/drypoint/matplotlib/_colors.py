"""Cells to colours.

Counts have few distinct values, so those are coloured and the pixels look them up: norm and colour map are
Matplotlib's, to the bit, at the cost of one gather. Other cells are coloured some rows at a time, so that
Matplotlib's float copies stay small. Categories are mixed by `Aggregate.shade`.
"""

from __future__ import annotations

import matplotlib
import numpy
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex, to_rgb

from .. import _arguments
from .._aggregate import Aggregate
from .._canvas import Canvas
from .._errors import BadArgument
from .._reductions import mean
from ._cells import filled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


__all__ = ["category_colors", "colored", "colormap", "mixed"]

#: Whole numbers up to which a table of colours is made.
_TABLE = 65_536

#: Pixels that are coloured at a time.
_BAND = 1 << 17

#: Levels that `Aggregate.shade` draws with.
_LEVELS = 200

#: Drypoint's own maps, from the colour of single points to that of crowds, on a light and on a dark ground.
_ON_LIGHT, _ON_DARK = "aquatint", "ember"
_read: dict[str, Colormap] = {}


def colored(cells: Any, norm: Any, cmap: Colormap) -> Any:
    """Straight RGBA of cells, uint8, shape (height, width, 4); where nothing fell the map's colour for bad values."""
    top = int(cells.max(initial=0)) if cells.dtype.kind in "uib" else _TABLE
    if top < _TABLE:
        values = numpy.ma.masked_less(numpy.arange(top + 1, dtype="f8"), 1)
        colors = _cleared(numpy.ascontiguousarray(cmap(norm(values), bytes=True)), cmap(0.0, bytes=True))
        table = colors.view("u4")[:, 0]
        return (
            table[cells.view("u1") if cells.dtype.kind == "b" else cells].view("u1").reshape(*cells.shape, 4)
        )
    height, width = cells.shape
    image = numpy.empty((height, width, 4), "u1")
    rows = max(1, _BAND // width)
    for start in range(0, height, rows):
        band = cells[start : start + rows]
        values = numpy.ma.masked_array(band.astype("f8"), ~filled(band))
        image[start : start + rows] = cmap(norm(values), bytes=True)
    return _cleared(image, cmap(0.0, bytes=True))


def _cleared(pixels: Any, color: Any) -> Any:
    """Give transparent pixels a colour: viewers that shrink a picture mix colours whatever their opacity."""
    pixels[pixels[..., 3] == 0, :3] = color[:3]
    return pixels


def mixed(
    aggregate: Aggregate, colors: Sequence[str], ground: Any, how: Any, span: Any, spread: int, min_alpha: int
) -> Any:
    """Categories mixed by weight: straight RGBA, row 0 the lowest y."""
    with aggregate.shade(list(colors), how, span=span, spread=spread, min_alpha=min_alpha) as image:
        pixels = numpy.asarray(image).copy()
    return _cleared(pixels, [round(255 * part) for part in to_rgb(ground)])[::-1]


def colormap(cmap: Any, ground: Any) -> Colormap:
    """A map of Matplotlib's, one of Drypoint's by name, or one through a list of colours.

    Parameters
    ----------
    cmap : str, Colormap, list of colours, or None
        None is Drypoint's own for the ground.
    ground : colour
        What lies behind.

    Returns
    -------
    Colormap

    Raises
    ------
    BadArgument
        If there is no map of that name.
    """
    if cmap is None:
        return _own(_ON_LIGHT if _is_light(ground) else _ON_DARK)
    if isinstance(cmap, Colormap):
        return cmap
    if isinstance(cmap, str):
        found = matplotlib.colormaps.get(cmap)
        return _own(_arguments.text(cmap, "cmap")) if found is None else found
    colors = _colors(cmap)
    return LinearSegmentedColormap.from_list("colors", colors if len(colors) > 1 else colors * 2)


def category_colors(cmap: Any, categories: Sequence[str]) -> dict[str, str]:
    """A colour for each category: given by name or in order, taken from a map, or those of the axes' cycle."""
    count = len(categories)
    if hasattr(cmap, "keys"):
        missing = [name for name in categories if name not in cmap]
        if missing:
            raise BadArgument(f"cmap has no colour for the category {missing[0]!r}")
        given = _colors([cmap[name] for name in categories]) if categories else []
    elif cmap is None:
        cycle = matplotlib.rcParams["axes.prop_cycle"].by_key().get("color", ["C0"])
        given = _colors(cycle) if count <= len(cycle) else _even("turbo", count)
    elif isinstance(cmap, str | Colormap):
        given = _even(cmap, count)
    else:
        given = _colors(cmap)
        if len(given) < count:
            raise BadArgument(f"cmap has {len(given)} colours for {count} categories")
    return dict(zip(categories, given, strict=False))


def _even(cmap: Any, count: int) -> list[str]:
    """The colours of a palette in their order, or as many of a map, evenly apart."""
    found = colormap(cmap, "white")
    listed = getattr(found, "colors", None)
    if listed is not None and count <= len(listed) <= 40:
        return _colors(listed)[:count]
    return [to_hex(found(place)) for place in numpy.linspace(0, 1, max(count, 2))][:count]


def _colors(colors: Any) -> list[str]:
    try:
        found = [to_hex(color) for color in colors]
    except (TypeError, ValueError) as error:
        raise BadArgument(
            f"cmap must be the name of a colour map, a Colormap or colours, not {colors!r} ({error})"
        ) from None
    if not found:
        raise BadArgument("cmap must name at least one colour")
    return found


def _is_light(ground: Any) -> bool:
    red, green, blue = to_rgb(ground)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.4


def _own(name: str) -> Colormap:
    """A map of Drypoint's as Matplotlib's: its colours are read off a strip that is shaded with it."""
    if name not in _read:
        places = memoryview(bytearray(range(_LEVELS)))
        strip = Canvas(_LEVELS, 1, x_range=(0, _LEVELS - 1), y_range=(0, 1)).points(
            {"x": places, "y": memoryview(bytearray(_LEVELS)), "value": places}, "x", "y", mean("value")
        )
        with strip, strip.shade(name, "linear") as image:
            colors = numpy.asarray(image)[0] / 255
        _read[name] = LinearSegmentedColormap.from_list(name, colors, N=256)
    return _read[name]
