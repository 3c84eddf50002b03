"""Run other libraries' own tests with Drypoint and without, and list every test whose result differs.

    make suites                                        NumPy, Pillow, OpenCV and Matplotlib, whole: half an hour
    make suites SUITES="matplotlib --quick"            one of them, the part that meets Drypoint most
    python tests/suites/run.py numpy --how system      another way of managing

The tests come from the wheels or the source distributions of the installed versions (`sources`), which are fetched with
pip and kept in ``.suites``. Both halves run at the same time, one process each, so that they are timed under the same
load. Files with a test that differs are run three times more both ways, which tells three kinds apart:

    different     always this without Drypoint, always that with it: ours to explain
    now and then  steady without Drypoint, not with it: ours, too
    unsteady      not steady without Drypoint either: the test's own

Expect no test of the first two kinds; the exit code is 1 if there is one, or if a run ended before its last test. All
outcomes are in ``.suites/results``, the comparison is in ``.suites/latest.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sources
from libraries import SUITES, Suite

HERE = Path(__file__).resolve().parent
TURNS = 3
#: A test that takes longer hangs: the stacks of its threads are written, and the run ends.
LONGEST_SECONDS = 600


@dataclass
class Run:
    """One run of pytest: the outcome of each test, why those that did not pass did not, and numbers of its process."""

    outcomes: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)
    tail: str = ""

    def counts(self) -> Counter[str]:
        """How many tests had each outcome, whatever they drew."""
        return Counter(outcome.split(",")[0] for outcome in self.outcomes.values())

    def told(self) -> str:
        """A line for a person."""
        if not self.numbers:
            return f"ended early: {self.tail}"
        counts = ", ".join(f"{number} {outcome}" for outcome, number in self.counts().items())
        return f"{counts}; {self.numbers['cpu']:.0f} s of processor, peak {self.numbers['peak'] / 1e6:.0f} MB"


class Child:
    """Pytest in a process of its own, in a folder of its own."""

    def __init__(self, suite: Suite, how: str, targets: list[str], name: str) -> None:
        self.folder = sources.FOLDER / "results" / suite.name / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        environment = os.environ | suite.environment | {"DRYPOINT_SUITE": how, "PYTHONHASHSEED": "0"}
        environment["DRYPOINT_SUITE_LOG"] = str(self.folder / "journal")
        environment["MPLCONFIGDIR"] = str(self.folder / "config")
        environment["TMPDIR"] = str(self.folder)
        environment["PYTHONPATH"] = os.pathsep.join([environment.get("PYTHONPATH", ""), str(HERE)])
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "managed",
            "-p",
            "no:cacheprovider",
            "--tb=short",
        ]
        command += ["-c", os.devnull, f"--rootdir={sources.FOLDER}", *suite.options, *targets]
        command += [
            "-o",
            f"faulthandler_timeout={LONGEST_SECONDS}",
            "-o",
            "faulthandler_exit_on_timeout=true",
        ]
        with (self.folder / "output.txt").open("w") as output:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def wait(self) -> Run:
        """What came of it."""
        code = self.process.wait()
        run = Run()
        journal = self.folder / "journal"
        for line in journal.read_text().splitlines() if journal.exists() else []:
            test, phase, outcome, text = json.loads(line)
            if phase == "end":
                run.numbers = text
            elif phase == "begin":
                run.outcomes[test] = "crashed"  # until it is known better
            elif phase in ("call", "collect") or outcome != "passed":
                run.outcomes[test] = "error" if outcome == "failed" and phase != "call" else outcome
                run.texts[test] = text
        if not run.numbers:
            last = (self.folder / "output.txt").read_text(errors="replace").strip().splitlines()[-1:]
            run.tail = f"code {code}, {' '.join(last)}"
        return run


def both(suite: Suite, how: str, targets: list[str], name: str) -> tuple[Run, Run]:
    """Run targets with Drypoint and without, at the same time."""
    children = [Child(suite, kind, targets, f"{name}-{kind}") for kind in ("plain", how)]
    plain, ours = (child.wait() for child in children)
    return plain, ours


def kind_of(plain: list[str], ours: list[str]) -> str:
    """What a test is whose outcomes over all turns are these."""
    if len(set(plain)) > 1:
        return "unsteady"
    if len(set(ours)) > 1:
        return "now and then"
    return "different" if plain[0] != ours[0] else "unsteady"


def compare(suite: Suite, how: str) -> dict[str, Any]:
    """Run a suite both ways, and look again at what differs."""
    plain, ours = both(suite, how, suite.targets, "whole")
    for kind, run in (("plain", plain), (how, ours)):
        print(f"{suite.name}, {kind}: {run.told()}", flush=True)
    names = sorted(plain.outcomes.keys() | ours.outcomes.keys())
    seen = {
        name: ([plain.outcomes.get(name, "not run")], [ours.outcomes.get(name, "not run")]) for name in names
    }
    differing = {name: pair for name, pair in seen.items() if pair[0] != pair[1]}
    files = sorted({str(sources.FOLDER / name.split("::")[0]) for name in differing})
    for turn in range(TURNS if files else 0):
        for run, place in zip(both(suite, how, files, f"again-{turn}"), (0, 1), strict=True):
            for name, pair in differing.items():
                pair[place].append(run.outcomes.get(name, "not run"))
    found: dict[str, Any] = {"plain": _summary(plain), how: _summary(ours)}
    for name, pair in differing.items():
        text = ours.texts.get(name) or plain.texts.get(name) or ""
        found.setdefault(kind_of(*pair), {})[name] = {"plain": pair[0], how: pair[1], "text": text}
    return found


def _summary(run: Run) -> dict[str, Any]:
    return {"outcomes": run.counts(), **run.numbers, "tail": run.tail}


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="run.py", description="other libraries' tests, with Drypoint and without"
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)} (all)")
    parser.add_argument("--quick", action="store_true", help="the parts that meet Drypoint most")
    parser.add_argument("--how", choices=("managed", "system"), default="managed")
    options = parser.parse_args()
    if unknown := set(options.suites) - SUITES.keys():
        parser.error(f"unknown suite {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    good = True
    latest = sources.FOLDER / "latest.json"
    found = json.loads(latest.read_text()) if latest.exists() else {}
    for name in options.suites or SUITES:
        found[name] = compare(SUITES[name](options.quick), options.how)
        for kind in ("different", "now and then", "unsteady"):
            for test, told in found[name].get(kind, {}).items():
                turns = f"{told['plain']} without, {told[options.how]} with Drypoint"
                print(f"  {kind}: {test}: {turns}: {told['text']}", flush=True)
        good &= not any(found[name].get(kind) for kind in ("different", "now and then"))
        good &= not any(found[name][kind]["tail"] for kind in ("plain", options.how))
        latest.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
