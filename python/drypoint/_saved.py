"""Files of ours in JSON: written whole or not at all, and read with one clear error for each way to fail."""

from __future__ import annotations

from . import _arguments, _core
from ._errors import CorruptData, SourceNotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import Any

__all__ = ["read", "write"]


def write(path: str | PathLike[str], text: str) -> None:
    """Write a text to a file.

    Raises
    ------
    OutputError
        If it cannot be written; what was there before is still there.
    """
    _core.write_file(_arguments.path(path), text.encode())


def read(path: str | PathLike[str], what: str) -> tuple[str, Any]:
    """The path as text, and what the JSON in the file says.

    Parameters
    ----------
    path : path
        The file.
    what : str
        What it should be, such as ``"snapshot"``, for the errors.

    Raises
    ------
    SourceNotFound
        If there is no such file, or it cannot be read.
    CorruptData
        If it is no JSON.
    """
    from json import loads

    path = _arguments.path(path)
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        raise SourceNotFound(f"the {what} {path}: {error.strerror}") from None
    try:
        return path, loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise CorruptData(f"{path} is no {what}, or not whole: it is no JSON") from None


def _refuse(word: str) -> None:
    """NaN and infinities, which JSON does not have but Python's reader lets through."""
    raise ValueError(word)
