"""``drypoint watch``: somebody's program, observed: what grows, which line made it, who holds it, what to change."""

from __future__ import annotations

import os
import signal
import sys
from _thread import get_ident

from .. import _arguments
from .._errors import BadArgument
from . import program
from .own_imports import OwnImports

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any, NoReturn, TextIO

    from .._watch.observer import Observer

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
    for name in ("html", "json"):
        path = getattr(options, name)
        if path is not None:
            _core.check_writable(path)
            setattr(options, name, os.path.abspath(path))  # the program may go to another folder
    starter = getattr(sys.modules["__main__"], "__file__", None)
    if starter is not None:
        _core.not_own(starter)
    watch = _Watch(observer, options, fails)
    prepared = program.prepared(options)
    options.restore()
    watch.start()
    return watch.finish(program.execute(prepared))


class _Watch:
    """One watched run: from its start to the telling, which is done once, and by the process that began it alone.

    A program that ends itself at once, by `os._exit`, or that is told to end by a signal that it does not handle, is told
    about as well, and then ends that way.
    """

    def __init__(self, observer: Observer, options: argparse.Namespace, fails: list[str | int]) -> None:
        self._observer = observer
        self._options = options
        self._fails = fails
        self._errors = sys.stderr  # the program may put another in its place
        self._imports = OwnImports()
        self._process = os.getpid()
        self._done = False
        self._exit_now = os._exit
        self._masks: dict[int, set[int | signal.Signals]] = {}

    @property
    def is_here(self) -> bool:
        """Whether this is the process that is watched, and no child of it by fork."""
        return os.getpid() == self._process

    def start(self) -> None:
        """Begin."""
        os.register_at_fork(
            before=self._before_fork, after_in_parent=self._after_fork, after_in_child=self._leave
        )
        os._exit = self._exit
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._terminate)
        self._observer.start()

    def finish(self, ending: program.Ending, flush: bool = True) -> int:
        """End it and tell; the exit code."""
        if self._done or not self.is_here:
            return ending.code
        self._done = True
        exit = {"code": ending.code, "reason": ending.reason}
        command = [self._options.program, *self._options.arguments]
        with self._imports:
            document = {**self._observer.stop(), "command": command, "exit": exit}
            if flush:
                _flush()
            _tell(document, self._options, self._errors)
        if ending.code == 0 and any(_applies(rule, document["findings"]) for rule in self._fails):
            return FAILED
        return ending.code

    def _exit(self, status: int) -> NoReturn:
        """In place of `os._exit`, which writes nothing that is still in a buffer."""
        try:
            code = self.finish(program.Ending(status & 255, "exited"), flush=False)
        except BaseException as error:
            code = status
            print(f"drypoint: {error}", file=self._errors)
        self._exit_now(code)

    def _terminate(self, number: int, frame: Any) -> None:
        """End as if the signal had not been handled."""
        try:
            self.finish(program.Ending(128 + number, "terminated"), flush=False)
        finally:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def _before_fork(self) -> None:
        """A child of Python forgets the signals of its first moment: let them wait until they end it, as they should."""
        self._masks[get_ident()] = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    def _after_fork(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._masks.pop(get_ident()))

    def _leave(self) -> None:
        """In a child by fork: it is not watched."""
        from .. import _core

        if not self._done:
            _core.survey_by(None)
            _core.watch_turns(False)
        if signal.getsignal(signal.SIGTERM) == self._terminate:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._after_fork()


def _flush() -> None:
    """Let what the program printed come before the findings, if it can still go anywhere."""
    try:
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):
        return


def _tell(plain: dict[str, Any], options: argparse.Namespace, errors: TextIO | None) -> None:
    """Print it, and write what was asked for."""
    from .._watch import terminal
    from .._watch.document import Document

    document = Document(plain)
    try:
        if options.json is not None:
            document.save(options.json)
        if options.html is not None:
            from .._watch import page

            page.write(document, options.html)
    finally:
        if errors is not None and not errors.closed:
            terminal.write(document, errors)


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
