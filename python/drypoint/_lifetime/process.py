"""What is made outside scopes, and what scopes handed on: recorded, never closed by us."""

from __future__ import annotations

from .. import _core, _moment
from . import constructions
from .report import Tally
from .resources import Resources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .report import Report

__all__ = ["Process", "process", "report"]


class Process:
    """The recorder of the whole process."""

    def __init__(self) -> None:
        self.resources = Resources(hold=False)
        self.tally = Tally(_moment.IMPORTED)

    @property
    def open_recorder(self) -> Process:
        """Always itself."""
        return self

    def record(self, thing: object, kind: str, place: str | None) -> None:
        """Remember a thing, weakly."""
        self.resources.add(thing, kind, place)


process = Process()
constructions.process = process


def report() -> Report:
    """What was made in this process and what became of it, since Drypoint was imported.

    Returns
    -------
    Report
        A dict of plain data with a readable repr; its keys are listed at `Report`. What ended in scopes is counted too.

    Examples
    --------
    >>> import drypoint as dp
    >>> dp.report()["open"]
    True
    """
    return process.tally.report("process", process.resources, _core.array_usage())
