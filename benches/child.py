"""Runs one command as a measured child and reads its answer: the last line of its output that is a JSON object."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).resolve().with_name("launch.py")


@dataclass(frozen=True)
class Run:
    """What one child cost and said. `peak_resident_bytes` is the kernel's number for the whole process."""

    seconds: float
    cpu_seconds: float
    peak_resident_bytes: int
    floor_bytes: int
    exit_code: int
    timed_out: bool
    answer: dict | None
    complaint: str

    @property
    def failed(self) -> bool:
        """Whether the child gave no usable result."""
        return self.exit_code != 0 or self.answer is None

    def failure(self) -> str:
        """Say in a few words why the child failed."""
        if self.timed_out:
            return "stopped at the time limit"
        if self.exit_code < 0:
            return f"killed by signal {-self.exit_code}"
        return self.complaint or f"exit code {self.exit_code}, no result printed"


def run(command: list[str], limit_seconds: int, environment: dict[str, str] | None = None) -> Run:
    """Run the command in a fresh process and measure it from outside."""
    with tempfile.TemporaryDirectory(prefix="drypoint-bench-") as scratch:
        report, output, errors = (Path(scratch) / name for name in ("report", "stdout", "stderr"))
        settings = [str(report), str(limit_seconds), str(output), str(errors)]
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), *settings]
        subprocess.run([*launcher, *command], check=True, env=os.environ | (environment or {}))
        measured = json.loads(report.read_text())
        said = output.read_text(errors="replace") if output.exists() else ""
        complaint = errors.read_text(errors="replace") if errors.exists() else ""
    return Run(**measured, answer=last_object(said), complaint=last_line(complaint))


def last_object(text: str) -> dict | None:
    """Return the last line that is a JSON object, or the whole text if that is one."""
    for candidate in [*reversed(text.splitlines()), text]:
        if candidate.strip().startswith("{"):
            try:
                found = json.loads(candidate)
            except ValueError:
                continue
            if isinstance(found, dict):
                return found
    return None


def last_line(text: str) -> str:
    """Return the line that names the error, else the last one, cut at 120 characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"[\w.]*(Error|Exception|Exceeded)\b", line)]
    return (named or lines or [""])[-1][:120]
