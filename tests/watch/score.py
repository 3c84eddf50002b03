"""How well a watched run says what is wrong with programs whose defects are known.

`python score.py FOLDER [NAMES]` runs each program of a folder under `drypoint watch`, and its corrected version too, and
prints a line for each and the score. A right answer has the verdict, says the words that matter and, where the program
tells it, the line. The corrected version and programs without a defect have no finding that is a fault.

A program says what is expected in a comment: `# /// case` or `# /// leak-case`, lines of TOML, `# ///`. Two layouts are
known; in the first, `line` has pieces of the lines that may be named, in the second there are numbers.

=========  =======================  ============================================================
`case`     `leak-case`              meaning
=========  =======================  ============================================================
kind       kind                     what is wrong: leak, handle, garbage (cycle), native, peak,
                                    waste, allocator, cache, none (control)
verdict    from the kind            any of these is right
names      must_name                of each inner list one text has to be said
line       alloc_line, data_line,   any of these is right; none: it is not asked
           hold_line
unseen     -                        why the watch is known not to say it: a miss is no failure
unsure     -                        why the corrected version is known to get a finding
=========  =======================  ============================================================
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: What the words of the other layout are here.
KINDS = {"cycle": "garbage", "external": "handle", "control": "none"}
#: Findings that only explain.
NOTES = ("cache", "allocator")
#: Seconds after which a program has gone wrong.
LIMIT = 120


@dataclass(frozen=True)
class Case:
    """What is known of a program."""

    path: Path
    kind: str
    verdicts: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    unseen: str | None
    unsure: str | None

    @classmethod
    def read(cls, path: Path) -> Case:
        """What a program says of itself."""
        text = path.read_text(encoding="utf-8")
        block = re.search(r"(?m)^# /// (?:leak-)?case\n((?:#.*\n)+?)# ///$", text)
        if block is None:
            raise ValueError(f"{path} has no block '# /// case'")
        given = tomllib.loads("".join(line[2:] for line in block[1].splitlines(keepends=True)))
        kind = KINDS.get(given["kind"], given["kind"])
        default = [] if kind == "none" else [kind]
        numbers = [given[name] for name in ("alloc_line", "data_line", "hold_line") if name in given]
        code = text[: block.start()].count("\n") + block[0].count("\n") + 1
        for piece in given.get("line", ()):
            found = [n for n, line in enumerate(text.splitlines(), 1) if n > code and piece in line]
            if not found:
                raise ValueError(f"{path} has no line with {piece!r}")
            numbers += found
        return cls(
            path,
            kind,
            tuple(given.get("verdict", default)),
            tuple(map(tuple, given.get("names", given.get("must_name", ())))),
            tuple(numbers),
            given.get("unseen"),
            given.get("unsure"),
        )

    def known(self, fixed: bool) -> str | None:
        """Why a run is known to be judged wrongly; None if it is not."""
        return self.unsure if fixed or not self.has_defect else self.unseen

    @property
    def has_defect(self) -> bool:
        """Whether there is anything to find."""
        return bool(self.verdicts)


@dataclass(frozen=True)
class Run:
    """A watched run of a program, and what is to be said of it."""

    case: Case
    fixed: bool
    document: dict[str, Any] | None
    errors: str
    faults: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Such as ``ring`` or ``ring fixed``."""
        return self.case.path.stem + (" fixed" if self.fixed else "")

    @property
    def right(self) -> list[dict[str, Any]]:
        """The findings that say what is wrong with it."""
        return [one for one in self.faults if self._says(one)]

    @property
    def wrong(self) -> str | None:
        """Why the run does not say what it should; None if it does."""
        if self.document is None:
            return f"no document: {self.errors[-1500:]}"
        if self.document["exit"]["code"]:
            return f"the program ended with {self.document['exit']}: {self.errors[-1500:]}"
        if self.fixed or not self.case.has_defect:
            return "; ".join(f"{one['verdict']}: {one['message']}" for one in self.faults) or None
        if self.right:
            return None
        case = self.case
        wanted = f"wanted {' or '.join(case.verdicts)} with {case.names} at {case.lines or 'any line'}"
        told = "; ".join(
            f"{one['verdict']} [{one['line']}]: {one['message']}" for one in self.document["findings"]
        )
        return f"{wanted}, found: {told or 'nothing'}"

    def _says(self, one: dict[str, Any]) -> bool:
        text = " ".join(str(one[name]) for name in ("message", "line", "chain", "holder", "fix"))
        named = all(any(word in text for word in words) for words in self.case.names)
        return one["verdict"] in self.case.verdicts and named and self._has_line(one["line"])

    def _has_line(self, line: str | None) -> bool:
        if not self.case.lines:
            return True
        return line in {f"{self.case.path.name}:{number}" for number in self.case.lines}


def cases(folder: Path, names: list[str] | None = None) -> list[Case]:
    """The programs of a folder, or those whose names begin as some."""
    paths = sorted(path for path in folder.resolve().glob("*.py") if not path.name.startswith("_"))
    return [
        Case.read(path) for path in paths if not names or any(path.stem.startswith(name) for name in names)
    ]


def runs_of(case: Case) -> list[tuple[Case, bool]]:
    """The program and its corrected version, if it needs one."""
    return [(case, False), (case, True)] if case.has_defect else [(case, False)]


def run(case: Case, fixed: bool, turns: int | None = None) -> Run:
    """Watch a program in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "run.json"
        command = [sys.executable, "-m", "drypoint", "watch", "--json", str(made), str(case.path)]
        command += [str(turns)] if turns else []
        command += ["--fixed"] if fixed else []
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False)
        document = json.loads(made.read_text(encoding="utf-8")) if made.exists() else None
    findings = [] if document is None else document["findings"]
    return Run(case, fixed, document, done.stderr, [one for one in findings if one["verdict"] not in NOTES])


def main() -> int:
    """Score the programs of a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="beginnings of the names of programs")
    parser.add_argument("--turns", type=int, help="of each; otherwise as many as it likes")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="programs that run side by side")
    options = parser.parse_intermixed_args()
    jobs = [job for case in cases(options.folder, options.names) for job in runs_of(case)]
    good = 0
    with ThreadPoolExecutor(options.at_once) as workers:
        for done in workers.map(lambda job: run(*job, options.turns), jobs):
            wrong = done.wrong
            good += wrong is None
            print(_line(done, wrong), flush=True)
    print(f"{good} of {len(jobs)}")
    return 0 if good == len(jobs) else 1


def _line(done: Run, wrong: str | None) -> str:
    seconds, turns = (
        ("", "") if done.document is None else (done.document["seconds"], done.document["turns"]["count"])
    )
    also = (
        ""
        if wrong or len(done.faults) < 2
        else " also "
        + ", ".join(f"{one['verdict']} at {one['line']}" for one in done.faults if one is not done.right[0])
    )
    known = done.case.known(done.fixed)
    word = "ok  " if wrong is None else "known" if known else "WRONG"
    start = f"{word} {done.case.kind:7} {done.name} ({turns} turns, {seconds} s){also}"
    return start if wrong is None else f"{start}\n      {wrong}"


if __name__ == "__main__":
    sys.exit(main())
