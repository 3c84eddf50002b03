"""The magics in a real shell: what a cell leaves behind is told, old outputs go, and nothing else is touched."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("IPython")

HEAD = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.colors = "nocolor" if hasattr(shell, "theme_name") else "NoColor"
results = []
def run(cell):
    done = shell.run_cell(cell, store_history=True)
    error = done.error_before_exec or done.error_in_exec
    return "" if error is None else f"{type(error).__name__}: {error}"
run("import matplotlib; matplotlib.use('Agg'); import matplotlib.pyplot as plt, numpy as np")
assert run("%load_ext drypoint") == ""
"""
TAIL = """
print("RESULT", json.dumps(result))
"""


def in_shell(program: str):
    """What a program that runs cells gives as its result, and what it printed before."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + program + TAIL], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    printed, _, result = done.stdout.rpartition("RESULT ")
    return json.loads(result), printed


CELL = '''
cell = """%%drypoint --into told
ICONS = []
def grab():
    frame = np.ones((480, 640, 3))
    return frame[:3]
for _ in range(3):
    ICONS.append(grab())
figure = plt.figure()
gone = np.ones(1_000_000)
del gone
"""
'''


def test_a_cell_is_told_with_names_lines_and_figures():
    told, printed = in_shell(CELL + "assert run(cell) == ''\nresult = shell.user_ns['told']")
    frames = 3 * 480 * 640 * 3 * 8
    (icons,) = told["grown"]
    assert icons["name"] == "ICONS" and icons["type"] == "list"
    assert frames <= icons["bytes"] < frames + 100_000
    assert icons["line"] == "In[3]:3 in grab"
    assert [(one["name"], one["line"]) for one in told["figures"]] == [("Figure 1 (640×480)", "In[3]:7")]
    assert frames <= told["arrays"]["bytes"] < frames + 100_000
    grew = told["resident"]["after"] - told["resident"]["before"]
    assert frames * 0.8 < grew < frames + 20_000_000
    assert "+22.1 MB  ICONS  list, made at In[3]:3 in grab" in printed


def test_a_cell_that_only_binds_anew_left_nothing():
    told, _ = in_shell(
        "run('x = np.ones(2_000_000)')\n"
        "run('%%drypoint --into told\\nx = np.ones(2_000_000)')\nresult = shell.user_ns['told']"
    )
    assert told["grown"] == [] and told["figures"] == [] and abs(told["arrays"]["bytes"]) < 10_000


OUTPUTS = """
run("np.ones(2_000_000)")
run("kept = np.ones(1_000_000)\\nkept")
run("others = [np.ones(500_000)]\\nothers[0]")
"""


def test_outputs_are_told_with_who_else_holds_them():
    told, printed = in_shell(
        OUTPUTS + "run('%%drypoint --into told\\npass')\nresult = shell.user_ns['told']['outputs']"
    )
    assert [(one["names"], one["also"]) for one in told] == [
        (["Out[3]", "___", "_3"], None),
        (["Out[4]", "__", "_4"], "kept"),
        (["Out[5]", "_", "_5"], "module __main__ → others[0]"),
    ]
    assert [one["bytes"] // 1_000_000 for one in told] == [16, 8, 4]
    assert "%drypoint_release would free 16.0 MB" in printed


def test_an_output_of_the_cell_is_told_as_an_output():
    told, _ = in_shell("run('%%drypoint --into told\\nnp.ones(2_000_000)')\nresult = shell.user_ns['told']")
    assert told["grown"] == []
    assert [(one["names"], one["bytes"] // 1_000_000) for one in told["outputs"]] == [
        (["Out[3]", "_", "_3"], 16)
    ]


def test_release_lets_outputs_go_and_nothing_else():
    program = (
        OUTPUTS
        + """
