"""Somebody's Python program, run as ``python`` would run it: its arguments, its ``__main__``, its exit code.

`runpy` does not do: its ``__main__`` is there for the time of the run only, so that at the end nothing could be said of
the program's variables.
"""

from __future__ import annotations

import builtins
import sys
import types
from typing import NamedTuple

from .._errors import BadArgument, SourceNotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from typing import Any

__all__ = ["INTERRUPTED", "RAISED", "Ending", "add_arguments", "execute", "prepared"]

#: Exit codes of a program that raised and of one that was interrupted, as a shell tells them.
RAISED, INTERRUPTED = 1, 130


class Ending(NamedTuple):
    """How a program ended.

    Attributes
    ----------
    code : int
        Its exit code, as the system sees it: 0 to 255.
    reason : str
        ``finished``, ``exited``, ``interrupted`` or ``raised ...``.
    """

    code: int
    reason: str


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
        If there is no such module or file. Nothing of it has run then.
    """
    sys.argv = ["-m" if options.module else options.program, *options.arguments]
    return _module(options.program) if options.module else _script(options.program)


def _script(path: str) -> Callable[[], object]:
    """A file, a folder or a zip file as ``python FILE`` runs it: as ``__main__``, its folder first on the path."""
    import os
    from importlib.machinery import SourceFileLoader
    from pkgutil import get_importer

    whole = os.path.join(os.getcwd(), path)
    container = get_importer(whole)
    if container is not None:
        spec = container.find_spec("__main__")
        if spec is None or spec.loader is None:
            raise BadArgument(f"{path} has no __main__ to run")
        _first_on_path(whole)
        return lambda: _run(spec)
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        raise SourceNotFound(f"the program {path}: {error.strerror}") from None
    _first_on_path(os.path.dirname(os.path.realpath(path)))

    def run() -> None:
        main = _main(__file__=whole, __cached__=None, __loader__=SourceFileLoader("__main__", whole))
        exec(compile(text, whole, "exec", dont_inherit=True), main)

    return run


def _module(name: str) -> Callable[[], object]:
    """A module as ``python -m`` runs it; of a package its ``__main__``. The package is imported when it is run."""
    import os
    from importlib.util import find_spec

    _first_on_path(os.getcwd())
    spec = _found(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = _found(f"{name}.__main__")
        if spec is None:
            raise BadArgument(f"the package {name!r} has no __main__ to run")
    if spec is None or spec.origin == "built-in" or not hasattr(spec.loader, "get_code"):
        raise BadArgument(f"no module named {name!r} to run")
    there = spec

    def run() -> None:
        spec = find_spec(there.name) or there  # by now its package is imported
        if spec.has_location and spec.origin is not None:
            sys.argv[0] = spec.origin
        _run(spec)

    return run


def _found(name: str) -> ModuleSpec | None:
    """A module, looked for without its package being imported; with that only if there is no other way."""
    from importlib.util import find_spec

    try:
        return _there(name) or find_spec(name)
    except (ImportError, ValueError):
        return None


def _there(name: str) -> ModuleSpec | None:
    from importlib.machinery import PathFinder

    spec, where = None, None
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        if count > 1 and where is None:
            return None
        try:
            spec = PathFinder.find_spec(".".join(parts[:count]), where)
        except (
            KeyError
        ):  # the folders of a package without an __init__ are known when what it is in was imported
            return None
        if spec is None:
            return None
        where = spec.submodule_search_locations
    return spec


def _first_on_path(folder: str) -> None:
    if not sys.flags.safe_path:
        sys.path[0:1] = [folder]


def _main(**names: Any) -> dict[str, Any]:
    """The variables of a new ``__main__``, which is the one from now on."""
    main = types.ModuleType("__main__")
    if "__annotations__" in vars(sys.modules["__main__"]):
        names["__annotations__"] = {}
    vars(main).update(names, __builtins__=builtins)
    sys.modules["__main__"] = main
    return vars(main)


def _run(spec: Any) -> None:
    """Run a module that a loader has as ``__main__``."""
    code = spec.loader.get_code(spec.name)
    if code is None:
        raise ImportError(f"No code object available for {spec.name}", name=spec.name)
    main = _main(__file__=spec.origin, __cached__=spec.cached, __loader__=spec.loader)
    main.update(__package__=spec.parent, __spec__=spec)
    exec(code, main)


def execute(program: Callable[[], object]) -> Ending:
    """Run a program, and wait for the threads that Python waits for.

    What it raises is shown as Python shows it, without the frames that led into it. May be called once: no pool of
    threads can be begun after.
    """
    ending = _end_of(program)
    # Pools are told to end theirs. Python calls it once more, and it does nothing then.
    shutdown = getattr(sys.modules.get("threading"), "_shutdown", None)
    try:
        if shutdown is not None:
            shutdown()
    except KeyboardInterrupt:
        return Ending(INTERRUPTED, "interrupted")
    return ending


def _end_of(program: Callable[[], object]) -> Ending:
    try:
        program()
    except SystemExit as ending:
        return Ending(_exit_code(ending.code), "exited")
    except BaseException as error:
        trace = error.__traceback__
        while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
            trace = trace.tb_next
        try:
            sys.excepthook(type(error), error.with_traceback(trace), trace)
        except SystemExit as ending:
            return Ending(_exit_code(ending.code), "exited")
        except Exception:
            sys.__excepthook__(type(error), error, trace)
        if isinstance(error, KeyboardInterrupt):
            return Ending(INTERRUPTED, "interrupted")
        return Ending(RAISED, f"raised {_told(error)}")
    return Ending(0, "finished")


def _exit_code(given: object) -> int:
    """What the system gets for an argument of `sys.exit`; a text is printed, as Python does."""
    if given is None:
        return 0
    if isinstance(given, int):
        return given & 255 if -(2**63) <= given < 2**63 else 255
    print(given, file=sys.stderr or sys.__stderr__)
    return 1


def _told(error: BaseException) -> str:
    """An exception as the last line of its traceback begins."""
    try:
        text = str(error).partition("\n")[0]
    except Exception:
        text = "<exception str() failed>"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _is_ours(filename: str) -> bool:
    """Whether a frame belongs to the way into the program."""
    return filename == __file__ or filename.startswith("<frozen importlib")
