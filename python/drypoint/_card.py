"""What notebooks show of things that hold data: a few facts in the page's own colours, and of pixels a small picture.

A notebook keeps what it shows in its file, so a card stays below some 60 kB; nothing is read for it, and nothing of it is
kept here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._aggregate import Aggregate
    from ._image import Image

__all__ = ["Card", "Facts", "card", "small"]

_CELL = "padding:.1em 1em .1em 0;text-align:left;vertical-align:top"
#: Pixels of the picture on a card, at most; of one that has no palette, whose pixels take four times as much.
_PICTURE = (240, 160)
_COLORS = (150, 100)
#: Cells of which a picture is made: more would take too long for a glance.
_LOOKED_AT = 2**22


class Facts:
    """What a card says: a title, names and values, and of pixels a PNG with words for those who cannot see it."""

    __slots__ = ("alt", "facts", "picture", "title")

    def __init__(
        self, title: str, facts: Mapping[str, object], picture: bytes | None = None, alt: str = ""
    ) -> None:
        self.title, self.facts, self.picture, self.alt = title, facts, picture, alt


class Card(ABC):
    """A thing that notebooks show as a card."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether `close` was called."""

    @abstractmethod
    def _facts(self) -> Facts:
        """What the card says while it is open. Reads nothing."""

    def _repr_html_(self) -> str:
        return card(Facts(repr(self), {}) if self.closed else self._facts())


def card(facts: Facts) -> str:
    """Facts as HTML.

    Parameters
    ----------
    facts : Facts
        Values are shown as text, in order; None is left out.

    Returns
    -------
    str
    """
    from html import escape

    rows = "".join(
        f'<tr style="background:none"><th scope="row" style="{_CELL};font-weight:normal;opacity:.7">{escape(name)}</th>'
        f'<td style="{_CELL};font-variant-numeric:tabular-nums">{escape(str(value))}</td></tr>'
        for name, value in facts.facts.items()
        if value is not None
    )
    shown = ""
    if facts.picture is not None:
        from base64 import b64encode

        encoded = b64encode(facts.picture).decode("ascii")
        alt = escape(facts.alt)
        shown = f'<img alt="{alt}" style="display:block;margin:.4em 0" src="data:image/png;base64,{encoded}">'
    table = f'<table style="border-collapse:collapse;margin:.2em 0">{rows}</table>' if rows else ""
    return f"<div><div><b>{escape(facts.title)}</b></div>{shown}{table}</div>"


def small(pixels: Aggregate | Image) -> bytes | None:
    """A small picture of cells or pixels, as a PNG.

    Parameters
    ----------
    pixels : Aggregate or Image
        Of counts of any size; of others up to 2**22 cells, and where NumPy is there.

    Returns
    -------
    bytes or None
        None where it would cost more than a glance is worth, or memory that is not there.
    """
    from ._errors import DrypointError

    try:
        return _image(pixels)
    except (DrypointError, ImportError):
        return None


def _image(pixels: Aggregate | Image) -> bytes | None:
    from ._canvas import Canvas
    from ._image import Image

    if not isinstance(pixels, Image):
        rows, columns = pixels.shape[:2]
        if pixels.reduction.startswith(("count(", "any(")):
            return pixels.zoom(width=_PICTURE[0], height=_PICTURE[1]).shade()._inner.png()
        if rows * columns > _LOOKED_AT:
            return None
        size = _within(columns, rows, _PICTURE)
        if (columns, rows) == size:
            return pixels.shade()._inner.png()
        if len(pixels.shape) == 2:
            return Canvas(*size).raster(pixels).shade()._inner.png()
        pixels = pixels.shade()
    if pixels.width * pixels.height > _LOOKED_AT:
        return None
    size = _within(pixels.width, pixels.height, _COLORS)
    return Canvas(*size).image(pixels.__array__())._inner.png()


def _within(width: int, height: int, most: tuple[int, int]) -> tuple[int, int]:
    """The size of a picture of these proportions within another size."""
    share = min(1.0, most[0] / width, most[1] / height)
    return max(1, round(width * share)), max(1, round(height * share))
