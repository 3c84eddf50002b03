"""The command line: reads arguments, calls the library, says one clear line when something is wrong."""

from __future__ import annotations

import io
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Any

__all__ = ["main", "make_parser"]

#: Exit codes: done, bad input, interrupted (128 + SIGINT), ended by another program (128 + SIGTERM).
OK, BAD_INPUT, INTERRUPTED, TERMINATED = 0, 2, 130, 143

_EPILOG = """\
examples:
  drypoint draw trips.parquet -x lon -y lat --memory 64MB -o trips.png
  drypoint draw 'logs/*.csv.gz' -x time -y latency --y-scale log -o latency.svg
  drypoint draw trips.parquet -x lon -y lat --reduce mean --of fare --cmap viridis
  cat points.csv | drypoint draw - -x x -y y --by kind -o points.pdf
  drypoint info trips.parquet
  drypoint run --figures 10 report.py --month 3
  drypoint watch --html run.html app.py
  drypoint report run.json --html run.html
  drypoint diff before.json after.json
"""


def make_parser() -> argparse.ArgumentParser:
    """All verbs and their options."""
    from argparse import RawDescriptionHelpFormatter

    from .. import __version__
    from . import diff, draw, info, report, run, watch
    from .parser import Parser

    top = Parser(
        prog="drypoint",
        description="Draw anything in the memory you have.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"drypoint {__version__}")
    top.add_argument(
        "--completion",
        choices=["bash", "zsh", "tcsh"],
        help="print the completion script of a shell; eval it or put it in the shell's folder",
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB")
    draw.add(verbs)
    info.add(verbs)
    run.add(verbs)
    watch.add(verbs)
    report.add(verbs)
    diff.add(verbs)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the process by default.

    Returns
    -------
    int
        0 when done, 2 for bad input (one line on standard error), 130 when interrupted.
    """
    restore = _prepare()
    top = make_parser()
    options = top.parse_args(arguments)
    options.restore = restore
    if options.completion:
        import shtab

        print(shtab.complete(top, shell=options.completion))
        return OK
    if options.verb is None:
        top.print_help()
        return OK
    from .._errors import DrypointError

    code: int = OK
    try:
        code = options.run(options)
        _flush()
        return code
    except KeyboardInterrupt:
        print("drypoint: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _silence()  # the reader went away (`| head`): nobody is left to tell
        return code
    except DrypointError as error:
        print(f"drypoint: {error}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        # What Drypoint itself opens it tells as its own error: this is standard output, full or gone.
        _silence()
        print(f"drypoint: standard output: {error.strerror}", file=sys.stderr)
        return BAD_INPUT


def _prepare() -> Callable[[], None]:
    """Streams and signals as the command line wants them. The function that comes back puts them as they were."""
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, io.TextIOWrapper)]
    errors = [stream.errors for stream in streams]
    for stream in streams:
        stream.reconfigure(errors="backslashreplace")  # a path may hold what the terminal cannot show
    handler = signal.signal(signal.SIGTERM, _terminated)

    def restore() -> None:
        for stream, before in zip(streams, errors, strict=True):
            stream.reconfigure(errors=before)
        signal.signal(signal.SIGTERM, handler)

    return restore


def _flush() -> None:
    """Find out now whether what was printed can go where it should. A program may have put anything in place of it."""
    flush = getattr(sys.stdout, "flush", None)
    if flush is not None and not getattr(sys.stdout, "closed", False):
        flush()


def _silence() -> None:
    """Let the interpreter flush what is left of standard output to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminated(number: int, frame: Any) -> None:
    """Leave in order, so that no temporary file stays."""
    raise SystemExit(TERMINATED)
