"""Marked tests: what passes, what fails, and that the failure is a sentence with the line and the holder."""

from __future__ import annotations

import pytest

LEAKS = """
import io
import numpy as np
import pytest

KEPT, SMALL, CACHE, RING = [], [], {}, {}
turn = 0

@pytest.mark.drypoint(leaks=0)
def test_list_keeps_arrays():
    KEPT.append(np.ones(500_000))

@pytest.mark.drypoint(leaks=0)
def test_little():
    SMALL.append({"number": [len(SMALL)]})

@pytest.mark.drypoint(leaks=0)
def test_view_keeps_base():
    KEPT.append(np.ones((1000, 1000))[:3])

@pytest.mark.drypoint(leaks="1 MB")
def test_less_than_allowed():
    KEPT.append(np.ones(10_000))

@pytest.mark.drypoint(leaks=0)
def test_nothing(tmp_path):
    values = np.ones(500_000).reshape(500, 1000)
    print(values.sum(), [str(number) for number in range(1000)])
    assert values.mean() == 1

@pytest.mark.drypoint(leaks=0)
def test_cycles_that_the_collector_frees():
    values = [np.ones(10_000)]
    values.append(values)

@pytest.mark.drypoint(leaks=0)
def test_cache_that_fills():
    global turn
    turn += 1
    RING[turn % 8] = np.ones(100_000)

@pytest.mark.drypoint(leaks=0)
def test_logs_and_warns(caplog):
    import logging, warnings
    logging.getLogger("app").warning("%s", "w" * 1000)
    assert len(caplog.records) == 1
    warnings.warn("old", DeprecationWarning)
"""


def test_leaks_are_found_and_their_holders_named(run):
    result = run(LEAKS)
    result.assert_outcomes(failed=3, passed=5)
    text = result.stdout.str()
    assert "each turn leaves 4.0 MB behind, leaks= allows 0.0 B" in text
    assert "KEPT" in text and "made at test_it.py:10 in test_list_keeps_arrays" in text
    assert "each of which keeps its whole base array of 8.0 MB alive (made at test_it.py:18" in text
    assert "more dict" in text and "one is held by module test_it → SMALL[" in text
    assert "Error" not in text and "Traceback" not in text


PEAKS = """
import numpy as np
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pytest

@pytest.mark.drypoint(limit="60 MB")
def test_too_much():
    first = np.ones(5_000_000)
    np.multiply(first, 2).sum()

@pytest.mark.drypoint(limit="100 MB")
def test_enough():
    np.ones(5_000_000).sum()

@pytest.mark.drypoint(limit="60 MB")
def test_too_much_without_numpy():
    bytearray(80_000_000)

@pytest.mark.drypoint(limit=1000)
@pytest.mark.skip(reason="later")
def test_skipped():
    np.ones(5_000_000).sum()

@pytest.mark.drypoint(figures=0)
def test_figure():
    plt.subplots(figsize=(2, 1))

@pytest.mark.drypoint(figures=1)
def test_one_figure():
    plt.figure()

@pytest.mark.drypoint(figures=0)
def test_closed():
    plt.close(plt.figure())

@pytest.mark.drypoint(figures=0)
class TestAll:
    def test_inherits(self):
        plt.figure()

    @pytest.mark.drypoint(figures=2)
    def test_nearest_counts(self):
        plt.figure()
"""


def test_peaks_and_figures(run):
    result = run(PEAKS)
    result.assert_outcomes(failed=4, passed=4, skipped=1)
    text = result.stdout.str()
    assert "limit= allows 60.0 MB; NumPy's arrays took 80.0 MB" in text
    assert "40.0 MB made at test_it.py:9 in test_too_much(), 40.0 MB made at test_it.py:10" in text
    assert "limit= allows 60.0 MB; NumPy's arrays took 0.0 B" in text
    assert (
        "a figure is left open, figures= allows 0: Figure 1 (200×100), made at test_it.py:27 in test_figure"
        in text
    )
    assert "test_inherits" in text


ASYNC = """
import asyncio
import numpy as np
import pytest

KEPT, CALLS = [], []

@pytest.mark.drypoint(leaks="100 kB", limit="30 MB")
@pytest.mark.parametrize("count", [10, 1_000_000])
@pytest.mark.asyncio
async def test_parametrised(count):
    await asyncio.sleep(0)
    KEPT.append(np.ones(count))

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.drypoint(leaks=0)
@pytest.mark.anyio
async def test_coroutine_of_anyio(anyio_backend):
    await asyncio.sleep(0)
    KEPT.append(np.ones(20_000))

@pytest.fixture
def store():
    CALLS.append("set up")
    yield []
    CALLS.append("torn down")

@pytest.mark.drypoint(leaks="1 MB", turns=6)
def test_body_is_called_again_with_the_same_fixture(store):
    store.append(len(store))
    CALLS.append("called")

def test_after():
    assert CALLS == ["set up", *["called"] * 9, "torn down"]

@pytest.mark.drypoint(leaks=0)
def test_fails_in_a_later_turn(store):
    store.append(1)
    assert len(store) < 4

@pytest.mark.drypoint(limit="1 GB")
def test_fails_by_itself():
    assert 1 == 2
"""


def test_parameters_fixtures_and_coroutines(run):
    result = run(ASYNC)
    result.assert_outcomes(failed=4, passed=3)
    text = result.stdout.str()
    assert "each turn leaves 8.0 MB behind, leaks= allows 100.0 kB" in text
    assert "module test_it → KEPT (list) grew by 40.0 MB in 5 turns, made at test_it.py:12" in text
    assert "each turn leaves 160.1 kB behind, leaks= allows 0.0 B" in text
    assert "in turn 4 of the body, which leaks= calls again with the same fixtures" in text
    assert "assert 1 == 2" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", "give one of limit=, leaks= and figures= at least"),
        ("'100 MB'", "arguments are given by name, as limit='100 MB', not '100 MB'"),
        ("memory=0", "there is no memory=; there are limit=, leaks=, figures= and turns="),
        ("leak=0", "there is no leak= (did you mean leaks=?)"),
        ("limit='lots'", "limit: "),
        ("limit=0", "limit must be at least 1, not 0"),
        ("leaks=-1", "leaks must be at least 1, not -1"),
        ("figures=0.5", "figures must be a whole number, not 0.5"),
        ("leaks=0, turns=2", "turns must be at least 3, not 2"),
        ("limit=1, turns=9", "turns= says how often the body runs for leaks=, which is not given"),
    ],
)
def test_wrong_arguments_are_one_error(arguments, told):
    from types import SimpleNamespace

    from drypoint import BadArgument
    from drypoint._testing.limits import Limits

    marker = eval(f"mark({arguments})", {"mark": lambda *a, **k: SimpleNamespace(args=a, kwargs=k)})
    with pytest.raises(BadArgument) as raised:
        Limits.of([marker])
    assert str(raised.value).startswith(told)


def test_a_wrong_argument_fails_its_test_alone(run):
    result = run(
        "import pytest, unittest\n"
        "@pytest.mark.drypoint(leak=0)\ndef test_wrong(): pass\n"
        "def test_right(): pass\n"
        "@pytest.mark.drypoint(leaks=0)\nclass TestOld(unittest.TestCase):\n    def test_old(self): pass\n"
    )
    result.assert_outcomes(failed=2, passed=1)
    text = result.stdout.str()
    assert "@pytest.mark.drypoint: there is no leak= (did you mean leaks=?)" in text
    assert "@pytest.mark.drypoint needs a test function" in text
    assert "Traceback" not in text and "During handling" not in text
