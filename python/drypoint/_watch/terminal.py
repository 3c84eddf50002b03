"""A watched run as text: the head, what was found, and two tables, as wide as the terminal.

Written with the standard library: colours are four escape codes, and a dependency that lays out text would be larger than
all that is laid out here.
"""

from __future__ import annotations

import os

from .._readable import Readable
from .cells import printable, table, wrap
from .document import place
from .verdicts import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

    from .document import Document

__all__ = [
    "Paint",
    "amounts",
    "colored",
    "columns",
    "finding",
    "findings",
    "head",
    "render",
    "signed",
    "write",
]

#: Rows of each table. The page has all of them.
ROWS = 12
#: Sentences wider than this are hard to read; tables are cut where they would not fit.
WIDEST, NARROWEST = 120, 40
INDENT = "  "

_CODES = {"bad": "1;31", "warn": "1;33", "note": "1;36", "dim": "2", "strong": "1"}


class Paint:
    """Colours, or none.

    Parameters
    ----------
    on : bool
        Whether the reader sees colours.
    """

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, tone: str) -> str:
        return f"\x1b[{_CODES[tone]}m{text}\x1b[0m" if self.on and text else text


def write(document: Document, stream: TextIO) -> None:
    """Print a run where somebody reads it.

    Parameters
    ----------
    document : Document
        The run.
    stream : text file
        Colours are used if it is a terminal and ``NO_COLOR`` is not set.
    """
    print(render(document, columns(stream), colored(stream)), file=stream)


def columns(stream: TextIO) -> int:
    """Cells of a line where a text goes.

    Parameters
    ----------
    stream : text file
        Standard output or standard error; one of them may be a terminal and the other not.

    Returns
    -------
    int
        ``COLUMNS`` if that is set, else those of the terminal, else 80; from 40 to 120.
    """
    try:
        found = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        found = 0
    if found <= 0:
        try:
            found = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):  # no terminal, or not even a file
            found = 0
    return min(max(found or 80, NARROWEST), WIDEST)


def colored(stream: TextIO) -> bool:
    """Whether a stream shows colours.

    Parameters
    ----------
    stream : text file
        Where the text goes.

    Returns
    -------
    bool
        True for a terminal, unless ``NO_COLOR`` is set to anything or the terminal is a dumb one.
    """
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render(document: Document, cells: int = 80, color: bool = False) -> str:
    """All of a run as text.

    Parameters
    ----------
    document : Document
        The run.
    cells : int
        Of a line.
    color : bool
        Whether to colour it.

    Returns
    -------
    str
        Lines, without a newline at the end.
    """
    paint = Paint(color)
    lines = [*head(document, cells, paint), "", *findings(document, cells, paint)]
    for title, shown in (("by kind", _kinds(document, cells)), ("by line", _lines(document, cells))):
        if shown:
            lines += ["", paint(title, "strong"), paint(shown[0], "dim"), *shown[1:]]
    return "\n".join(lines)


def head(document: Document, cells: int, paint: Paint) -> list[str]:
    """The command, how it ended, turns, seconds, and the memory of the process.

    Parameters
    ----------
    document : Document
        The run.
    cells : int
        Of a line.
    paint : Paint
        Colours.

    Returns
    -------
    list of str
        Lines.
    """
    reason = printable(document["exit"]["reason"])
    told = f"{printable(document.turns)}, {document['seconds']:,.3g} s"
    if reason != "finished":
        told += f", {reason}"
    resident, live = document["resident"], document["live"]
    start, peak, end = (str(Readable(resident[name])) for name in ("start", "peak", "end"))
    return [
        *(paint(line, "strong") for line in wrap(printable(document.program), cells)),
        *wrap(told, cells, INDENT),
        *wrap(f"resident {start} → at most {peak} → {end}", cells, INDENT),
        *wrap(
            f"large arrays at most {Readable(live['peak'])}, {Readable(live['end'])} at the end",
            cells,
            INDENT,
        ),
    ]


def findings(document: Document, cells: int, paint: Paint) -> list[str]:
    """What was found: first what to change, then what only explains.

    Parameters
    ----------
    document : Document
        The run.
    cells : int
        Of a line.
    paint : Paint
        Colours.

    Returns
    -------
    list of str
        Lines; one if nothing was found. What could not be seen is told below.
    """
    blocks = [finding(found, cells, paint) for found in document.faults]
    if not document["findings"]:
        blocks.append(wrap(document.nothing, cells))
    if document.notes:
        told = "no fault, but good to know" if document.faults else "Nothing to change. Good to know:"
        blocks.append([paint(told, "dim")])
        blocks += [finding(found, cells, paint) for found in document.notes]
    if document.unseen:
        lines = [line for one in document.unseen for line in wrap(printable(one), cells, INDENT)]
        blocks.append([paint(line, "dim") for line in ("not seen", *lines)])
    return [line for number, block in enumerate(blocks) for line in ([""] if number else []) + block]


