"""Drypoint's own sources: open files, spools and the generators behind streams, and frames of films and cameras."""

from __future__ import annotations

from .._lifetime import closers, constructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["watch"]


def watch(drypoint: ModuleType) -> None:
    """See sources that are opened."""
    constructions.wrap(drypoint.Source)


closers.add("drypoint._streams.Source", closers.Closer(closers.by_method, lambda source: not source.closed))
closers.add(
    "drypoint._frames.frames.Frames", closers.Closer(closers.by_method, lambda frames: not frames.closed)
)
