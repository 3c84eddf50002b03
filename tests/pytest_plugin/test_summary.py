"""``--drypoint``: the tests that hold most, in one process and in several, beside other plugins; and no cost without."""

from __future__ import annotations

import re

import pytest

TESTS = """
import numpy as np
import pytest

KEPT = []

@pytest.fixture
def data():
    return np.ones(4_000_000)

def test_peak(data):
    (data * 2).sum()

def test_keeps():
    KEPT.append(np.ones(3_000_000))

def test_little():
    pass

def test_figure():
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    plt.figure(figsize=(1, 1))
"""


def rows(result: pytest.RunResult, title: str) -> dict[str, list[str]]:
    """The lines of one table by the name of the test: peak, left, arrays in MB, and figures."""
    text = result.stdout.str().split(f"drypoint: {title}", 1)[1]
    found = {}
    for line in text.splitlines()[2:]:
        parts = re.match(
            r"\s*([\d.]+ +\w?B) +([\d.]+ +\w?B) +([\d.]+ +\w?B) +(\S+)  test_it\.py::(\w+)", line
        )
        if parts is None:
            break
        found[parts[5]] = [*(in_mb(parts[place]) for place in (1, 2, 3)), parts[4]]
    return found


def in_mb(text: str) -> float:
    number, unit = text.split()
    return float(number) * {"B": 1e-6, "kB": 1e-3, "MB": 1, "GB": 1000}[unit]


@pytest.mark.parametrize("options", [[], ["-n", "2"], ["--memray"]])
def test_the_tests_that_hold_most_are_told(run, options):
    if options == ["-n", "2"]:
        pytest.importorskip("xdist")
    if options == ["--memray"]:
        pytest.importorskip("pytest_memray")
    result = run(TESTS, "--drypoint", *options)
    result.assert_outcomes(passed=4)
    peaks = rows(result, "largest peaks")
    assert set(peaks) == {"test_peak", "test_keeps", "test_little", "test_figure"}
    assert 63 < peaks["test_peak"][0] < 80
    assert 23 < peaks["test_keeps"][0] < 40 and 23 < peaks["test_keeps"][1] < 40
    assert peaks["test_little"][0] < 5
    left = rows(result, "most left behind")
    assert left["test_keeps"][2] == 24.0 and "test_little" not in left
    assert (
        peaks["test_peak"][1] < 5 and peaks["test_peak"][2] == 0
    )  # its fixture is let go before it is measured
    assert left["test_figure"][3] == "1"


def test_limits_hold_beside_memray_and_in_workers(run):
    pytest.importorskip("pytest_memray")
    pytest.importorskip("xdist")
    text = """
import numpy as np
import pytest

KEPT = []

@pytest.mark.limit_memory("500 MB")
@pytest.mark.drypoint(leaks=0, limit="100 MB")
def test_leak():
    KEPT.append(np.ones(500_000))

@pytest.mark.limit_memory("500 MB")
@pytest.mark.drypoint(leaks=0, limit="100 MB")
def test_none():
    np.ones(500_000).sum()
"""
    for options in (["--memray"], ["-n", "1"]):
        result = run(text, *options)
        result.assert_outcomes(failed=1, passed=1)
        assert "each turn leaves 4.0 MB behind" in result.stdout.str()


def test_a_run_without_it_does_not_import_drypoint(run):
    result = run(
        "import sys\n\ndef test_it():\n    assert not [name for name in sys.modules if name.startswith('drypoint.')]\n"
        "    assert 'drypoint' not in sys.modules\n"
    )
    result.assert_outcomes(passed=1)


def test_the_marker_is_listed(run):
    assert "@pytest.mark.drypoint(limit=None, leaks=None" in run("", "--markers").stdout.str()


def test_the_peak_is_seen_where_the_system_does_not_keep_it(monkeypatch):
    """A thread looks then; a peak that lasts is not missed."""
    from drypoint._testing import peak

    monkeypatch.setattr(peak, "_begin_anew", lambda: False)
    seen = peak.Peak()
    block = bytearray(50_000_000)
    import time

    time.sleep(0.05)
    del block
    assert 45_000_000 < seen.growth() < 80_000_000
