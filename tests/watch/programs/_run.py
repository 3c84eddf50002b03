"""Runs a program of this folder: the work of a turn again and again, with what comes before and after it.

The loop is here and not in each program, so that a program shows nothing but its defect.
"""

from __future__ import annotations

import argparse
from typing import Any


def main(program: dict[str, Any]) -> None:
    """Run `step`, or `step_fixed`, for some turns.

    Parameters
    ----------
    program : dict
        The names of a program: `step`, `step_fixed`, and where it has them `setup`, `cleanup` and `TURNS`.
    """
    parser = argparse.ArgumentParser(description=program["__doc__"].splitlines()[0])
    parser.add_argument("turns", nargs="?", type=int, default=program.get("TURNS", 30))
    parser.add_argument("--fixed", action="store_true", help="run the corrected version")
    options = parser.parse_args()
    work = program["step_fixed" if options.fixed else "step"]
    if "setup" in program:
        program["setup"](options.fixed)
    try:
        for turn in range(options.turns):
            work(turn)
    finally:
        if "cleanup" in program:
            program["cleanup"]()
