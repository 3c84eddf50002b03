"""`dp.manage` as a program meets it: on, shared, off, and told clearly when it cannot be."""

from __future__ import annotations

import subprocess
import sys

import drypoint as dp
import pytest
from child import run_child
from drypoint._lifetime import manage as managing


@pytest.fixture(autouse=True)
def nothing_stays_on():
    yield
    assert managing._active is None, "a test left the process managed"


def test_the_same_settings_are_shared_and_the_last_turns_it_off():
    first = dp.manage(figures=5)
    second = dp.manage(figures=5)
    third = dp.manage()
    first.close()
    first.close()
    assert first.closed and not second.closed
    assert managing._active is not None
    second.close()
    third.close()
    assert third.settings["figures"] == second.settings["figures"] == 5


def test_other_settings_are_refused_and_nothing_changes():
    with dp.manage(figures=3) as managed:
        with pytest.raises(dp.BadArgument, match="managed already with figures=3, not figures=4"):
            dp.manage(figures=4)
        assert managed.settings == {"budget": None, "figures": 3, "reuse": "pool", "collect": True}


def test_a_closed_manager_says_so():
    managed = dp.manage()
    managed.close()
    with pytest.raises(dp.ClosedError, match="this Manager is closed"), managed:
        pass


def test_figures_are_limited_only_while_it_is_on():
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    plt.close("all")
    with dp.manage(figures=3):
        for _ in range(6):
            plt.figure()
        assert len(plt.get_fignums()) == 3
    for _ in range(3):
        plt.figure()
    assert len(plt.get_fignums()) == 6
    plt.close("all")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"reuse": "sytem"}, r"^reuse must be 'pool' or 'system', not 'sytem' \(did you mean 'system'\?\)$"),
        ({"reuse": 3}, "reuse"),
        ({"figures": -1}, "figures"),
        ({"figures": 0}, "figures"),
        ({"figures": "ten"}, "^figures must be a number of figures, or bytes such as '200MB', not 'ten'$"),
        ({"figures": ""}, "^figures must be a number of figures, or bytes such as '200MB', not ''$"),
        ({"figures": 2.5}, "^figures must be a number of figures, or bytes such as '200MB', not 2.5$"),
        ({"figures": True}, "figures"),
    ],
)
def test_bad_arguments(arguments, told):
    with pytest.raises(dp.BadArgument, match=told):
        dp.manage(**arguments)


CHURN = """
import resource
import drypoint as dp
{setting}
def turn():
    return [b"x" * 4_000_000 for _ in range(6)]
for _ in range(5): turn()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20): turn()
result = (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 20
"""


def test_the_c_allocator_keeps_pages_when_it_is_told_to():
    plain = run_child(CHURN.format(setting="")).result
    kept = run_child(CHURN.format(setting="managed = dp.manage(reuse='system')")).result
    put_back = run_child(CHURN.format(setting="dp.manage(reuse='system').close()")).result
    assert kept < 50 < 1000 < min(plain, put_back)


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
from drypoint._lifetime import manage
print(__name__, sys.argv[1:], manage._active and manage._active.settings)
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_run_manages_a_script(program):
    done = run("--figures", "5", program, "--size", "3", DRYPOINT_MANAGE="figures=2")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == "__main__ ['--size', '3'] {'budget': None, 'figures': 5, 'reuse': 'pool', 'collect': True}\n"
    )


def test_run_takes_its_settings_from_the_environment(program):
    assert "'figures': 4, 'reuse': 'system'" in run(program, DRYPOINT_MANAGE="figures=4,reuse=system").stdout
    assert "{'budget': None, 'figures': None, 'reuse': 'pool'" in run(program, DRYPOINT_MANAGE="1").stdout
    assert "[] None" in run(program, DRYPOINT_MANAGE="0").stdout
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
        assert (ours.returncode, ours.stdout, ours.stderr) == (
            plain.returncode,
            plain.stdout,
            plain.stderr,
        ), text


def test_run_of_a_module_and_of_nothing(tmp_path):
    assert "usage: python -m json.tool" in run("-m", "json.tool", "--help").stdout.replace("tool.py", "tool")
    done = run(tmp_path / "none.py")
    assert done.returncode == 2 and "none.py" in done.stderr and "Traceback" not in done.stderr
    done = run("-m", "no_such_module")
    assert done.returncode == 2 and "no_such_module" in done.stderr


def test_run_reports(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("import tempfile\nfile = tempfile.TemporaryFile()\n")
    done = run("--report", path)
    assert done.returncode == 0 and "resident" in done.stderr and "TemporaryFile" in done.stderr
    assert "program.py:2" in done.stderr
