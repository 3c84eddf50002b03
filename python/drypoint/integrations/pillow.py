"""Pillow's images: pixels, and the file of those that are read when they are needed."""

from __future__ import annotations

from .._lifetime import closers, constructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["watch"]


def watch(image: ModuleType) -> None:
    """See images that are made."""
    constructions.wrap(image.Image, "Image")


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
    width, height = thing.size
    wide = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2}.get(thing.mode, 4)
    return int(width * height * wide)


closers.add("PIL.Image.Image", closers.Closer(_close, is_open=_is_open, size=_size))
