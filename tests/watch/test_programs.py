"""Programs with one defect each, or with none: what `drypoint watch` says of them, and of their corrected versions.

Each runs in a process of its own; two at a time, since a run waits for files and starts as much as it computes.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import score

PROGRAMS = Path(__file__).with_name("programs")
JOBS = {
    case.path.stem + (" fixed" if fixed else ""): (case, fixed)
    for case in score.cases(PROGRAMS)
    for case, fixed in score.runs_of(case)
}


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[score.Run]]]:
    """The runs of all programs that were asked for, begun in their order."""
    asked = [item.callspec.params["name"] for item in request.session.items if "runs" in item.fixturenames]
    with ThreadPoolExecutor(2) as workers:
        begun = {name: workers.submit(score.run, *JOBS[name]) for name in asked}
        yield begun
        workers.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", JOBS)
def test_watch_says_what_is_wrong(name: str, runs: dict[str, Future[score.Run]]) -> None:
    case, fixed = JOBS[name]
    done = runs[name].result()
    assert done.document is not None and not done.document["exit"]["code"], done.errors[-1500:]
    if done.wrong is not None and case.known(fixed):
        pytest.xfail(f"{case.known(fixed)}: {done.wrong}")
    assert done.wrong is None


@pytest.mark.parametrize("case", score.cases(PROGRAMS), ids=lambda case: case.path.stem)
def test_program_tells_what_is_expected(case: score.Case) -> None:
    assert (case.kind == "none") == (not case.verdicts)
    assert not case.has_defect or case.names
    assert set(case.verdicts) <= {"leak", "handle", "garbage", "native", "peak", "waste"}
