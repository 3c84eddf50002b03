"""Somebody's Python program, run as ``python`` would run it: its arguments, its ``__main__``, its exit code."""

from __future__ import annotations

import sys
import types

from .._errors import BadArgument, SourceNotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Any

__all__ = ["INTERRUPTED", "RAISED", "add_arguments", "execute", "prepared"]

#: Exit codes of a program that raised and of one that was interrupted, as Python has them.
RAISED, INTERRUPTED = 1, 130


def add_arguments(verb: Any) -> None:
    """Let a verb take a program and its arguments."""
    from argparse import REMAINDER

    verb.add_argument("-m", dest="module", action="store_true", help="PROGRAM is the name of a module")
    verb.add_argument("program", metavar="PROGRAM", help="a script or, with -m, a module")
    verb.add_argument("arguments", nargs=REMAINDER, metavar="...", help="the program's own arguments")


def prepared(options: argparse.Namespace) -> Callable[[], object]:
    """The program, found and ready to be run by `execute`.

    Raises
    ------
    BadArgument, SourceNotFound
        If there is no such module or file.
    """
    return _module(options) if options.module else _script(options)


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
    """A module as ``python -m`` runs it; of a package its ``__main__``."""
    import os

    sys.path[0:1] = [os.getcwd()]
    sys.argv = [options.program, *options.arguments]
    spec = _found(options.program)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = _found(f"{options.program}.__main__")
        if spec is None:
            raise BadArgument(f"the package {options.program!r} has no __main__ to run")
    code = None if spec is None else getattr(spec.loader, "get_code", lambda name: None)(spec.name)
    if spec is None or code is None:
        raise BadArgument(f"no module named {options.program!r} to run")
    if spec.origin is not None:
        sys.argv[0] = spec.origin
    main = types.ModuleType("__main__")
    names = {"__file__": spec.origin, "__cached__": spec.cached, "__loader__": spec.loader}
    main.__dict__.update(names, __package__=spec.parent, __spec__=spec, __builtins__=__builtins__)
    sys.modules["__main__"] = main
    return lambda: exec(code, main.__dict__)


def _found(name: str) -> Any:
    import importlib.util

    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def execute(program: Callable[[], object]) -> int:
    """Run a program; its exit code. What it raises is shown as Python shows it, without the frames that led into it."""
    try:
        program()
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