def finding(found: dict[str, Any], cells: int, paint: Paint, grounds: bool = True) -> list[str]:
    """One finding.

    Parameters
    ----------
    found : dict
        As in a document.
    cells : int
        Of a line.
    paint : Paint
        Colours.
    grounds : bool
        Whether to tell what it rests on.

    Returns
    -------
    list of str
        The word with the bytes and the line, the sentence, and dim what it rests on.
    """
    word = found["verdict"]
    facts = amounts(found)
    if where := place(found):
        facts.append(printable(where))
    first, *others = wrap(" · ".join(facts), cells, " " * (len(word) + 2))
    lines = [paint(word.upper(), verdict(word).tone) + first[len(word) :], *others]
    message, fix = printable(found["message"]), printable(found.get("fix") or "")
    lines += wrap(message, cells, INDENT)
    if fix and fix not in message:
        lines += wrap(fix, cells, INDENT)
    for label, text in _grounds(found) if grounds else ():
        margin = " " * (len(INDENT) + 9)
        body = wrap(printable(text), cells, margin)
        body[0] = f"{INDENT}{label:<9}{body[0][len(margin) :]}"
        lines += [paint(line, "dim") for line in body]
    return lines


def _grounds(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What a finding rests on, with its labels."""
    rows = []
    sure = "" if found.get("confidence") is None else f"{found['confidence']:.0%} sure"
    if found.get("chain"):
        rows.append(("held by", found["chain"]))
    if found.get("evidence"):
        rows.append(("because", "; ".join(found["evidence"]) + (f" ({sure})" if sure else "")))
    elif sure:
        rows.append(("", sure))
    return rows


def amounts(found: dict[str, Any]) -> list[str]:
    """How much a finding is about.

    Parameters
    ----------
    found : dict
        As in a document.

    Returns
    -------
    list of str
        Bytes, or how many things where there are none; and bytes for each turn.

    Examples
    --------
    >>> amounts({"bytes": 9_000_000, "bytes_per_turn": 450_000})
    ['9.0 MB', '+450 kB a turn']
    >>> amounts({"bytes": 0, "count": 12})
    ['12 of them']
    """
    count = found.get("count")
    facts = [str(Readable(found["bytes"]))] if found["bytes"] or not count else [f"{count:,} of them"]
    if found.get("bytes_per_turn"):
        facts.append(f"{signed(found['bytes_per_turn'])} a turn")
    return facts


def signed(count: float) -> str:
    """A difference of bytes.

    Parameters
    ----------
    count : float
        Bytes.

    Returns
    -------
    str
        With its sign and a unit.

    Examples
    --------
    >>> signed(2_800_000), signed(-512), signed(0)
    ('+2.8 MB', '−512 B', '±0 B')
    """
    return ("+" if count > 0 else "−" if count < 0 else "±") + str(Readable(abs(count)))


def _kinds(document: Document, cells: int) -> list[str]:
    """The table of kinds, the heads first; empty if there are none."""
    rows = sorted(document["by_kind"], key=lambda row: -row["peak"])
    shown = [
        (
            printable(row["kind"]),
            f"{row['count']:,}",
            str(Readable(row["live"])),
            str(Readable(row["peak"])),
        )
        for row in rows[:ROWS]
    ]
    return _limited(table(("kind", "count", "at the end", "at most"), shown, 1, cells - len(INDENT)), rows)


def _lines(document: Document, cells: int) -> list[str]:
    """The table of lines, the heads first; empty if there are none."""
    rows = sorted(document["by_line"], key=lambda row: -row["peak"])
    shown = [
        (
            printable(place(row) or "?"),
            printable(row["kind"]),
            f"{row['allocations']:,}",
            str(Readable(row["per_turn"])) if row.get("per_turn") else "",
            str(Readable(row["live"])),
            str(Readable(row["peak"])),
        )
        for row in rows[:ROWS]
    ]
    heads = ("line", "kind", "made", "a turn", "at the end", "at most")
    return _limited(table(heads, shown, 2, cells - len(INDENT)), rows)


def _limited(lines: list[str], rows: list[Any]) -> list[str]:
    """Nothing for no rows; the number of those that are not shown below the others."""
    if not rows:
        return []
    lines = [INDENT + line for line in lines]
    return lines if len(rows) <= ROWS else [*lines, f"{INDENT}and {len(rows) - ROWS:,} more"]
