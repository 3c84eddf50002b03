"""The current numbers of the process's pool, and the budget they stay in."""

from __future__ import annotations

from . import _arguments, _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import Any

__all__ = ["MemoryReport", "memory", "set_budget", "set_spill"]


class MemoryReport(dict[str, "Any"]):
    """Plain numbers in bytes, with a repr that a person can read. Keys are listed at `memory`."""

    def __repr__(self) -> str:
        lines = [
            f"budget    {_readable(self['budget'])}",
            f"reserved  {_readable(self['reserved'])}  peak {_readable(self['peak_reserved'])}",
            f"live      {_readable(self['live'])}  peak {_readable(self['peak_live'])}",
            f"idle      {_readable(self['idle'])}  hits {self['hits']:,}, misses {self['misses']:,}",
            f"resident  {_readable(self['resident'])}  peak {_readable(self['peak_resident'])}",
        ]
        holders = sorted(self["consumers"].items(), key=lambda item: -item[1]["reserved"])
        width = max((len(name) for name, _ in holders), default=0)
        lines += [
            f"  {name:<{width}}  {_readable(numbers['reserved'])}  peak {_readable(numbers['peak'])}"
            for name, numbers in holders
            if numbers["peak"]
        ]
        return "\n".join(lines)


def memory() -> MemoryReport:
    """Where the bytes of Drypoint are now.

    Returns
    -------
    MemoryReport
        A dict with, in bytes: ``budget``, ``reserved`` (granted), ``live`` (allocated by Drypoint), ``idle`` (freed
        blocks kept for reuse), ``resident`` (what the system reports for the whole process), ``peak_reserved``,
        ``peak_live``, ``peak_resident``; as counts: ``hits`` and ``misses`` of the pool; and ``consumers``, a dict of
        ``reserved``, ``live``, ``peak``, ``hits``, ``misses`` by name. Costs some microseconds.

    Examples
    --------
    >>> import drypoint as dp
    >>> dp.memory()["reserved"] <= dp.memory()["budget"]
    True
    """
    return MemoryReport(_core.memory())


def set_budget(budget: str | int) -> int:
    """Bound what Drypoint holds in this process.

    Parameters
    ----------
    budget : str or int
        Bytes, or ``"64MB"``, ``"2GiB"``, ``"50%"`` of what the process may use. The default is half of that, or the
        environment variable ``DRYPOINT_MEMORY``.

    Returns
    -------
    int
        The budget in bytes.

    Raises
    ------
    BadArgument
        If it cannot be understood.
    BudgetExceeded
        If more than this is reserved now; the budget stays as it was.

    Examples
    --------
    >>> import drypoint as dp
    >>> before = dp.memory()["budget"]
    >>> dp.set_budget("1GiB")
    1073741824
    >>> dp.set_budget(before) == before
    True
    """
    return _core.set_budget(_arguments.budget(budget, "budget"))


def set_spill(dir: str | PathLike[str] | None = None, limit: str | int | None = None) -> tuple[str, int]:
    """Say where compressed chunks go when the budget is full, and how much of the disk they may take.

    Parameters
    ----------
    dir : path, optional
        A folder that can be written to. The system's folder for temporary files by default, which some systems hold
        in memory.
    limit : str or int, optional
        Bytes, or ``"10GB"``, ``"512MiB"``; 0 for none at all. By default half of what is free there, looked up each
        time.

    Returns
    -------
    tuple of (str, int)
        The folder and the limit in bytes that hold now.

    Raises
    ------
    BadArgument
        If the limit cannot be understood.
    OutputError
        If no file can be made in the folder.

    Notes
    -----
    Files have no name from the moment they exist, so nothing is left behind however the process ends, and nobody else
    can open them. What is spilled already stays where it is, and counts against the limit.

    Examples
    --------
    >>> import drypoint as dp
    >>> folder, limit = dp.set_spill(limit="10GB")
    >>> limit
    10000000000
    >>> folder, limit = dp.set_spill()
    """
    if dir is not None:
        import os

        dir = os.path.abspath(_arguments.path(dir, "dir"))
    if limit is not None and not (limit == 0 and not isinstance(limit, bool)):
        limit = _arguments.bytes_of(limit, "limit")
    folder, most = _core.set_spill(dir, limit)
    return folder, most


def _readable(count: int) -> str:
    """Bytes in decimal units, as on the command line, right-aligned: 64.0 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.95:
            return f"{value:7.1f} {unit:<2}"
        value /= 1000
    return f"{value:7.1f} TB"
