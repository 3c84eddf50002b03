"""The measuring itself: a child's peak is its own, targets judge the right rival, and a differing result is noticed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bench
from cases import all_cases
from child import run
from targets import AtMost, DrawsOrRefuses, Faster, Peak, Summary

MIB = 1 << 20


def summary(seconds: float = 1.0, peak: int = MIB, **settings) -> Summary:
    return Summary({"seconds": seconds}, peak, settings.pop("answer", {}), **settings)


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def test_a_large_parent_does_not_show_in_the_peak_of_a_small_child():
    ballast = bytearray(200 * MIB)
    ballast[::4096] = b"x" * len(range(0, len(ballast), 4096))
    measured = run(python("print('{}')"), limit_seconds=20)
    assert not measured.failed
    assert measured.peak_resident_bytes < 64 * MIB < len(ballast)


def test_the_peak_of_a_child_holds_what_it_touched_and_let_go():
    code = "held = bytearray(b'x') * (100 << 20); del held; print('{}')"
    assert run(python(code), limit_seconds=20).peak_resident_bytes > 100 * MIB


def test_a_child_that_hangs_is_stopped_and_said_to_be():
    measured = run(python("import time; time.sleep(60)"), limit_seconds=1)
    assert measured.timed_out and measured.failed
    assert measured.seconds < 10


def test_the_complaint_is_the_line_that_names_the_error():
    measured = run(python("raise ValueError('seven')"), limit_seconds=20)
    assert measured.failed and measured.failure() == "ValueError: seven"


def test_only_the_best_rival_is_judged():
    lines = Faster("us", ("slow", "fast"), 2).lines(
        "case", {"us": summary(1), "slow": summary(9), "fast": summary(1.9)}
    )
    assert {line.rival.split(":")[0]: line.met for line in lines} == {"slow": None, "fast": False}
    assert [round(line.ratio or 0, 3) for line in lines] == [9.0, 1.9]


def test_a_missing_or_failed_contender_is_no_verdict():
    failed = {"us": summary(), "them": summary(failure="killed")}
    assert [line.met for line in Faster("us", ("them",), 2).lines("case", failed)] == [None]
    assert [line.met for line in Peak(("us",), MIB).lines("case", {})] == [None]


@pytest.mark.parametrize(("seconds", "met"), [(3.9, True), (4.1, False)])
def test_a_bound_is_the_sum_of_its_terms(seconds: float, met: bool):
    summaries = {"us": summary(seconds), "a": summary(1), "b": summary(2.5)}
    (line,) = AtMost("us", (("a", "seconds", 1.5), ("b", "seconds", 1.0))).lines("case", summaries)
    assert line.met is met


@pytest.mark.parametrize(
    ("given", "met"),
    [
        (summary(failure="BudgetExceeded: 40 MB", exit_code=2), True),
        (summary(failure="BudgetExceeded: 40 MB", exit_code=2, written_bytes=7), False),
        (summary(failure="killed by signal 9", exit_code=-9), False),
        (summary(peak=31 * 10**6), True),
        (summary(peak=33 * 10**6), False),
    ],
)
def test_refusing_is_fine_and_half_a_picture_is_not(given: Summary, met: bool):
    (line,) = DrawsOrRefuses("us", 32_000_000).lines("case", {"us": given})
    assert line.met is met


def test_results_that_differ_are_named():
    count = all_cases("1e7")[0]
    agreed = {"a": summary(answer={"total": 7}), "b": summary(answer={"total": 7, "digest": "x"})}
    assert bench.disagreements(count, agreed) == []
    assert "total differs" in bench.disagreements(count, agreed | {"c": summary(answer={"total": 8})})[0]


def test_case_names_are_unique_and_their_targets_name_their_contenders():
    cases = all_cases("1e8")
    assert len({case.name for case in cases}) == len(cases)
    for case in cases:
        names = {contender.name for contender in case.contenders}
        for target in case.targets:
            ours = getattr(target, "ours", ())
            assert set([ours] if isinstance(ours, str) else ours) <= names
            assert set(getattr(target, "rivals", ())) <= names
