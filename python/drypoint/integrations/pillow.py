"""Pillow's images: pixels, and the file of those that are read when they are needed."""

from __future__ import annotations

from .._lifetime import closers, constructions, native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["watch"]

#: Images below this size are not told of, as arrays are not pooled.
LEAST = 65_536


def watch(image: ModuleType) -> None:
    """See images that are made, and how many pixels they have."""
    constructions.wrap(image.Image, "Image")
    _wrap_pixels(image.Image)


def _wrap_pixels(kind: Any) -> None:
    """See when an image gets its pixels, others, or none. Before Pillow 11 they are a plain attribute, never seen."""
    from functools import wraps

    pixels, close = kind.__dict__.get("im"), kind.__dict__.get("close")
    if not isinstance(pixels, property) or pixels.fset is None or close is None:
        return
    original = pixels.fset

    def hold(self: Any, core: Any) -> None:
        original(self, core)
        size = getattr(core, "size", None)
        held = 0 if size is None else _bytes(core.mode, size)
        native.tell(self, held if held >= LEAST else 0)

    @wraps(close)
    def closed(self: Any) -> None:
        close(self)
        native.tell(self, 0)

    watched = pixels.setter(hold)
    kind.im, kind.close = watched, closed

    def put_back() -> None:
        if kind.__dict__.get("im") is watched:
            kind.im = pixels
        if kind.__dict__.get("close") is closed:
            kind.close = close

    constructions.on_unwatch(put_back)


def _close(thing: Any, failing: bool) -> None:
    if not getattr(thing, "_exclusive_fp", True):
        # The program's own file, which may hold the next image too: it is let go, not closed.
        thing.fp = None
        if "_fp" in vars(thing):
            thing._fp = None
    thing.close()


def _is_open(thing: Any) -> bool:
    core = vars(thing).get("_im", vars(thing).get("im"))
    if core is not None:
        return type(core).__name__ != "DeferredError"
    return getattr(thing, "fp", None) is not None


def _size(thing: Any) -> int | None:
    core = vars(thing).get("_im", vars(thing).get("im"))
    if core is None or type(core).__name__ == "DeferredError":
        return None
    return _bytes(thing.mode, thing.size)


def _bytes(mode: str, size: tuple[int, int]) -> int:
    """What Pillow allocates for so many pixels: colours have four bytes each, also without transparency."""
    width, height = size
    return width * height * _WIDE.get(mode, 4)


_WIDE = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2}


closers.add("PIL.Image.Image", closers.Closer(_close, is_open=_is_open, size=_size))
