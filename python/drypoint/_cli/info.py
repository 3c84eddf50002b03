"""``drypoint info``: schema, rows and extents of a source, and what drawing it would need."""

from __future__ import annotations

from .._readable import Readable
from .draw import open_source
from .output import print_json, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

__all__ = ["add", "run"]

_DESCRIPTION = "Print columns, rows and extents of a source, and what drawing it would need. No row is read."


def add(verbs: Any) -> None:
    """Add the verb and its options."""
    verb = verbs.add_parser("info", help="what is in a source", description=_DESCRIPTION)
    verb.set_defaults(run=run)
    verb.add_argument(
        "source", nargs="+", metavar="SOURCE", help="files, globs or folders; - is standard input"
    )
    verb.add_argument(
        "--type", action="append", default=[], metavar="COL=TYPE", help="int64, float64, text, date, ..."
    )
    verb.add_argument("--delimiter", metavar="C", help="between fields (recognised)")
    verb.add_argument("--no-header", action="store_true", help="the first line is data")
    verb.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print what is known without reading the rows."""
    with open_source(options) as rows:
        core = rows._head()
        columns = [
            {
                "name": name,
                "type": kind,
                "extent": core.extent(name) if numeric else None,
                "shown": core.shown(name),
            }
            for name, kind, numeric in zip(core.columns, core.types, core.numeric, strict=True)
        ]
        needs = core.drawing_needs(2)
        if options.json:
            for column in columns:
                del column["shown"]
            print_json({"name": rows.name, "rows": rows.rows, "columns": columns, "drawing_bytes": needs})
            return 0
        counted = "rows not counted" if rows.rows is None else f"{rows.rows:,} rows"
        print(f"{rows.name}: {counted}, {len(columns)} columns")
        print(
            table(
                [("column", "type", "from", "to")]
                + [(str(c["name"]), str(c["type"]), *(c["shown"] or ("", ""))) for c in columns]
            )
        )
        print(f"drawing two columns at 900x600 holds {Readable(needs)} besides Python itself")
    return 0
