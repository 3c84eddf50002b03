"""``drypoint run``: somebody's program, managed, with no change to its code."""

from __future__ import annotations

import sys

from . import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

__all__ = ["add", "run"]

_DESCRIPTION = """\
Run a Python program as `python` would run it, and look after it: large arrays take the memory of those before them,
garbage is collected by its bytes, closed and dropped figures go at once, open ones can be limited. Settings come from
the options, else from the environment variable DRYPOINT_MANAGE (`1`, or `budget=1GB,figures=10`); DRYPOINT_MANAGE=0 runs
the program as it is.
"""


def add(verbs: Any) -> None:
    """Add the verb and its options."""
    verb = verbs.add_parser("run", help="run a Python program in flat memory", description=_DESCRIPTION)
    verb.set_defaults(run=run)
    verb.add_argument(
        "--budget",
        metavar="SIZE",
        help="the most that arrays may take, such as 1GB or 50%%; not limited by default",
    )
    verb.add_argument(
        "--reuse",
        choices=["pool", "system", "none"],
        help="take large arrays from the pool (default), from the C allocator, told to keep what is freed, or from where "
        "they come anyway",
    )
    verb.add_argument(
        "--collect", metavar="SIZE", help="collect garbage after so much growth, such as 100MB, or `off`"
    )
    verb.add_argument(
        "--figures", metavar="LIMIT", help="open figures to keep, as a count or a size such as 200MB"
    )
    verb.add_argument(
        "--report", action="store_true", help="print what was made and what became of it, at the end"
    )
    program.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Manage, run, report."""
    import os

    process = os.getpid()
    manager = _manage(options)
    prepared = program.prepared(options)
    options.restore()  # what the command line changed for itself is not the program's
    try:
        return program.execute(prepared).code
    finally:
        if options.report and os.getpid() == process:  # and not in a child by fork, which comes here as well
            from .._lifetime.process import report

            print(report(), file=sys.stderr)
        if manager is not None:
            manager.close()


def _manage(options: argparse.Namespace) -> Any:
    """As the options say, else as the environment does, else with the defaults."""
    import os

    from .._lifetime import manage

    settings: dict[str, Any] = {}
    for name in ("budget", "reuse", "collect", "figures"):
        text = getattr(options, name)
        if text is not None:
            settings[name] = manage.setting(name, text)
    if settings or not os.environ.get(manage.VARIABLE, "").strip():
        return manage.manage(**settings)
    return manage.from_environment()
