"""Drypoint's own sources: open files, spools and the generators behind streams."""

from __future__ import annotations

from .._lifetime import closers, constructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["watch"]


def watch(drypoint: ModuleType) -> None:
    """See sources that are opened."""
    constructions.wrap(drypoint.Source)


def _close(source: Any, failing: bool) -> None:
    source.close()


closers.add("drypoint._streams.Source", closers.Closer(_close, lambda source: not source.closed))
