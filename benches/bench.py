"""Measure Drypoint and its peers side by side, in one run, each time in a fresh process, and print the table.

Within a case the contenders take turns, and each repeat begins with another one, so that a busy minute of the machine
falls on all of them. Every file of a case is read once beforehand: nobody pays for a cold page cache.
"""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import data
import environment
import machine
import report
from cases import Case, Contender, all_cases
from child import Run, run
from heap_cases import heap_cases
from lifetime_cases import lifetime_cases
from targets import Line, Summary

LARGEST_FILE_BYTES = 2_200_000_000
NUMBERS = ("first_seconds", "warm_seconds", "aggregate_seconds", "import_seconds", "read_seconds")
NUMBERS += ("turn_seconds", "turn_cpu_seconds", "figure_seconds", "frame_seconds", "turn_faults")
NUMBERS += ("early_resident_bytes", "late_resident_bytes", "heap_seconds", "added_bytes")


def median(values: list[float]) -> float:
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def read_once(path: Path) -> float:
    """Read a file in pieces of 1 MiB and return the seconds."""
    piece = bytearray(1 << 20)
    started = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.readinto(piece):
            pass
    return time.perf_counter() - started


def prepare(case: Case, peers: str, reads: dict[str, tuple[int, float]]) -> None:
    """Make the case's files where they are missing, and bring them into the page cache."""
    absent = [name for name in case.files if not (data.folder() / name).exists()]
    if absent:
        data.folder().mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(data.folder()).free
        if free < LARGEST_FILE_BYTES * len(absent):
            raise SystemExit(
                f"bench.py: {free / 1e9:.1f} GB free, too little for {', '.join(absent)}; all need 14 GB"
            )
        subprocess.run([peers, str(Path(data.__file__)), *absent], check=True, stdout=subprocess.DEVNULL)
    for name in case.files:
        path = data.folder() / name
        read_once(path)
        reads[name] = (path.stat().st_size, read_once(path))


def measure(case: Case, contender: Contender, found: environment.Interpreters, out: Path) -> tuple[Run, int]:
    """Run one contender once; return what it cost and the size of the picture that it left."""
    file = data.folder() / (case.files[0] if case.files else "none")
    if case.file_argument != "{file}":
        file = data.folder() / case.file_argument
    words = {"peers": found.peers, "file": str(file), "out": str(out)}
    if found.drypoint:
        words |= {"drypoint": found.drypoint, "cli": str(Path(found.drypoint).with_name("drypoint"))}
    command = [replaced(word, words) for word in contender.command]
    measured = run(command, contender.limit_seconds, found.environment())
    written = out.stat().st_size if out.exists() else 0
    out.unlink(missing_ok=True)
    return measured, written


def replaced(word: str, words: dict[str, str]) -> str:
    """Put a path in the place of a name in braces; anything else stays, program texts with braces included."""
    return words.get(word[1:-1], word) if word.startswith("{") and word.endswith("}") else word


def summarise(contender: Contender, runs: list[tuple[Run, int]]) -> Summary:
    """Medians and the highest peak of one contender; its first failure, if it had one."""
    bad = next((one for one, _ in runs if one.failed), None)
    failure = bad.failure() if bad else None
    if failure is None and contender.draws and not all(written for _, written in runs):
        failure = "left no picture"
    medians = {"seconds": median([one.seconds for one, _ in runs])}
    answers = [one.answer or {} for one, _ in runs]
    for name in NUMBERS:
        values = [float(answer[name]) for answer in answers if isinstance(answer.get(name), int | float)]
        if len(values) == len(runs):
            medians[name] = median(values)
    answer = dict((bad or runs[-1][0]).answer or {})
    if "total" not in answer and "rows" in answer and "skipped" in answer:
        answer["total"] = answer["rows"] - answer["skipped"]
    return Summary(
        medians,
        max(one.peak_resident_bytes for one, _ in runs),
        answer,
        scrubbed(failure) if failure else None,
        (bad or runs[-1][0]).exit_code,
        max(written for _, written in runs),
    )


