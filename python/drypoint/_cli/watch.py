"""``drypoint watch``: somebody's program, observed: what grows, which line made it, who holds it, what to change."""

from __future__ import annotations

import sys

from .. import _arguments
from .._errors import BadArgument
from . import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

__all__ = ["add", "run"]

_DESCRIPTION = """\
Run a Python program as `python` would run it and observe it. At its end, also after an exception or Ctrl-C, the
findings are printed on standard error, most bytes first: what grows with each turn of its loop, the line that made
it, who holds it, how many bytes would come back, and what to change; and tables of bytes by kind and by line.
"""

#: The exit code when --fail-on applies and the program itself ended well.
FAILED = 1


def add(verbs: Any) -> None:
    """Add the verb and its options."""
    verb = verbs.add_parser(
        "watch", help="run a Python program and say where its memory goes", description=_DESCRIPTION
    )
    verb.set_defaults(run=run)
    verb.add_argument("--html", metavar="FILE", help="also write one page that shows it all")
    verb.add_argument(
        "--json", metavar="FILE", help="also write it as data, for `drypoint report` and `diff`"
    )
    verb.add_argument(
        "--fail-on",
        metavar="WHAT",
        action="append",
        default=[],
        help="exit with 1 if there is a finding of this verdict, such as leak or waste, or one of at least so "
        "many bytes, such "
        "as 10MB; may be given again",
    )
    verb.add_argument(
        "--every", metavar="TIME", default="10ms", help="between two samples of the process (default 10ms)"
    )
    verb.add_argument(
        "--from",
        dest="lines_from",
        metavar="SIZE",
        default="64KiB",
        help="arrays from here on remember the line that made them (default and least 64KiB)",
    )
    program.add_arguments(verb)


def run(options: argparse.Namespace) -> int:
    """Observe, run, tell."""
    from .. import _core
    from .._watch.observer import Observer

    fails = [_fails(text) for text in options.fail_on]
    observer = Observer(_seconds(options.every), _arguments.bytes_of(options.lines_from, "--from"))
    for path in (options.html, options.json):
        if path is not None:
            _core.check_writable(path)
    starter = getattr(sys.modules["__main__"], "__file__", None)
    if starter is not None:
        _core.not_own(starter)
    prepared = program.prepared(options)
    options.restore()
    command = [options.program, *options.arguments]
    observer.start()
    code, reason = _execute(prepared)
    document = {**observer.stop(), "command": command, "exit": {"code": code, "reason": reason}}
    _tell(document, options)
    if code == 0 and any(_applies(rule, document["findings"]) for rule in fails):
        return FAILED
    return code


def _execute(prepared: Any) -> tuple[int, str]:
    """The program's exit code, and in a word how it ended."""
    try:
        code = program.execute(prepared)
    except SystemExit as ending:
        if ending.code is None:
            return 0, "exited"
        if isinstance(ending.code, int):
            return ending.code, "exited"
        print(ending.code, file=sys.stderr)
        return 1, "exited"
    return code, {0: "finished", program.INTERRUPTED: "interrupted"}.get(code, "raised")


def _tell(plain: dict[str, Any], options: argparse.Namespace) -> None:
    """Print it, and write what was asked for."""
    from .._watch import terminal
    from .._watch.document import Document

    document = Document(plain)
    if options.json is not None:
        document.save(options.json)
    if options.html is not None:
        from .._watch import page

        page.write(document, options.html)
    sys.stdout.flush()
    if sys.stderr is not None:
        terminal.write(document, sys.stderr)


def _seconds(text: str) -> float:
    """A time such as ``10ms`` or ``0.5s``."""
    for unit, factor in (("ms", 0.001), ("s", 1.0)):
        if text.endswith(unit):
            try:
                return float(text[: -len(unit)]) * factor
            except ValueError:
                break
    raise BadArgument(f"--every must be a time such as 10ms or 0.5s, not {text!r}")


def _fails(text: str) -> str | int:
    """A verdict, or bytes."""
    from .._watch.verdicts import VERDICTS

    if text in VERDICTS:
        return text
    try:
        return _arguments.bytes_of(text, "--fail-on")
    except BadArgument:
        from difflib import get_close_matches

        near = get_close_matches(text, VERDICTS, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise BadArgument(
            f"--fail-on must be one of {', '.join(VERDICTS)}, or a size such as 10MB, not {text!r}{hint}"
        ) from None


def _applies(rule: str | int, findings: list[dict[str, Any]]) -> bool:
    from .._watch.verdicts import VERDICTS

    if isinstance(rule, str):
        return any(finding["verdict"] == rule for finding in findings)
    return any(finding["bytes"] >= rule and VERDICTS[finding["verdict"]].fault for finding in findings)
