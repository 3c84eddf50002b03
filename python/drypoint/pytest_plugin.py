"""Tests that hold too much fail, and those that hold most are told.

A marked test runs in a scope that closes nothing, so that its arrays and figures know their lines. Its body is wrapped
after other plugins have wrapped it, so that they see one turn, and not our looks at the heap. The numbers of each test
travel with pytest's own reports, so that they arrive from other processes too.
"""

from __future__ import annotations

import pytest

from ._errors import BadArgument
from ._testing.held import Held, table
from ._testing.limits import Limits
from ._testing.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

__all__: list[str] = []

_run = pytest.StashKey[Run]()
_held = pytest.StashKey[Held]()


def _marked(item: pytest.Item) -> Limits | None:
    """The limits of a test; wrong ones fail it."""
    markers = list(item.iter_markers("drypoint"))
    if not markers:
        return None
    try:
        return Limits.of(markers)
    except BadArgument as error:
        told = f"@pytest.mark.drypoint: {error}"
    pytest.fail(told, pytrace=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """With ``--drypoint`` each test is measured with its fixtures."""
    if not item.config.getoption("drypoint", False):
        return (yield)
    held = item.stash[_held] = Held()
    try:
        return (yield)
    finally:
        held.end()
        del item.stash[_held]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A marked test is held to its limits."""
    limits = _marked(item)
    if limits is None:
        return (yield)
    run = item.stash[_run] = Run(limits, item.stash.get(_held, None))
    try:
        with run.scope:
            result = yield
            failures = run.failures()
    finally:
        del item.stash[_run]
    if failures:
        pytest.fail("\n".join(failures), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """The body of a marked test takes its turns, each as other plugins have wrapped it."""
    run = pyfuncitem.stash.get(_run, None)
    if run is None:
        return (yield)
    body = pyfuncitem.obj
    pyfuncitem.obj = run.wrapped(body)
    try:
        return (yield)
    finally:
        pyfuncitem.obj = body


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The last report of a test takes its numbers along."""
    report = yield
    if call.when == "teardown" and _held in item.stash:
        if getattr(item, "funcargs", None):
            item.funcargs = {}  # type: ignore[attr-defined]  # pytest lets them go right after this
        report.drypoint = item.stash[_held].numbers()  # type: ignore[attr-defined]
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Numbers that came with a report, from whichever process."""
    numbers = getattr(report, "drypoint", None)
    if numbers is not None:
        _numbers[report.nodeid] = numbers


_numbers: dict[str, dict[str, int]] = {}


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The tests that hold most."""
    if config.getoption("drypoint", False):
        for title, lines in table(_numbers):
            terminalreporter.write_sep("=", f"drypoint: {title}")
            for line in lines:
                terminalreporter.write_line(line)


def pytest_unconfigure() -> None:
    """A later run in this process begins anew."""
    _numbers.clear()
