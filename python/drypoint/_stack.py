"""Pictures laid over each other, and dots made larger: what comes after shading, as functions."""

from __future__ import annotations

from . import _arguments, _core
from ._aggregate import Aggregate
from ._errors import BadArgument, UnsupportedData
from ._image import Image
from ._shading import MOST_SPREAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias, TypeVar

    _Blend: TypeAlias = Literal["over", "add", "saturate", "multiply", "source"]
    _CellBlend: TypeAlias = Literal["add", "max", "min", "source"]
    _Drawn = TypeVar("_Drawn", Image, Aggregate)

__all__ = ["dynspread", "set_background", "spread", "stack"]

BLENDS = ("over", "add", "saturate", "multiply", "source")
CELL_BLENDS = ("add", "max", "min", "source")
SHAPES = ("circle", "square")


def stack(*images: Image, how: _Blend = "over") -> Image:
    """Lay pictures over each other.

    Parameters
    ----------
    *images : Image
        Of one size, the lowest first; at least one.
    how : {"over", "add", "saturate", "multiply", "source"}
        What becomes of a colour over another. ``"over"``: it hides that below as far as it is opaque. ``"add"``: light is
        added. ``"saturate"``: it adds what opacity is left. ``"multiply"``: as filters before a light. ``"source"``: it
        replaces that below where there is anything.

    Returns
    -------
    Image
        Four bytes a pixel.

    Raises
    ------
    BadArgument
        Without a picture, or of pictures of different sizes.
    BudgetExceeded
        If the result does not fit.

    Notes
    -----
    The operators are those of Datashader's ``transfer_functions.stack``, and multiplying; colours are rounded where
    Datashader cuts them off, so that a channel may differ by 1.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> canvas = dp.Canvas(2, 1, x_range=(0, 2), y_range=(0, 1))
    >>> at = lambda x: canvas.points({"x": array("d", [x]), "y": array("d", [0.5])}, "x", "y")
    >>> both = dp.stack(at(0.5).shade("red"), at(1.5).shade("blue"))
    >>> both
    <Image 2 × 1, 8 bytes>
    """
    if not images:
        raise BadArgument("stack needs at least one Image")
    pixmaps = [_image(image)._inner for image in images]
    return Image(pixmaps[0].stack(pixmaps[1:], _arguments.choice(how, "how", BLENDS)))


def spread(
    drawn: _Drawn,
    px: int = 1,
    shape: Literal["circle", "square"] = "circle",
    how: _Blend | _CellBlend | None = None,
) -> _Drawn:
    """Let every pixel that is not empty cover those around it.

    Parameters
    ----------
    drawn : Image or Aggregate
        A picture; or an aggregate, so that values of neighbours are put together before they become colours.
    px : int, default 1
        How far, in pixels on all sides; at most 100.
    shape : {"circle", "square"}
        What a pixel grows into.
    how : str, optional
        Where grown pixels meet. For an Image one of `stack`; by default the colour that stands for more is on top (of
        pictures mixed from categories: ``"over"``). For an Aggregate ``"add"`` (the default), ``"max"``, ``"min"`` or
        ``"source"``.

    Returns
    -------
    Image or Aggregate
        As `drawn`; an aggregate made so cannot be merged with others.

    Raises
    ------
    BadArgument, BudgetExceeded

    Notes
    -----
    As Datashader's ``transfer_functions.spread``, but for the default of pictures, which does not depend on the order
    of the pixels. Costs ``(2 * px + 1)**2`` for each pixel that is not empty.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> canvas = dp.Canvas(4, 1, x_range=(0, 4), y_range=(0, 1))
    >>> points = canvas.points({"x": array("d", [1.5, 2.5]), "y": array("d", [0.5, 0.5])}, "x", "y")
    >>> dp.spread(points).cells.tolist()
    [[1, 2, 2, 1]]
    """
    px = _arguments.whole(px, "px", 0, MOST_SPREAD)
    shape = _arguments.choice(shape, "shape", SHAPES)  # type: ignore[assignment]
    if isinstance(drawn, Aggregate):
        how = _arguments.choice(how or "add", "how", CELL_BLENDS)  # type: ignore[assignment]
        return Aggregate(_core.spread_aggregate(_whole(drawn), px, shape, str(how)))
    blend = _arguments.optional(_arguments.choice, how, "how", BLENDS)
    return Image(_image(drawn)._inner.spread(px, shape, blend))


def dynspread(
    drawn: _Drawn,
    threshold: float = 0.5,
    max_px: int = 3,
    shape: Literal["circle", "square"] = "circle",
    how: _Blend | _CellBlend | None = None,
) -> _Drawn:
    """Spread as far as dots stay apart.

    Parameters
    ----------
    drawn : Image or Aggregate
        As of `spread`.
    threshold : float, default 0.5
        From 0 to 1: the share of dots that may have another one within twice the distance of spreading.
    max_px : int, default 3
        The furthest, at most 100.
    shape, how
        As of `spread`.

    Returns
    -------
    Image or Aggregate
        `drawn` itself where nothing is to be spread.

    Raises
    ------
    BadArgument, BudgetExceeded

    Notes
    -----
    Datashader's rule. ``Figure`` and ``spread=None`` follow another one, which looks at how full the neighbourhood of
    dots is. Costs a pass over the pixels for each pixel of distance.

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> canvas = dp.Canvas(9, 1, x_range=(0, 9), y_range=(0, 1))
    >>> point = canvas.points({"x": array("d", [4.5]), "y": array("d", [0.5])}, "x", "y")
    >>> dp.dynspread(point).cells.tolist()
    [[0, 1, 1, 1, 1, 1, 1, 1, 0]]
    """
    threshold = _arguments.number(threshold, "threshold")
    if not 0 <= threshold <= 1:
        raise BadArgument(f"threshold must be from 0 to 1, not {threshold}")
    max_px = _arguments.whole(max_px, "max_px", 0, MOST_SPREAD)
    if isinstance(drawn, Aggregate):
        px = _core.aggregate_dynspread_px(_whole(drawn), threshold, max_px)
    else:
        px = _image(drawn)._inner.dynspread_px(threshold, max_px)
    return spread(drawn, px, shape, how) if px else drawn


def set_background(image: Image, color: Any = "white") -> Image:
    """Lay a picture over a ground.

    Parameters
    ----------
    image : Image
        The picture.
    color : colour, default "white"
        ``"#rrggbb"``, a CSS name, or numbers from 0 to 1.

    Returns
    -------
    Image
        Another picture: empty pixels have the colour, others are mixed with it as far as they show through.

    Raises
    ------
    BadArgument, BudgetExceeded

    Examples
    --------
    >>> import drypoint as dp
    >>> from array import array
    >>> canvas = dp.Canvas(2, 1, x_range=(0, 2), y_range=(0, 1))
    >>> image = canvas.points({"x": array("d", [0.5]), "y": array("d", [0.5])}, "x", "y").shade("red")
    >>> dp.set_background(image, "black").nbytes
    2
    """
    return Image(_image(image)._inner.on_background(_arguments.color(color, "color")))


def _image(value: Any) -> Image:
    if not isinstance(value, Image):
        raise BadArgument(f"an Image is needed (Aggregate.shade() makes one), not a {type(value).__name__}")
    return value


def _whole(aggregate: Aggregate) -> _core.Aggregate:
    """The cells of an aggregate that is not in tiles."""
    inner = aggregate._inner
    if not isinstance(inner, _core.Aggregate):
        raise UnsupportedData(
            "a TiledAggregate is spread part by part: take one, or a level() or zoom() of it"
        )
    return inner
