"""OpenCV's captures and writers: native decoders, files and devices that wait for ``release``."""

from __future__ import annotations

from functools import partial

from .. import _core
from .._lifetime import closers, constructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["watch"]


def watch(cv2: ModuleType) -> None:
    """See captures and writers that are made."""
    for name in ("VideoCapture", "VideoWriter"):
        kind = getattr(cv2, name, None)
        # Without weak references and without a notice of their end they would be held until the scope ends.
        if isinstance(kind, type) and _core.watch_deaths(kind):
            constructions.wrap(kind, name)
            constructions.on_unwatch(partial(_core.unwatch_deaths, kind))


def _release(thing: Any, failing: bool) -> None:
    thing.release()


for _name in ("VideoCapture", "VideoWriter"):
    closers.add(f"cv2.{_name}", closers.Closer(_release, is_open=lambda thing: thing.isOpened()))