import weakref
first = weakref.ref(shell.user_ns["_3"])
run("_4 = 'mine'\\n_x = _1 = 'mine too'\\nfigure = plt.figure()\\nvalue = 7")
before = {name: id(value) for name, value in shell.user_ns.items()}
assert run("%drypoint_release") == ""
after = {name: id(value) for name, value in shell.user_ns.items()}
result = {
    "gone": sorted(before.keys() - after.keys()),
    "other": sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
    "dead": first() is None,
    "out": len(shell.user_ns["Out"]),
    "mine": shell.user_ns["_4"],
    "figures": len(shell.user_ns["plt"].get_fignums()),
    "kept": len(shell.user_ns["kept"]),
}
"""
    )
    result, printed = in_shell(program)
    inputs = {"_i", "_ii", "_iii", "_ih"}
    assert result["gone"] == ["_3", "_5"]
    assert set(result["other"]) - inputs == {"_", "__", "___"}
    assert result["dead"] and result["out"] == 0 and result["mine"] == "mine"
    assert result["figures"] == 1 and result["kept"] == 1_000_000
    assert "let go of 3 outputs; gave back" in printed
    given = float(printed.rsplit("gave back ", 1)[1].split(" MB")[0])
    assert given > 14


def test_release_frees_what_left_out_because_it_was_full():
    """IPython forgets the oldest outputs, but for a hidden copy of their names."""
    program = """
import weakref, warnings
warnings.simplefilter("ignore")
shell.cache_size = shell.displayhook.cache_size = 4
run("class Big: data = b'x'")
for _ in range(8):
    run("Big()")
    if _ == 0: first = weakref.ref(shell.user_ns["_"])
before = first() is not None, 4 in shell.user_ns["Out"]
run("%drypoint_release")
result = [before, first() is None]
"""
    assert in_shell(program)[0] == [[True, False], True]


def test_release_closes_figures_of_past_cells_only():
    program = """
run("first = plt.figure()")
run("second = plt.figure()\\n%drypoint_release --figures\\nleft = plt.get_fignums()")
run("usable = first.add_subplot() is not None")
result = [shell.user_ns["left"], shell.user_ns["usable"]]
"""
    result, printed = in_shell(program)
    assert result == [[2], True]
    assert "1 figure; gave back" in printed


def test_a_cell_that_fails_is_shown_once_and_fails():
    program = """
error = run("%%drypoint --into told\\nkept = np.ones(1_000_000)\\n1 / 0")
again = run("1 / 0")
result = [error, again, [one["name"] for one in shell.user_ns["told"]["grown"]]]
"""
    result, printed = in_shell(program)
    assert result[:2] == ["ZeroDivisionError: division by zero"] * 2
    assert "kept" in result[2]
    assert printed.count("Traceback (most recent call last)") == 2  # one for each cell


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("%%drypoint --rows 0\\npass", "argument -n/--rows: must be a whole number from 1, not '0'"),
        ("%%drypoint --into 3x\\npass", "argument -o/--into: must be the name of a variable, not '3x'"),
        ("%%drypoint --deep\\npass", "unrecognized arguments: --deep"),
        ("%%drypoint 'x\\npass", "No closing quotation"),
        ("%drypoint_release all", "unrecognized arguments: all"),
    ],
)
def test_wrong_options_are_told_in_one_sentence(line, told):
    result, _ = in_shell(f"ran = []\nresult = run('{line.replace(chr(39), chr(92) + chr(39))}')")
    assert result.startswith("UsageError: ") and told in result


def test_reports_have_html_that_escapes():
    program = """
run('%%drypoint --into told\\nthing = type("A<b>", (list,), {})(map(np.ones, (10**6, 10**6)))')
result = [shell.user_ns["told"]._repr_html_(), repr(shell.user_ns["told"])]
"""
    (html, text), _ = in_shell(program)
    assert "thing  A<b>" in text
    assert html.startswith("<div>") and html.count("<table>") == html.count("</table>") >= 1
    assert "<code>thing</code>" in html and ">A&lt;b&gt;" in html and "<b>," not in html


def test_unloading_takes_the_magics_away_and_loading_again_brings_them():
    program = """
run("%unload_ext drypoint")
away = run("%drypoint_release")
run("%load_ext drypoint")
result = [away, run("%drypoint_release")]
"""
    result, _ = in_shell(program)
    assert result == ["UsageError: Line magic function `%drypoint_release` not found.", ""]
