"""The programs in turns: every way computes the same, the numbers are taken where they are said to be, verdicts fit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flat_targets import Flat, PeakShare, Turn
from lifetime_cases import OURS, WAYS, lifetime_cases
from targets import Summary

PROGRAMS = Path(__file__).resolve().parent.parent / "lifetime"
MB = 1_000_000


def told(program: str, *words: str) -> dict:
    done = subprocess.run(
        [sys.executable, str(PROGRAMS / f"{program}.py"), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def turned(early: int = 0, late: int = 0, peak: int = MB, seconds: float = 1.0, faults: float = 0) -> Summary:
    numbers = {"early_resident_bytes": early, "late_resident_bytes": late}
    return Summary(
        {**numbers, "turn_seconds": seconds, "turn_cpu_seconds": seconds, "turn_faults": faults}, peak, {}
    )


@pytest.mark.parametrize(
    ("program", "setting"),
    [
        ("blend", "1MB"),
        *(("makers", maker) for maker in ("astype", "concatenate", "ones")),
        *(("frames", step) for step in ("gray", "blur", "difference", "rgb", "resize", "pipeline", "mean")),
    ],
)
def test_plain_and_by_hand_compute_the_same(program: str, setting: str):
    if program == "frames":
        pytest.importorskip("cv2")
    plain, hand = (told(program, way, setting, "3") for way in ("plain", "hand"))
    assert plain["total"] == hand["total"] != 0


@pytest.mark.parametrize(("program", "setting"), [("blend", "1MB"), ("cycles", "60x50MB"), ("small", "text")])
def test_every_way_computes_the_same(program: str, setting: str):
    if program == "small":
        pytest.importorskip("matplotlib")
    totals = {way: told(program, way, setting, "2")["total"] for way in WAYS.values()}
    assert len(set(totals.values())) == 1, totals


def test_all_endings_of_a_page_draw_the_same_picture():
    pytest.importorskip("matplotlib")
    ways = [
        ("plain", "closed"),
        ("plain", "dropped"),
        ("hand", "closed"),
        ("each", "closed"),
        ("each", "never"),
    ]
    totals = {" ".join(way): told("pages", *way, "2")["total"] for way in ways}
    assert len(set(totals.values())) == 1, totals


def test_a_leak_shows_between_the_early_and_the_last_turn():
    loop = """
import sys; sys.path.insert(0, sys.argv[1])
from turns import Turns
turns, held = Turns(30, 5), []
for turn in turns:
    held.append(b"x" * 1_000_000)
import json; print(json.dumps(turns.numbers()))
"""
    done = subprocess.run(
        [sys.executable, "-c", loop, str(PROGRAMS)], capture_output=True, text=True, check=True
    )
    numbers = json.loads(done.stdout)
    grown = numbers["late_resident_bytes"] - numbers["early_resident_bytes"]
    assert 18 * MB < grown < 24 * MB
    assert 100 < numbers["turn_faults"] < 1000


@pytest.mark.parametrize(("program", "words"), [("blend", ("sideways", "1MB")), ("blend", ("plain", "2MB"))])
def test_a_wrong_word_is_named(program: str, words: tuple[str, ...]):
    done = subprocess.run(
        [sys.executable, str(PROGRAMS / f"{program}.py"), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert any(word in done.stderr for word in ("'sideways'", "'2MB'")) and "usage" in done.stderr


@pytest.mark.parametrize(("late", "met"), [(9 * MB, True), (11 * MB, False)])
def test_flat_judges_the_growth(late: int, met: bool):
    (line,) = Flat("us", 10 * MB).lines("case", {"us": turned(0, late)})
    assert line.met is met
    assert Flat("us", None).lines("case", {"us": turned(0, late)})[0].met is None


@pytest.mark.parametrize(("peak", "met"), [(5 * MB, True), (7 * MB, False)])
def test_a_share_of_the_peak(peak: int, met: bool):
    (line,) = PeakShare("us", "them", 0.6).lines(
        "case", {"us": turned(peak=peak), "them": turned(peak=10 * MB)}
    )
    assert line.met is met and line.ratio == peak / (10 * MB)


@pytest.mark.parametrize(("faults", "seconds", "met"), [(600, 1, True), (600, 1.5, False), (400, 1.5, None)])
def test_speed_is_promised_only_where_pages_fault(faults: int, seconds: float, met: bool | None):
    summaries = {"us": turned(seconds=seconds), "plain": turned(seconds=2, faults=faults)}
    (line,) = Turn("us", "plain", 1.5, 500).lines("case", summaries)
    assert line.met is met


def test_a_failed_contender_is_no_verdict():
    summaries = {"us": Summary({}, MB, {}, failure="killed"), "them": turned()}
    for target in (Flat("us", MB), PeakShare("us", "them", 1), Turn("us", "them", 1, 1)):
        assert [line.met for line in target.lines("case", summaries)] == [None]


@pytest.mark.parametrize("quick", [True, False])
def test_case_names_are_unique_and_their_targets_name_their_contenders(quick: bool):
    cases = lifetime_cases(quick)
    assert len({case.name for case in cases}) == len(cases)
    for case in cases:
        names = {contender.name for contender in case.contenders}
        assert len(names) == len(case.contenders)
        assert all(c.ours == any(word in c.name for word in OURS) for c in case.contenders)
        for target in case.targets:
            for field in ("ours", "rival", "rivals", "plain", "terms"):
                given = getattr(target, field, ())
                given = (
                    [given] if isinstance(given, str) else [g[0] if field == "terms" else g for g in given]
                )
                assert set(given) <= names, (case.name, target)
