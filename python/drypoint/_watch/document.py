"""A watched run as plain data, between the observer that makes it and whatever shows, compares or tests it.

Everything about a run is in this one dict, so that a file of yesterday shows and compares like the run of a moment ago.
`docs/watch-json.md` describes it member by member.
"""

from __future__ import annotations

import shlex

from .. import _saved
from .._errors import BadArgument, CorruptData
from . import shape
from .verdicts import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import Any

__all__ = ["Document"]


class Document:
    """A finished observation.

    Parameters
    ----------
    plain : dict
        As the observer makes it, and as `load` reads it. It is not copied.

    Attributes
    ----------
    plain : dict
        The same.

    Raises
    ------
    BadArgument
        If it is not of the shape that this version has.
    """

    def __init__(self, plain: dict[str, Any]) -> None:
        if wrong := shape.complaint(plain):
            raise BadArgument(f"no finished watch: {wrong}")
        self.plain = plain

    def __getitem__(self, name: str) -> Any:
        return self.plain[name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and self.plain == other.plain

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<watched {self.program}: {len(self.faults)} faults, {len(self.notes)} notes>"

    # What is told in words

    @property
    def program(self) -> str:
        """The command, as it would be typed."""
        return shlex.join(self["command"])

    @property
    def turns(self) -> str:
        """How many turns there were, and how that is known."""
        told = self["turns"]
        if told["how"] == "none":
            return "no turns found"
        count = f"{told['count']:,} turn" + "s" * (told["count"] != 1)
        if told["how"] == "told":
            return f"{count}, as the program told"
        line = place(told)
        return f"{count} found" + (f" at {line}" if line else "")

    @property
    def faults(self) -> list[dict[str, Any]]:
        """The findings that ask for a change, most bytes first."""
        return self._findings(True)

    @property
    def notes(self) -> list[dict[str, Any]]:
        """The findings that only explain, most bytes first."""
        return self._findings(False)

    @property
    def unseen(self) -> list[str]:
        """Sentences on what could not be seen, and why; mostly none."""
        return list(self.plain.get("unseen") or ())

    @property
    def nothing(self) -> str:
        """What is said where nothing was found."""
        if self.unseen:
            return "Nothing found in what could be seen."
        return "Nothing found: no leak, no open handle, no waste."

    def _findings(self, fault: bool) -> list[dict[str, Any]]:
        found = [finding for finding in self["findings"] if verdict(finding["verdict"]).fault == fault]
        return sorted(found, key=lambda finding: -finding["bytes"])

    # Files

    def to_json(self, indent: int | None = 1) -> str:
        """As JSON text.

        Parameters
        ----------
        indent : int, optional
            Spaces for each level; None puts all on one line.

        Returns
        -------
        str
            What `load` reads.
        """
        from json import dumps

        return dumps(self.plain, indent=indent, allow_nan=False)

    def save(self, path: str | PathLike[str]) -> None:
        """Write it as JSON, whole or not at all.

        Parameters
        ----------
        path : path
            The file.

        Raises
        ------
        OutputError
            If it cannot be written; what was there before is still there.
        """
        _saved.write(path, self.to_json())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Document:
        """Read what `save` wrote.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Document
            Equal to the one that was saved.

        Raises
        ------
        SourceNotFound
            If there is no such file, or it cannot be read.
        CorruptData
            If it is damaged, something else, or of another version.
        """
        path, plain = _saved.read(path, "file of a watch")
        if wrong := shape.complaint(plain):
            raise CorruptData(f"{path} is no file of a watch that can be shown: {wrong}")
        return cls(plain)


def place(thing: dict[str, Any]) -> str | None:
    """Where a finding, a row or the turns are in the program.

    Parameters
    ----------
    thing : dict
        With ``line`` and ``function``, each of them perhaps None or left out.

    Returns
    -------
    str or None
        Such as ``app.py:42 in step``.

    Examples
    --------
    >>> place({"line": "app.py:42", "function": "step"})
    'app.py:42 in step'
    """
    line, function = thing.get("line"), thing.get("function")
    if line and function:
        return f"{line} in {function}"
    return line or (f"in {function}" if function else None)