def scrubbed(text: str) -> str:
    """The text without the folders of this machine."""
    for folder in (data.folder(), environment.PROJECT, Path(tempfile.gettempdir()), Path.home()):
        text = text.replace(f"{folder}{os.sep}", "")
    return text


def disagreements(case: Case, summaries: dict[str, Summary]) -> list[str]:
    """Say where two contenders that must agree do not."""
    keys = {
        "counts": ("total", "digest"),
        "categories": ("total", "by_category"),
        "means": ("total", "pixels"),
        "totals": ("total",),
        "tenfold": ("total",),
    }.get(case.agreement, ())
    texts = []
    for key in keys:
        values = {name: s.answer[key] for name, s in summaries.items() if not s.failure and key in s.answer}
        if case.agreement == "tenfold":
            values = {
                name: value * 10 if "ten times" not in name else value for name, value in values.items()
            }
        first = next(iter(values.values()), None)
        if any(not same(first, value) for value in values.values()):
            listed = ", ".join(f"{name}: {value}" for name, value in values.items())
            texts.append(f"{case.name}: {key} differs: {listed}")
    return texts


def same(one: object, other: object) -> bool:
    """Whether two results agree: sums of means to nine digits, everything else exactly."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other


def progress(text: str) -> None:
    """Say what runs, on one line that is overwritten; nothing where nobody watches."""
    if sys.stderr.isatty():
        print(text.ljust(78), end="\r", file=sys.stderr, flush=True)


def compete(
    case: Case, found: environment.Interpreters, repeats: int, out: Path
) -> tuple[dict[str, Summary], dict[str, list[dict]]]:
    """Run a case: the contenders in turn, the order rotated in each repeat. Return summaries and all samples."""
    contenders = [one for one in case.contenders if found.drypoint or not one.needs_drypoint]
    runs: dict[str, list[tuple[Run, int]]] = {one.name: [] for one in contenders}
    for repeat in range(repeats):
        turn = repeat % max(len(contenders), 1)
        for contender in contenders[turn:] + contenders[:turn]:
            if runs[contender.name] and runs[contender.name][-1][0].failed:
                continue
            progress(f"  {case.name}: {contender.name}, {repeat + 1} of {repeats}")
            runs[contender.name].append(measure(case, contender, found, out))
    progress("")
    samples = {
        name: [
            {
                "seconds": one.seconds,
                "cpu_seconds": one.cpu_seconds,
                "peak_resident_bytes": one.peak_resident_bytes,
                "exit_code": one.exit_code,
                "answer": without_paths(one.answer),
                "failure": scrubbed(one.failure()) if one.failed else None,
            }
            for one, _ in of_one
        ]
        for name, of_one in runs.items()
    }
    return {one.name: summarise(one, runs[one.name]) for one in contenders}, samples


def without_paths(answer: dict | None) -> dict | None:
    """The answer without entries that name a place on this machine."""
    if answer is None:
        return None
    return {name: value for name, value in answer.items() if not (isinstance(value, str) and os.sep in value)}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="measure Drypoint against its peers", prog="bench.py")
    parser.add_argument(
        "--case", action="append", default=[], metavar="NAME", help="only these cases; * and ? work"
    )
    parser.add_argument("--list", action="store_true", help="list the cases and leave")
    parser.add_argument(
        "--quick", action="store_true", help="once, with 1e7 rows: to see that everything runs"
    )
    parser.add_argument(
        "--repeats", type=int, default=3, metavar="N", help="fresh processes for each number (3)"
    )
    parser.add_argument("--only-peers", action="store_true", help="leave Drypoint out")
    parser.add_argument("--drypoint", metavar="PYTHON", help="interpreter with Drypoint (.venv/bin/python)")
    parser.add_argument(
        "--peers", metavar="PYTHON", help="interpreter with the peers (.bench/venv, made when missing)"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FOLDER", help="where to write the pages, also of some cases"
    )
    return parser.parse_args()


def chosen(options: argparse.Namespace) -> list[Case]:
    """The cases asked for."""
    cases = every_case("1e7" if options.quick else "1e8", options.quick)
    if not options.case:
        return cases
    picked = [
        case
        for case in cases
        if any(
            fnmatch.fnmatch(case.name, wanted) or case.name.startswith(f"{wanted}-")
            for wanted in options.case
        )
    ]
    if not picked:
        raise SystemExit(f"bench.py: no case matches {', '.join(options.case)}; see --list")
    return picked


def command_line(options: argparse.Namespace) -> str:
    """The command as a reader would type it, without this machine's folders."""
    settings = [f"--case '{pattern}'" for pattern in options.case]
    settings += ["--quick"] if options.quick else []
    settings += [f"--repeats {options.repeats}"] if options.repeats != 3 and not options.quick else []
    settings += ["--only-peers"] if options.only_peers else []
    return "python benches/bench.py " + " ".join(settings) if settings else "make bench"


