"""Lines of the program as a person reads them, from the numbers under which they were noted."""

from __future__ import annotations

import os

from .. import _core

__all__ = ["Place", "place"]


class Place:
    """A line of the program.

    Attributes
    ----------
    file : str
        The whole path.
    number : int
        The line in it.
    function : str
        The function around it; ``"<module>"`` outside.
    """

    __slots__ = ("file", "function", "number")

    def __init__(self, file: str, number: int, function: str) -> None:
        self.file, self.number, self.function = file, number, function

    @property
    def line(self) -> str:
        """As ``"app.py:42"``: by the way from the current folder, if the file is in it."""
        return f"{short(self.file)}:{self.number}"

    def __str__(self) -> str:
        if self.function == "<module>":
            return self.line
        return f"{self.line} in {self.function}()"


def short(file: str) -> str:
    """A path from the current folder on, if it is below that; else its last part."""
    try:
        from_here = os.path.relpath(file)
    except (OSError, ValueError):  # the folder is gone, or on another drive
        return os.path.basename(file)
    return os.path.basename(file) if from_here.startswith(os.pardir) else from_here


def place(site: int) -> Place | None:
    """The line with a number; None for 0."""
    parts = _core.site_parts(site) if site else None
    return None if parts is None else Place(*parts)
