"""Open files by their paths, as the interpreter keeps them."""

from __future__ import annotations

import sys

from .parts import own_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["path_of"]


def path_of(thing: Any) -> str | None:
    """``open file /tmp/x`` or ``closed file /tmp/x`` for a file of the interpreter's own types; None for all else."""
    io: Any = sys.modules.get("_io")
    if io is None:
        return None
    # Each asks the one below; one of another type may be the program's, and would run.
    if type(thing) is io.TextIOWrapper:
        thing = _below(thing, "buffer")
    if type(thing) in (io.BufferedReader, io.BufferedWriter, io.BufferedRandom):
        thing = _below(thing, "raw")
    if type(thing) is not io.FileIO:
        return None
    name = (own_dict(thing) or {}).get("name")
    if type(name) is bytes:
        name = name.decode(errors="replace")
    state = "closed" if thing.closed else "open"
    return f"{state} file {name}" if type(name) is str else f"{state} file of descriptor {name}"


def _below(file: Any, attribute: str) -> Any:
    try:
        return getattr(file, attribute)
    except ValueError:  # detached
        return None