def every_case(size: str, quick: bool) -> list[Case]:
    """All cases of all pages."""
    return [*all_cases(size), *lifetime_cases(quick), *heap_cases(quick)]


def page_of(case: Case) -> str:
    """The page that a case belongs to."""
    return {"lifetime": "flat", "heap": "heap"}.get(case.name.split("-")[0], "latest")


def pages(options: argparse.Namespace, cases: list[Case]) -> list[str]:
    """The pages to be written: those all of whose cases were run in full; with a folder given, those with any."""
    if options.only_peers or (options.quick and not options.results):
        return []
    run = {case.name for case in cases}
    written = []
    for name in report.PAGES:
        own = {case.name for case in every_case("1e8", False) if page_of(case) == name}
        if run & own if options.results else own <= run:
            written.append(name)
    return written


def main() -> int:
    """Run the cases, print the table, and write each page whose cases were all run."""
    options = arguments()
    cases = chosen(options)
    if options.list:
        print("\n".join(f"{case.name:28}{case.title}" for case in cases))
        return 0
    facts = machine.described()
    found = environment.find(options.peers, options.drypoint, options.only_peers)
    repeats = 1 if options.quick else options.repeats
    result: dict = {
        "command": command_line(options),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "repeats": repeats,
        "machine": facts,
        "versions": {},
        "disagreements": [],
        "file_reads": {},
        "cases": {},
    }
    blocks: list[tuple[str, list[Line]]] = []
    print(f"{machine.in_words(facts)}\n")
    with tempfile.TemporaryDirectory(prefix="drypoint-bench-") as scratch:
        for case in cases:
            prepare(case, found.peers, result["file_reads"])
            turns = min(case.repeats or repeats, 3) if options.quick else case.repeats or repeats
            summaries, samples = compete(case, found, turns, Path(scratch) / "picture.png")
            lines = [line for target in case.targets for line in target.lines(case.name, summaries)]
            differing = disagreements(case, summaries)
            for summary in summaries.values():
                result["versions"] |= summary.answer.get("versions") or {}
            result["disagreements"] += differing
            table = [vars(line) for line in lines]
            result["cases"][case.name] = {"title": case.title, "samples": samples, "lines": table}
            blocks.append((case.title, lines))
            print(report.terminal(f"{case.name}: {case.title}", lines))
            print("".join(f"  DIFFERENT RESULTS: {text}\n" for text in differing), flush=True)
    print(report.terminal("what was promised:", report.promised(blocks), with_case=True))
    judged = [line.met for _, lines in blocks for line in lines if line.met is not None]
    print(f"targets met: {sum(judged)} of {len(judged)}")
    for name in pages(options, cases):
        folder = options.results or environment.HERE / "results"
        of_page = [place for place, case in enumerate(cases) if page_of(case) == name]
        own = {case.name: result["cases"][case.name] for case in (cases[place] for place in of_page)}
        fewest = min(len(runs) for case in own.values() for runs in case["samples"].values() if runs)
        page = result | {"cases": own, "repeats": fewest}
        report.write(folder, name, page, [blocks[place] for place in of_page])
        print(f"written: {name}.md and {name}.json" + ("" if options.results else " in benches/results"))
    return 1 if result["disagreements"] else 0


if __name__ == "__main__":
    sys.exit(main())
