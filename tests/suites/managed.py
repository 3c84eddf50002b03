"""A pytest plugin: tests of another library run under Drypoint, as their programs would after one added line.

Loaded with ``-p managed``. ``DRYPOINT_SUITE`` says how: ``managed`` (the defaults of `dp.manage()`), ``system`` (the C
library's heap in place of the pool), ``plain`` (nothing: the other half of the comparison). Each test is written down in
the file that ``DRYPOINT_SUITE_LOG`` names when it begins and when it ends, so that a crash says where it was; the last
line holds the numbers of the process.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest

HOW = os.environ.get("DRYPOINT_SUITE", "managed")
SETTINGS = {"managed": {}, "system": {"reuse": "system"}}


class Journal:
    """What happened, a line of JSON each: ``[test, phase, outcome, text]``, and numbers at the end."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "w", buffering=1)
        self.began = time.perf_counter()

    def write(self, *line: Any) -> None:
        """One line, flushed."""
        self.file.write(json.dumps(line) + "\n")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins."""
        self.write(nodeid, "begin", None, "")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One of its three phases ended."""
        expected = hasattr(report, "wasxfail")
        outcome = {"skipped": "xfailed", "passed": "xpassed"}.get(report.outcome) if expected else None
        crash = getattr(report.longrepr, "reprcrash", None)
        text = "" if report.passed else str(getattr(crash, "message", report.longrepr))[:300]
        digest = dict(report.user_properties).get("digest") if report.when == "call" else None
        told = outcome or report.outcome
        self.write(report.nodeid, report.when, f"{told}, {digest}" if digest else told, text)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file could not be collected."""
        if report.failed:
            self.write(report.nodeid, "collect", "error", str(report.longrepr)[-300:])

    def pytest_unconfigure(self) -> None:
        """The end: how long it took, and how much memory."""
        numbers = {"seconds": time.perf_counter() - self.began, "cpu": time.process_time()}
        with open("/proc/self/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        numbers["peak"] = int(fields["VmHWM"].split()[0]) * 1024
        if HOW != "plain":
            import drypoint as dp

            numbers |= {"made": dict(dp.report()["made"]), "buffers": dict(dp.buffer_stats())}
        self.write(None, "end", None, numbers)


def pytest_configure(config: pytest.Config) -> None:
    """Before any test is collected, but after NumPy may have been imported: the order that programs have."""
    if path := os.environ.get("DRYPOINT_SUITE_LOG"):
        config.pluginmanager.register(Journal(path), "drypoint-journal")
    if HOW != "plain":
        import drypoint as dp

        dp.manage(**SETTINGS[HOW])
