"""Budgets as they are given: what they mean, what is wrong with them, and whom they hold."""

import subprocess
import sys

import drypoint as dp
import numpy as np
import pytest

WRONG = {
    "-5MB": "does not begin with a number",
    "": "it is empty",
    "200%": "a share is at most 100%",
    "5XB": "its unit is not known",
    -1: "must be at least 1, not -1",
    0: "must be at least 1, not 0",
    1.5: "must be a whole number, not 1.5",
    True: "must be a whole number, not True",
}


@pytest.mark.parametrize("budget, told", WRONG.items())
@pytest.mark.parametrize(
    "take",
    [
        lambda budget: dp.scope(budget=budget),
        lambda budget: dp.each([], budget=budget),
        lambda budget: dp.scoped(budget=budget),
        lambda budget: dp.manage(budget),
    ],
)
def test_what_is_no_budget_is_told(take, budget, told):
    with pytest.raises(dp.BadArgument, match=f"^budget.*{told}"):
        take(budget)


@pytest.mark.parametrize(
    "arguments, told",
    [
        ({"collect": "soon"}, "^collect: .*does not begin with a number"),
        ({"collect": -1}, "^collect must be at least 1"),
        ({"collect": None}, "^collect must be True, False or bytes such as '100MB', not None"),
        ({"budget": "1GB", "reuse": None}, "^a budget needs reuse='pool'"),
        ({"budget": "1GB", "reuse": "system"}, "^a budget needs reuse='pool'"),
        ({"reuse": "none"}, "^reuse must be 'pool' or 'system', not 'none'"),
    ],
)
def test_settings_that_do_not_go_together(arguments, told):
    before = dp.memory()["budget"]
    with pytest.raises(dp.BadArgument, match=told):
        dp.manage(**arguments)
    assert dp.memory()["budget"] == before


def test_a_budget_below_what_is_held_changes_nothing():
    before = dp.memory()["budget"]
    with dp.scope():
        held = np.ones(5_000_000)
    with pytest.raises(dp.BudgetExceeded, match="held by arrays"):
        dp.manage("10MB")
    assert dp.memory()["budget"] == before
    with dp.manage("1GB"):
        assert dp.memory()["budget"] == 1_000_000_000
        assert dp.memory()["consumers"]["arrays"]["reserved"] >= held.nbytes
        with pytest.raises(dp.BudgetExceeded):
            dp.set_budget("10MB")
    assert dp.memory()["budget"] == before
    assert dp.memory()["consumers"]["arrays"]["reserved"] == 0


def test_the_budget_of_a_managed_process_holds_arrays_and_drawings():
    with dp.manage("300MB"):
        held = np.ones(25_000_000)
        with pytest.raises(
            MemoryError, match=r"NumPy asked for 200000000 B.* of the budget of 300000000 B is free"
        ):
            np.ones(25_000_000)
        with pytest.raises(dp.BudgetExceeded):
            dp.draw({"x": [0.0, 1.0], "y": [0.0, 1.0]}, x="x", y="y", width=6000, height=6000)
        del held
        assert np.ones(25_000_000).nbytes == 200_000_000


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--budget", "-5MB"], "budget: "),
        (["--budget", "1GB", "--reuse", "none"], "a budget needs reuse='pool'"),
        (["--collect", "soon"], "collect: "),
        (["--reuse", "pol"], "choose from"),
    ],
)
def test_the_command_line_tells_in_one_line(tmp_path, arguments, told):
    program = tmp_path / "program.py"
    program.write_text("print('ran')")
    done = subprocess.run(
        [sys.executable, "-m", "drypoint", "run", *arguments, str(program)], capture_output=True, text=True
    )
    assert done.returncode == 2 and done.stdout == "" and told in done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1


def test_a_program_runs_in_a_budget(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import numpy as np\n"
        "try:\n    np.ones(50_000_000)\nexcept MemoryError as error:\n    print(error)\n"
        "import drypoint as dp\nprint(dp.memory()['budget'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "drypoint", "run", "--budget", "100MB", str(program)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "NumPy asked for 400000000 B" in done.stdout and done.stdout.endswith("\n100000000\n")
