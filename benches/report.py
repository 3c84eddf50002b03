"""The table, three times: for the terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import machine as machine_facts
from targets import Line, megabytes_text

#: The pages, by the names of their files.
PAGES = {
    "latest": "Drypoint and its peers",
    "flat": "Programs of other people's making, with Drypoint and without",
    "heap": "Looking at a heap",
}
HEADINGS = ("measured", "Drypoint", "against", "ratio", "target", "met", "peak", "its peak")


def cells(line: Line) -> tuple[str, ...]:
    """The line as text, column by column."""
    verdict = {True: "yes", False: "NO", None: ""}[line.met]
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
    rival = f"{line.rival} ({line.note})" if line.rival and line.note else line.rival or line.note
    peaks = (megabytes_text(line.our_peak), megabytes_text(line.rival_peak))
    return (line.what, line.ours, rival, ratio, line.target, verdict, *peaks)


def promised(blocks: list[tuple[str, list[Line]]]) -> list[Line]:
    """The lines that something was promised for."""
    return [line for _, lines in blocks for line in lines if line.target]


def terminal(title: str, lines: list[Line], with_case: bool = False) -> str:
    """Lines as an aligned block under a title."""
    rows = [HEADINGS, *(cells(line) for line in lines)]
    if with_case:
        names = ["case", *(line.case for line in lines)]
        rows = [(name, *row) for name, row in zip(names, rows, strict=True)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    texts = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([title, *(f"  {text}" for text in texts)])


def markdown(result: dict, blocks: list[tuple[str, list[Line]]], heading: str) -> str:
    """The whole page."""
    versions = ", ".join(f"{name} {version}" for name, version in sorted(result["versions"].items()))
    judged = [line.met for _, lines in blocks for line in lines if line.met is not None]
    page = [
        f"# {heading}",
        "",
        f"`{result['command']}`, {result['date']}, medians of {result['repeats']} or more fresh processes.",
        "",
        f"Machine: {machine_facts.in_words(result['machine'])}.",
        "",
        f"Versions: {versions}.",
        "",
        f"Targets met: {sum(judged)} of {len(judged)}. Ratio: how many times faster Drypoint is. "
        "Peaks are of whole processes, measured from outside. How it is measured: [benches/README.md](../README.md).",
    ]
    page += [
        "",
        "## What was promised",
        "",
        *rows_of([("case", *HEADINGS)]),
        "|" + " --- |" * (len(HEADINGS) + 1),
    ]
    page += rows_of([(line.case, *cells(line)) for line in promised(blocks)])
    for title, lines in blocks:
        page += ["", f"## {title}", "", *rows_of([HEADINGS]), "|" + " --- |" * len(HEADINGS)]
        page += rows_of([cells(line) for line in lines])
    if result["disagreements"]:
        page += ["", "## Results that differ", "", *(f"- {text}" for text in result["disagreements"])]
    if result["file_reads"]:
        page += [
            "",
            "## Reading the files alone",
            "",
            "| file | bytes | from the page cache |",
            "| --- | --- | --- |",
        ]
        page += [
            f"| {name} | {size} | {seconds:.3f} s |" for name, (size, seconds) in result["file_reads"].items()
        ]
    return "\n".join(page) + "\n"


def rows_of(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows of a Markdown table."""
    return ["| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in rows]


def write(folder: Path, name: str, result: dict, blocks: list[tuple[str, list[Line]]]) -> None:
    """Write a page and its samples: latest, flat or heap, each .md and .json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(markdown(result, blocks, PAGES[name]), encoding="utf-8")
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
