"""The command line: reads arguments, calls the library, says one clear line when something is wrong."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

__all__ = ["main", "parser"]

#: Exit codes: done, bad input, interrupted (128 + SIGINT).
OK, BAD_INPUT, INTERRUPTED = 0, 2, 130

_EPILOG = """\
examples:
  drypoint draw trips.parquet -x lon -y lat --memory 64MB -o trips.png
  drypoint draw 'logs/*.csv.gz' -x time -y latency --y-scale log -o latency.svg
  drypoint draw trips.parquet -x lon -y lat --reduce mean --of fare --cmap viridis
  cat points.csv | drypoint draw - -x x -y y --by kind -o points.pdf
  drypoint info trips.parquet
"""


def parser() -> argparse.ArgumentParser:
    """All verbs and their options."""
    import argparse

    from .. import __version__
    from . import draw, info

    top = argparse.ArgumentParser(
        prog="drypoint",
        description="Draw anything in the memory you have.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
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
    top = parser()
    options = top.parse_args(arguments)
    if options.completion:
        import shtab

        print(shtab.complete(top, shell=options.completion))
        return OK
    if options.verb is None:
        top.print_help()
        return OK
    from .._errors import DrypointError

    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("drypoint: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`| head`): nobody is left to tell, and the interpreter must not flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except DrypointError as error:
        print(f"drypoint: {error}", file=sys.stderr)
        return BAD_INPUT
