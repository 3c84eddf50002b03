"""Programs with one defect each, or with none: what `drypoint watch` says of them, and of their corrected versions.

Each runs in a process of its own; two at a time, since a run waits for files and starts as much as it computes.
What a watch sees depends on the moments at which it looks, so a single answer may be wrong on a busy machine: the
score is what is held. Every third program runs here, all of them by ``make score``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import score

PROGRAMS = Path(__file__).with_name("programs")
CASES = score.cases(PROGRAMS)
#: Of the defects, how many have to be named with verdict, words and line; of the rest, how many may raise a false alarm.
NAMED, ALARMS = 0.8, 0.1


def test_the_score_of_the_watch(capsys: pytest.CaptureFixture[str]) -> None:
    jobs = [
        (case, fixed) for case in CASES[::3] for case, fixed in score.runs_of(case) if not case.known(fixed)
    ]
    with ThreadPoolExecutor(2) as workers:
        runs = list(workers.map(lambda job: score.run(*job), jobs))
    broken = [run.errors[-1500:] for run in runs if run.document is None or run.document["exit"]["code"]]
    assert not broken
    told = [one for run in runs if run.document for one in run.document["findings"]]
    assert [one["message"] for one in told if not one["message"].endswith(".")] == []
    defects = [run for run in runs if run.case.has_defect and not run.fixed]
    sound = [run for run in runs if run not in defects]
    missed = [f"{run.name}: {run.wrong}" for run in defects if run.wrong]
    alarms = [f"{run.name}: {run.wrong}" for run in sound if run.wrong]
    with capsys.disabled():
        named, quiet = len(defects) - len(missed), len(sound) - len(alarms)
        print(
            f"\nwatch: {named} of {len(defects)} defects named, {quiet} of {len(sound)} sound programs without a fault"
        )
    assert len(missed) <= (1 - NAMED) * len(defects), missed
    assert len(alarms) <= ALARMS * len(sound), alarms


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.path.stem)
def test_program_tells_what_is_expected(case: score.Case) -> None:
    assert (case.kind == "none") == (not case.verdicts)
    assert not case.has_defect or case.names
    assert set(case.verdicts) <= {"leak", "handle", "garbage", "native", "peak", "waste"}
