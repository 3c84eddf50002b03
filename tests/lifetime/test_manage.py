"""`dp.manage` as a program meets it: on, shared, off, and told clearly when it cannot be."""

from __future__ import annotations

import subprocess
import sys

import drypoint as dp
import numpy as np
import pytest
from drypoint._lifetime import manage as managing


@pytest.fixture(autouse=True)
def nothing_stays_on():
    yield
    assert managing._active is None, "a test left the process managed"


def test_large_arrays_come_from_the_pool_and_not_after_the_end():
    with dp.manage():
        before = dp.buffer_stats()["hits"] + dp.buffer_stats()["misses"]
        np.empty(1_000_000)
        during = dp.buffer_stats()["hits"] + dp.buffer_stats()["misses"]
    np.empty(1_000_000)
    after = dp.buffer_stats()["hits"] + dp.buffer_stats()["misses"]
    assert during == before + 1 and after == during


def test_the_same_settings_are_shared_and_the_last_turns_it_off():
    first = dp.manage("1GB", figures=5)
    second = dp.manage("1GB", figures=5)
    third = dp.manage()
    first.close()
    first.close()
    assert first.closed and not second.closed
    assert managing._active is not None
    second.close()
    third.close()
    assert third.settings["figures"] == second.settings["figures"] == 5


def test_other_settings_are_refused_and_nothing_changes():
    with dp.manage("1GB"):
        with pytest.raises(dp.BadArgument, match=r"managed already with budget='1GB'.*not budget='2GB'"):
            dp.manage("2GB")
        assert dp.memory()["budget"] == 1_000_000_000


def test_the_budget_is_put_back():
    before = dp.memory()["budget"]
    with dp.manage("123MB"):
        assert dp.memory()["budget"] == 123_000_000
    assert dp.memory()["budget"] == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"budget": "64XB"}, "64XB"),
        ({"budget": -5}, "budget"),
        ({"budget": 0}, "budget"),
        ({"reuse": "poool"}, "did you mean 'pool'"),
        ({"reuse": 3}, "reuse"),
        ({"collect": "much"}, "collect|much"),
        ({"figures": -1}, "figures"),
        ({"figures": 0}, "figures"),
        ({"figures": "many"}, "many"),
        ({"figures": 2.5}, "figures"),
        ({"figures": True}, "figures"),
    ],
)
def test_bad_arguments(arguments, told):
    with pytest.raises(dp.BadArgument, match=told):
        dp.manage(**arguments)


def test_a_budget_below_what_is_live_is_refused():
    with dp.manage():
        held = np.ones(3_000_000)
        with pytest.raises(dp.BudgetExceeded):
            dp.set_budget("8MB")
        del held
    with dp.scope(), dp.manage():
        held = np.ones(3_000_000)
    with pytest.raises(dp.BudgetExceeded):
        dp.manage("8MB")
    del held


def run(*arguments, **env):
    import os

    return subprocess.run(
        [sys.executable, "-m", "drypoint", "run", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **env},
    )


PROGRAM = """
import sys
import drypoint as dp
import numpy as np
np.ones(1_000_000)
stats = dp.buffer_stats()
print(__name__, sys.argv[1:], stats["hits"] + stats["misses"] > 0, dp.memory()["budget"])
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_run_manages_a_script(program):
    done = run("--budget", "500MB", program, "--size", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "__main__ ['--size', '3'] True 500000000\n"


def test_run_takes_its_settings_from_the_environment(program):
    assert "True 300000000" in run(program, DRYPOINT_MANAGE="budget=300MB,figures=4").stdout
    assert "True" in run(program, DRYPOINT_MANAGE="1").stdout
    assert "False" in run(program, DRYPOINT_MANAGE="0").stdout
    done = run(program, DRYPOINT_MANAGE="colour=red")
    assert done.returncode == 2 and "colour=red" in done.stderr and "Traceback" not in done.stderr


def test_run_is_as_python_is(tmp_path):
    path = tmp_path / "program.py"
    for text in [
        "import sys; sys.exit(7)",
        "raise ValueError('wrong')",
        "def f():\n    1/0\nf()",
        "import helper; print(helper.x, __file__ == __import__('sys').argv[0])",
        "x = (",
        "import os, signal; print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)",
        "raise SystemExit('told')",
        "import atexit; atexit.register(print, 'bye')",
        "import pickle\nclass A: pass\nprint(pickle.loads(pickle.dumps(A())).__class__ is A)",
    ]:
        path.write_text(text)
        (tmp_path / "helper.py").write_text("x = 1")
        plain = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=60)
        ours = run(path)
        assert (ours.returncode, ours.stdout, ours.stderr) == (plain.returncode, plain.stdout, plain.stderr), text


def test_run_of_a_module_and_of_nothing(tmp_path):
    assert "usage: python -m json.tool" in run("-m", "json.tool", "--help").stdout.replace("tool.py", "tool")
    done = run(tmp_path / "none.py")
    assert done.returncode == 2 and "none.py" in done.stderr and "Traceback" not in done.stderr
    done = run("-m", "no_such_module")
    assert done.returncode == 2 and "no_such_module" in done.stderr


def test_run_reports(program):
    done = run("--report", program)
    assert done.returncode == 0 and "reuse" in done.stderr.lower() or "hits" in done.stderr.lower()
