"""What a cell of a notebook left behind.

The cell runs in a scope that closes nothing, so that arrays and figures know the lines that made them. The heap is
looked at before and after; nothing is collected, since a cell that counts on the collector should show what that means.
"""

from __future__ import annotations

from .. import _core
from .._lifetime import figures
from .._lifetime.scope import scope
from .._memory import _readable
from .._report.growth import grown_since
from .._report.snapshot import snapshot
from .outputs import Outputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    _Row = tuple[str, str, str]

__all__ = ["CellReport", "observe"]

#: Rows of each list that are shown.
SHOWN = 10
_USER = "module __main__ → "
_HISTORY = "IPython history "


class CellReport(dict[str, "Any"]):
    """What ``%%drypoint`` shows: a dict of plain data with a readable repr. Sizes are bytes.

    Its keys:

    - ``seconds``; ``resident``: ``before`` and ``after``, of the whole process.
    - ``arrays``: how many NumPy arrays there are more (``count``), and their ``bytes``.
    - ``figures``: of those that pyplot has now and had not before, ``name`` and ``line`` or None.
    - ``grown``: what holds more than before: ``name``, ``type``, ``line`` or None, ``bytes``.
    - ``outputs``: what IPython keeps: ``names``, ``type``, ``bytes``, and ``also``, who else holds it, or None.
    - ``garbage``: bytes that wait for the garbage collector.
    - ``rows``: how many rows of each list the repr shows.
    """

    def __repr__(self) -> str:
        return "\n".join([self._head(), *(line for block in self._blocks() for line in _text(*block))])

    def _head(self) -> str:
        resident = self["resident"]["after"] - self["resident"]["before"]
        arrays = self["arrays"]
        parts = [f"resident {_signed(resident)}", f"arrays {_signed(arrays['bytes'])} ({arrays['count']:+,})"]
        count = len(self["figures"])
        if count:
            parts.append(f"{count:,} figure{'s' if count > 1 else ''} left open")
        if self["garbage"]:
            parts.append(f"{_bytes(self['garbage'])} wait for the garbage collector")
        return f"this cell, in {self['seconds']:.2f} s: {', '.join(parts)}"

    def _blocks(self) -> Iterator[tuple[str, list[_Row], int]]:
        """Each list that is not empty: title, rows, and how many more there are."""
        most = self["rows"]
        held = [
            (_signed(one["bytes"]), one["name"], _made(one["type"], one["line"])) for one in self["grown"]
        ]
        outputs: list[_Row] = [
            (_bytes(one["bytes"]), ", ".join(one["names"]), _stays(one["type"], one["also"]))
            for one in self["outputs"]
        ]
        total = _bytes(sum(one["bytes"] for one in self["outputs"] if one["also"] is None))
        opened: list[_Row] = [("", one["name"], _made("", one["line"])) for one in self["figures"]]
        for title, rows in (
            ("held now and not before", held),
            ("figures left open (plt.close closes them)", opened),
            (f"IPython keeps past outputs; %drypoint_release would free {total}", outputs),
        ):
            if rows:
                yield title, rows[:most], max(0, len(rows) - most)

    def _repr_html_(self) -> str:
        """For notebooks: the page's own colours and font, light or dark."""
        from html import escape

        cell = "padding:0 .6em;text-align:"
        text = f"<div>{escape(self._head())}</div>"
        for title, rows, more in self._blocks():
            body = "".join(
                f'<tr><td style="{cell}right">{escape(size)}</td><td style="{cell}left"><code>{escape(name)}</code></td>'
                f'<td style="{cell}left">{escape(what)}</td></tr>'
                for size, name, what in rows
            )
            rest = f"<div>and {more:,} more</div>" if more else ""
            text += f"<div><b>{escape(title)}</b></div><table>{body}</table>{rest}"
        return f"<div>{text}</div>"


def observe(shell: Any, run: Callable[[], object], rows: int = SHOWN) -> CellReport:
    """Run a cell and tell what it left behind.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
        The shell.
    run : callable
        Runs the cell.
    rows : int
        Rows of each list that the report shows.

    Returns
    -------
    CellReport
        Plain data.
    """
    from time import perf_counter

    outputs = Outputs(shell)
    kept: list[dict[str, Any]] = []

    def look(heap: _core.Heap, named: list[str]) -> None:
        kept.extend(outputs.rows(heap, named))

    known = {id(manager.canvas.figure) for manager in figures.managers()}
    before = snapshot()
    resident, started = _resident(), perf_counter()
    with scope("cell", close=False) as made:
        run()
        seconds = perf_counter() - started
        opened = _figures(known, made)
    ended = _resident()
    after, grown = grown_since(before, look)
    numbers = [_of_arrays(one.kinds) for one in (before, after)]
    own = {name for row in kept for name in row["names"] if row["also"] is None}
    report = CellReport(
        seconds=seconds,
        resident={"before": resident, "after": ended},
        arrays={key: numbers[1][key] - numbers[0][key] for key in ("count", "bytes")},
        figures=opened,
        grown=[row for row in map(_shortened, grown) if row["name"] not in own],
        outputs=kept,
        garbage=after.garbage_bytes,
        rows=rows,
    )
    for row in [*report["grown"], *report["figures"]]:
        row["line"] = _in_cell(shell, row["line"])
    return report


def _resident() -> int:
    """Resident bytes without what is left over from work that is done, such as looking."""
    _core.trim_pool()
    _core.trim_system()
    return _core.resident_bytes()


def _figures(known: set[int], made: Any) -> list[dict[str, Any]]:
    """Pyplot's figures that were not there, with the lines that made them."""
    found = []
    for manager in figures.managers():
        figure = manager.canvas.figure
        if id(figure) not in known:
            line = getattr(made.resources.things.get(id(figure)), "place", None)
            found.append({"name": figures.name_of(figure), "line": line})
    return found


def _of_arrays(kinds: list[dict[str, Any]]) -> dict[str, Any]:
    return next((one for one in kinds if one["type"] == "numpy.ndarray"), {"count": 0, "bytes": 0})


def _shortened(row: dict[str, Any]) -> dict[str, Any]:
    """Variables of the notebook are called by their own names."""
    return {**row, "name": row["name"].removeprefix(_USER).removeprefix(_HISTORY)}


def _in_cell(shell: Any, line: str | None) -> str | None:
    """A line of a cell as people call it: ``In[3]:2``."""
    if line is None:
        return None
    for name, number in getattr(shell.compile, "_filename_map", {}).items():
        for known in (name, name.rpartition("/")[2]):
            if line.startswith(f"{known}:"):
                return f"In[{number}]{line[len(known) :]}"
    return line


def _text(title: str, rows: list[_Row], more: int) -> Iterator[str]:
    yield title
    width = max(len(name) for _, name, _ in rows)
    for size, name, what in rows:
        yield f"  {size:>10}  {name:<{width}}  {what}".rstrip()
    if more:
        yield f"  and {more:,} more"


def _made(kind: str, line: str | None) -> str:
    return ", ".join(part for part in (kind, f"made at {line}" if line else "") if part)


def _stays(kind: str, also: str | None) -> str:
    return f"{kind}, also held by {also.removeprefix(_USER)}" if also else kind


def _signed(count: int) -> str:
    return f"{'−' if count < 0 else '+'}{_bytes(abs(count))}"


def _bytes(count: int) -> str:
    return _readable(count).strip()
