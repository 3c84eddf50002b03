"""``drypoint report``: a run that was watched and saved, shown again."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

__all__ = ["add", "run"]

_DESCRIPTION = "Show a run that `drypoint watch --json FILE` has saved, or write it as a page."


def add(verbs: Any) -> None:
    """Add the verb and its options."""
    verb = verbs.add_parser("report", help="show a run that was watched", description=_DESCRIPTION)
    verb.set_defaults(run=run)
    verb.add_argument("file", metavar="FILE.json", help="as `drypoint watch --json` wrote it")
    verb.add_argument(
        "--html", metavar="OUT", help="write one page that needs no other file, instead of text"
    )


def run(options: argparse.Namespace) -> int:
    """Read, then print or write."""
    from .._watch.document import Document

    document = Document.load(options.file)
    if options.html:
        from .._watch import page

        page.write(document, options.html)
        print(f"{options.file} → {options.html}")
        return 0
    from .._watch import terminal

    terminal.write(document, sys.stdout)
    return 0
