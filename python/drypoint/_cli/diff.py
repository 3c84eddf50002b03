"""``drypoint diff``: two runs that were watched and saved, before and after a change to the program."""

from __future__ import annotations

import sys

from .._readable import Readable
from .output import print_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from .._watch.difference import Difference
    from .._watch.terminal import Paint

__all__ = ["add", "run"]

_DESCRIPTION = """\
Compare two runs that `drypoint watch --json FILE` has saved: findings that are new, gone or changed, the memory of the
process, and the lines whose bytes differ. What differs by less than a tenth or 64 KiB is as before.
"""


def add(verbs: Any) -> None:
    """Add the verb and its options."""
    verb = verbs.add_parser("diff", help="compare two runs that were watched", description=_DESCRIPTION)
    verb.set_defaults(run=run)
    verb.add_argument("before", metavar="BEFORE.json", help="as `drypoint watch --json` wrote it")
    verb.add_argument("after", metavar="AFTER.json", help="the same of the other run")
    verb.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Read both, compare, print."""
    from .._watch.difference import Difference
    from .._watch.document import Document

    difference = Difference(Document.load(options.before), Document.load(options.after))
    if options.json:
        print_json(difference.to_dict())
        return 0
    from .._watch.terminal import Paint, colored, columns

    print("\n".join(lines(difference, columns(sys.stdout), Paint(colored(sys.stdout)))))
    return 0


def lines(difference: Difference, cells: int, paint: Paint) -> list[str]:
    """The comparison as text."""
    from .._watch.cells import printable, wrap
    from .._watch.terminal import finding

    told = []
    for name, document in (("before", difference.before), ("after", difference.after)):
        run = [printable(document.program), f"{printable(document.turns)}, {document['seconds']:,.3g} s"]
        if document["exit"]["reason"] != "finished":
            run[1] += f", {printable(document['exit']['reason'])}"
        first, *others = [line for part in run for line in wrap(part, cells, " " * 8)]
        told += [f"{paint(name, 'strong')}{first[len(name) :]}", *others]
    told += ["", *_sizes(difference, cells, paint)]
    told += ["", paint(_counts(difference), "strong")]
    for found in difference.new:
        told += ["", paint("new", "strong"), *finding(found, cells, paint)]
    for before, after in difference.changed:
        told += ["", paint(f"changed: {_change(before, after)}", "strong"), *finding(after, cells, paint)]
    for found in difference.gone:
        told += ["", paint("gone", "strong"), *finding(found, cells, paint, grounds=False)]
    return told + _lines(difference, cells, paint)


def _sizes(difference: Difference, cells: int, paint: Paint) -> list[str]:
    """The memory of both processes."""
    from .._watch.cells import table
    from .._watch.terminal import signed

    rows = [
        (name, str(Readable(before)), str(Readable(after)), signed(after - before))
        for name, before, after in difference.sizes
    ]
    head, *others = table(("memory", "before", "after", "change"), rows, 1, cells)
    return [paint(head, "dim"), *others]


def _counts(difference: Difference) -> str:
    """How many findings there are of each sort."""
    counts = [
        f"{count} {word}"
        for count, word in (
            (len(difference.new), "new"),
            (len(difference.changed), "changed"),
            (len(difference.gone), "gone"),
            (difference.same, "as before"),
        )
        if count
    ]
    return "findings: " + (", ".join(counts) if counts else "none in either run")


def _change(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What is not as it was."""
    if before["verdict"] != after["verdict"]:
        return f"was {before['verdict']}, {Readable(before['bytes'])}"
    if before.get("bytes_per_turn") is not None and after.get("bytes_per_turn") is not None:
        each = (str(Readable(found["bytes_per_turn"])) for found in (before, after))
        return " → ".join(each) + " a turn"
    return f"{Readable(before['bytes'])} → {Readable(after['bytes'])}"


def _lines(difference: Difference, cells: int, paint: Paint) -> list[str]:
    """The lines whose bytes differ, as changes of them."""
    from .._watch.cells import printable, table
    from .._watch.document import place
    from .._watch.terminal import ROWS, signed

    rows = []
    for before, after in difference.lines[:ROWS]:
        row = after or before or {}
        changes = [
            ((after or {}).get(name) or 0) - ((before or {}).get(name) or 0)
            for name in ("live", "peak", "per_turn")
        ]
        where = printable(place(row) or "?")
        state = "" if before and after else "new" if after else "gone"
        rows.append((where, printable(row["kind"]), state, *map(signed, changes)))
    if not rows:
        return []
    head, *others = table(("line", "kind", "", "at the end", "at most", "made a turn"), rows, 2, cells - 2)
    more = len(difference.lines) - len(rows)
    others += [f"and {more:,} more"] if more else []
    return ["", paint("by line", "strong"), paint(f"  {head}", "dim"), *(f"  {line}" for line in others)]
