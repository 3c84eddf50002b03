"""Runs that were watched, on the command line: shown again, as a page, and compared."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
import watched
from child import run_cli
from drypoint._watch import page, terminal
from drypoint._watch.document import Document


@pytest.fixture
def files(tmp_path):
    """A run, one in which the leak is gone, and one with hostile names."""
    after = watched.plain(turns=30, kept=3_000)
    after["findings"] = [found for found in after["findings"] if found["verdict"] != "leak"]
    runs = {"before": watched.plain(), "after": after, "hostile": watched.hostile()}
    for name, plain in runs.items():
        Document(plain).save(tmp_path / f"{name}.json")
    return tmp_path


def test_report_prints_what_the_watch_would_print(files):
    done = run_cli("report", files / "before.json", env={**os.environ, "COLUMNS": "100"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == terminal.render(Document(watched.plain()), 100) + "\n"


def test_report_writes_a_page(files):
    done = run_cli("report", "before.json", "--html", "run.html", cwd=files)
    assert (done.returncode, done.stdout, done.stderr) == (0, "before.json → run.html\n", "")
    assert (files / "run.html").read_text() == page.render(Document(watched.plain()))


def test_colours_on_a_terminal(files):
    """A terminal of its own for the program: coloured, and not with NO_COLOR."""
    for no_color in ("", "1"):
        ours, theirs = pty.openpty()
        child = subprocess.Popen(
            [sys.executable, "-m", "drypoint", "report", files / "before.json"],
            stdout=theirs,
            env={**os.environ, "TERM": "xterm", "NO_COLOR": no_color},
        )
        os.close(theirs)
        text = b""
        while True:
            try:
                read = os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
            if not read:
                break
            text += read
        os.close(ours)
        assert child.wait(60) == 0
        assert b"LEAK" in text and (b"\x1b[1;31mLEAK" in text) == (not no_color)


@pytest.mark.parametrize("name", ["before", "hostile"])
def test_a_narrow_ascii_locale_is_no_trouble(files, name):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "COLUMNS": "1"}
    done = run_cli("report", files / f"{name}.json", env=environment)
    assert (done.returncode, done.stderr) == (0, "") and "LEAK" in done.stdout and done.stdout.isascii()


def test_diff(files):
    done = run_cli("diff", files / "before.json", files / "after.json", env={**os.environ, "COLUMNS": "80"})
    assert (done.returncode, done.stderr) == (0, "")
    head, sizes, counts, gone, *_ = done.stdout.split("\n\n")
    assert head.splitlines() == [
        "before  app.py --title 'two words' 23",
        "        23 turns found at app.py:97 in main, 1.84 s",
        "after   app.py --title 'two words' 30",
        "        30 turns found at app.py:97 in main, 2.4 s",
    ]
    assert " ".join(sizes.splitlines()[1].split()) == "resident at most 137 MB 76.5 MB −60.8 MB"
    assert counts == "findings: 1 gone, 3 as before"
    assert gone.startswith("gone\nLEAK  63.6 MB · +2.8 MB a turn · app.py:42 in step\n")
    assert done.stdout.splitlines()[-1].split()[:4] == ["app.py:42", "in", "step", "numpy.ndarray"]
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_diff_as_json(files):
    done = run_cli("diff", "--json", files / "after.json", files / "before.json")
    told = json.loads(done.stdout)
    assert [found["verdict"] for found in told["findings"]["new"]] == ["leak"]
    assert told["findings"]["gone"] == [] and told["findings"]["same"] == 3


@pytest.mark.parametrize(
    ("make", "changed"),
    [
        (lambda plain: plain["findings"][1].update(verdict="cache"), "changed: was leak, 63.6 MB"),
        (
            lambda plain: plain["findings"][1].update(bytes_per_turn=80_000),
            "changed: 2.8 MB → 80.0 kB a turn",
        ),
        (lambda plain: plain["findings"][2].update(bytes=99_000_000), "changed: 12.6 MB → 99.0 MB"),
        (lambda plain: plain["exit"].update(reason="raised OSError: full"), "1.84 s, raised OSError: full"),
        (lambda plain: plain["findings"].clear(), "findings: 4 gone"),
    ],
)
def test_diff_tells_what_changed(files, make, changed):
    plain = watched.plain()
    make(plain)
    Document(plain).save(files / "changed.json")
    assert changed in run_cli("diff", files / "before.json", files / "changed.json").stdout


def test_many_lines_that_differ_are_cut(files):
    plain = watched.plain()
    row = plain["by_line"][0]
    plain["by_line"] = [{**row, "function": f"f{n}"} for n in range(40)]
    Document(plain).save(files / "many.json")
    assert run_cli("diff", files / "before.json", files / "many.json").stdout.endswith("\n  and 31 more\n")


BAD = [
    (["report", "absent.json"], "drypoint: the file of a watch absent.json: No such file or directory"),
    (["report", "text"], "drypoint: text is no file of a watch, or not whole: it is no JSON"),
    (["report", "half"], "drypoint: half is no file of a watch, or not whole: it is no JSON"),
    (["report", "bytes"], "drypoint: bytes is no file of a watch, or not whole: it is no JSON"),
    (
        ["report", "list"],
        "drypoint: list is no file of a watch that can be shown: the document is not an object",
    ),
    (["report", "."], "drypoint: the file of a watch .: Is a directory"),
    (["report", "before.json", "--html", "."], "drypoint: .: is a directory"),
    (["diff", "before.json", "half"], "drypoint: half is no file of a watch, or not whole: it is no JSON"),
    (["diff", "newer", "before.json"], "drypoint: newer is no file of a watch that can be shown"),
    (["report", "newer"], "drypoint: newer is no file of a watch that can be shown: it is of version 2,"),
    (["report", "other"], "drypoint: other is no file of a watch that can be shown: it has no version"),
    (["report", "before.json", "--html", "no/where.html"], "drypoint: "),
    (
        ["diff", "before.json", "absent.json"],
        "drypoint: the file of a watch absent.json: No such file or directory",
    ),
    (["diff", "text", "before.json"], "drypoint: text is no file of a watch"),
    (["diff", "before.json"], "drypoint diff: the following arguments are required: AFTER.json"),
    (["report"], "drypoint report: the following arguments are required: FILE.json"),
]


@pytest.mark.parametrize(("arguments", "told"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_line(files, arguments, told):
    (files / "text").write_text("no JSON")
    (files / "half").write_text((files / "before.json").read_text()[:-100])
    (files / "bytes").write_bytes(b"\xff\xfe\x00")
    (files / "list").write_text("[]")
    (files / "newer").write_text('{"version": 2}')
    (files / "other").write_text('{"format": "drypoint-snapshot"}')
    done = run_cli(*arguments, cwd=files)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(told) and done.stderr.count("\n") == 1


def test_nothing_large_is_imported(files):
    program = """
import sys
from drypoint._cli import main
assert main(["report", "before.json"]) == 0 and main(["report", "before.json", "--html", "x.html"]) == 0
assert main(["diff", "before.json", "after.json"]) == 0
assert not {"numpy", "matplotlib", "PIL", "pandas"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=files, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
