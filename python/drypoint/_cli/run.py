"""``drypoint run``: somebody's program, managed, with no change to its code."""

from __future__ import annotations

import sys
import types

from .._errors import BadArgument, SourceNotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Any

__all__ = ["add", "run"]

_DESCRIPTION = """\
Run a Python program as `python` would run it, and look after it: large arrays take the memory of those before them,
garbage is collected by its bytes, closed and dropped figures go at once, open ones can be limited. Settings come from
the options, else from the environment variable DRYPOINT_MANAGE (`1`, or `budget=1GB,figures=10`); DRYPOINT_MANAGE=0 runs
the program as it is.
"""

#: Exit codes of a program that raised and of one that was interrupted, as Python has them.
RAISED, INTERRUPTED = 1, 130


def add(verbs: Any) -> None:
    """Add the verb and its options."""
    from argparse import REMAINDER

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
    verb.add_argument("-m", dest="module", action="store_true", help="PROGRAM is the name of a module")
    verb.add_argument("program", metavar="PROGRAM", help="a script or, with -m, a module")
    verb.add_argument("arguments", nargs=REMAINDER, metavar="...", help="the program's own arguments")


def run(options: argparse.Namespace) -> int:
    """Manage, run, report."""
    manager = _manage(options)
    execute = _module(options) if options.module else _script(options)
    options.restore()  # what the command line changed for itself is not the program's
    try:
        return _guarded(execute)
    finally:
        if options.report:
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


def _script(options: argparse.Namespace) -> Callable[[], object]:
    """A file as ``python FILE`` runs it: as ``__main__``, its folder first on the path."""
    import importlib.machinery
    import os

    path = options.program
    if os.path.isdir(path) or path.endswith((".zip", ".pyz")):
        import runpy

        sys.argv = [path, *options.arguments]
        return lambda: runpy.run_path(path, run_name="__main__")
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        raise SourceNotFound(f"the program {path}: {error.strerror}") from None
    sys.argv = [path, *options.arguments]
    sys.path[0:1] = [os.path.dirname(os.path.abspath(path))]
    main = types.ModuleType("__main__")
    main.__file__ = path
    main.__loader__ = importlib.machinery.SourceFileLoader("__main__", path)
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    return lambda: exec(compile(text, path, "exec"), main.__dict__)


def _module(options: argparse.Namespace) -> Callable[[], object]:
    """A module as ``python -m`` runs it."""
    import importlib.util
    import os
    import runpy

    sys.path[0:1] = [os.getcwd()]
    sys.argv = [options.program, *options.arguments]
    try:
        found = importlib.util.find_spec(options.program)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise BadArgument(f"no module named {options.program!r} to run")
    return lambda: runpy.run_module(options.program, run_name="__main__", alter_sys=True)


def _guarded(execute: Callable[[], object]) -> int:
    """Its exit code. What it raises is shown as Python shows it, without the frames that led into it."""
    try:
        execute()
    except SystemExit:
        raise
    except BaseException as error:
        trace = error.__traceback__
        while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
            trace = trace.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else RAISED
    return 0


def _is_ours(filename: str) -> bool:
    """Whether a frame belongs to the way into the program."""
    return filename == __file__ or filename == "<frozen runpy>" or filename.endswith("/runpy.py")
