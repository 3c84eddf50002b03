"""Reports: plain data, with the line that made what is still open, for terminals, notebooks and programs."""

from __future__ import annotations

import json
import re
import tempfile

import drypoint as dp
import pytest
from child import MB, run_child


class Thing:
    def __init__(self):
        self.data = bytes(1000)


@pytest.fixture(autouse=True)
def things():
    with dp.register_closer(Thing, lambda thing: "it is <still> needed"):
        yield


def _filled():
    with dp.scope("work") as outer:
        kept = [outer.keep(tempfile.TemporaryFile())]
        tempfile.TemporaryFile().close()
        for _ in range(2):
            with dp.scope("inner"):
                kept.append(tempfile.TemporaryFile())
        thing = Thing()
    kept[0].close()
    return outer, thing


def test_counts_are_those_of_the_scope_and_its_inner_ones():
    outer, _ = _filled()
    report = outer.report()
    assert report["scopes"] == 2 and not report["open"] and report["seconds"] > 0
    assert report["made"] == {"TemporaryFile": 4, "Thing": 1}
    assert report["closed"] == {"TemporaryFile": 2} and report["kept"] == {"TemporaryFile": 1}
    assert report["gone"] == {"TemporaryFile": 1} and report["left"] == {"Thing": 1}
    (alive,) = report["alive"]
    assert alive["type"] == "Thing" and alive["reason"] == "it is <still> needed"
    assert report["resident"]["after"] > 0


def test_while_it_is_open_it_lists_what_is_open():
    with dp.scope("open") as scope:
        file = tempfile.TemporaryFile()
        report = scope.report()
        assert report["open"] and [one["kind"] for one in report["alive"]] == ["TemporaryFile"]
        assert "open for" in repr(report)
    assert file.closed and scope.report()["alive"] == []


def test_text_html_and_json():
    outer, _ = _filled()
    report = outer.report()
    lines = repr(report).splitlines()
    assert re.fullmatch(r"work: ended after [\d.]+ (s|ms|µs), 2 scopes inside", lines[0])
    assert lines[1].split() == ["made", "closed", "kept", "gone", "left"]
    assert lines[2].split() == ["TemporaryFile", "4", "2", "1", "1", "·"]
    assert len(lines[1]) == len(lines[2]) == len(lines[3])
    assert any("it is <still> needed" in line for line in lines)
    html = report._repr_html_()
    assert "&lt;still&gt;" in html and "<still>" not in html and "<style" not in html and "color" not in html
    assert json.loads(report.to_json()) == dict(report)
    assert len(report.to_json(None).splitlines()) == 1


def test_an_empty_one_is_short():
    with dp.scope() as scope:
        pass
    assert len(repr(scope.report()).splitlines()) == 2


def test_many_that_are_left_are_counted_and_some_listed():
    with dp.scope() as scope:
        things = [Thing() for _ in range(500)]
    report = scope.report()
    assert report["left"] == {"Thing": 500} == {"Thing": len(things)} and len(report["alive"]) == 100
    assert "and 490 more" in repr(report)


def test_the_process_counts_what_scopes_did():
    before = dp.report()["closed"].get("TemporaryFile", 0)
    for _ in dp.each(range(3)):
        file = tempfile.TemporaryFile()
    report = dp.report()
    assert report["closed"]["TemporaryFile"] == before + 3 and report["open"] and file.closed


def test_the_process_is_reported_since_the_import():
    """Although the report itself is imported when it is first asked for."""
    child = run_child("""
import gc, time
import drypoint as dp
time.sleep(0.05)
for _ in range(3): gc.collect()
taken = [bytes(1000) * 20_000 for _ in range(2)]
report = dp.report()
resident = report["resident"]
result = [report["seconds"] >= 0.05, report["collections"]["runs"] >= 3, resident["after"] - resident["before"]]
""")
    waited, collected, grown = child.result
    assert waited and collected and grown > 30 * MB
