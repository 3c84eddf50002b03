"""A pytest plugin: the tests of another library run under Drypoint, as their programs would after one added line.

Loaded with ``-p managed``. ``DRYPOINT_SUITE`` says how: ``managed`` (the default of `dp.manage()`), ``system`` (the C
allocator's thresholds, too), ``plain`` (nothing: the other half of the comparison).
"""

from __future__ import annotations

import os

import pytest


def begin(how: str) -> None:
    """Turn on what is asked for."""
    if how == "plain":
        return
    import drypoint as dp

    dp.manage(**{"managed": {}, "system": {"reuse": "system"}}[how])


def pytest_configure(config: pytest.Config) -> None:
    """Before any test is collected, but after NumPy may have been imported: the order that programs have."""
    begin(os.environ.get("DRYPOINT_SUITE", "managed"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what was seen, so that a suite which never met Drypoint is noticed."""
    if os.environ.get("DRYPOINT_SUITE", "managed") == "plain":
        return
    import drypoint as dp

    terminalreporter.write_line(f"drypoint: {dict(dp.report()['made'])}")
