"""A program under `drypoint watch` and `drypoint run` sees and does what it does under `python`, the twin of both."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile

import pytest

#: What a program can see of how it was started.
FACTS = '''"""Its text."""
import sys
import mine

def given(x: int): ...

class Own: ...

print(__name__, __file__, __package__, __cached__, __doc__, repr(__loader__), repr(__spec__), sorted(globals()))
print(sys.argv, sys.path, type(__builtins__), given.__annotations__, Own.__module__, mine.__file__)
print(sys._getframe().f_code.co_filename, sys.modules["__main__"].__dict__ is globals(), sys.flags, sys.excepthook)
print(repr(sys.stdin.read()), sys.stdin.isatty(), sys.stdout.errors, sys.stderr.errors)
'''

WAYS = [["run"], ["watch"]]


def both(verb, *arguments, cwd, stdin=""):
    """The program as Python runs it, and as a verb does."""
    done = []
    for ours in ([], ["-m", "drypoint", *verb]):
        command = [sys.executable, *ours, *arguments]
        done.append(subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=60))
    return done


def same(verb, *arguments, cwd, stdin=""):
    """Ours, after all that a program can tell was compared."""
    theirs, ours = both(verb, *arguments, cwd=cwd, stdin=stdin)
    assert re.sub(" at 0x[0-9a-f]+", "", ours.stdout) == re.sub(" at 0x[0-9a-f]+", "", theirs.stdout)
    assert ours.returncode == theirs.returncode
    assert ours.stderr.startswith(theirs.stderr)
    rest = ours.stderr[len(theirs.stderr) :]
    assert rest == "" if verb == ["run"] else "resident " in rest
    return ours


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The same program in all the places that one can be in."""
    folder = tmp_path_factory.mktemp("programs")
    for name in ("below/facts.py", "package/__main__.py", "package/inner/facts.py", "plain/__main__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(FACTS)
    (folder / "package/__init__.py").write_text("import sys\nprint('begins', sys.argv[1:])\n")
    for name in ("below/mine.py", "plain/mine.py", "mine.py"):
        (folder / name).write_text("")
    (folder / "linked.py").symlink_to("below/facts.py")
    for name in ("app.pyz", "app"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("__main__.py", FACTS)
            archive.writestr("mine.py", "")
    return folder


PROGRAMS = [
    ["below/facts.py"],
    ["./below/../below/facts.py", "--json", "x", "--", "--help", "-m"],
    ["linked.py", "-m", "--fail-on=leak", ""],
    ["plain", "--html", "page.html"],
    ["app.pyz", "1"],
    ["app"],
    ["-m", "package", "--version"],
    ["-m", "package.inner.facts", "-1"],
    ["-m", "below.facts"],
]


@pytest.mark.parametrize("verb", WAYS, ids=" ".join)
@pytest.mark.parametrize("program", PROGRAMS, ids=" ".join)
def test_what_a_program_sees(folder, verb, program):
    done = same(verb, *program, cwd=folder, stdin="one\ntwo\n")
    assert done.returncode == 0 and r"'one\ntwo\n'" in done.stdout


ENDINGS = {
    "falls off its end": "print(1)",
    "exits": "import sys; sys.exit()",
    "exits with a number": "import sys; sys.exit(3)",
    "exits below 0": "import sys; sys.exit(-1)",
    "exits with too large a number": "import sys; sys.exit(2**70)",
    "exits with 256": "import sys; sys.exit(256)",
    "exits with True": "import sys; sys.exit(True)",
    "exits with a text": "import sys; sys.exit('no such month: 13')",
    "exits with a tuple": "import sys; sys.exit((1, 2))",
    "exits silently": "import sys; sys.stderr = None; sys.exit('unseen')",
    "raises": "def f():\n    return {}['key']\nf()",
    "raises because of another": "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise OSError from error",
    "raises something without a text": "class Odd(Exception):\n    def __str__(self): 1 / 0\nraise Odd",
    "raises a group": "raise ExceptionGroup('both', [ValueError(1), KeyError(2)])",
    "is no Python": "x = = 1",
    "is not indented": "if 1:\nx",
    "has a hook of its own": "import sys\nsys.excepthook = lambda *what: print(what[0], file=sys.stderr)\n1 / 0",
    "has a hook that exits": "import sys\nsys.excepthook = lambda *what: sys.exit(5)\n1 / 0",
    "asserts": "import atexit\natexit.register(print, 'at exit')\nassert 1 > 2, 'less'",
    "goes to another folder": "import os, tempfile\nos.chdir(tempfile.gettempdir())\n1 / 0",
    "leaves at once": "import os\nprint('not', 'flushed')\nos._exit(4)",
    "closes its output": "import sys\nprint(1)\nsys.stdout.flush()\nsys.stdout.close()",
    "prints by something of its own": "import sys\nclass Tee:\n    write = flush = staticmethod(lambda *text: None)\n"
    "sys.stdout = Tee()",
}


@pytest.mark.parametrize("verb", WAYS, ids=" ".join)
@pytest.mark.parametrize("ending", ENDINGS)
def test_how_a_program_ends(tmp_path, verb, ending):
    (tmp_path / "app.py").write_text(ENDINGS[ending])
    same(verb, "app.py", cwd=tmp_path)


@pytest.mark.parametrize("verb", WAYS, ids=" ".join)
def test_a_module_that_raises_shows_its_own_frames_only(tmp_path, verb):
    (tmp_path / "app.py").write_text("import other\n")
    (tmp_path / "other.py").write_text("1 / 0\n")
    theirs, ours = both(verb, "-m", "app", cwd=tmp_path)
    lines = [line for line in theirs.stderr.splitlines(keepends=True) if "<frozen runpy>" not in line]
    assert ours.stderr.startswith("".join(lines)) and ours.returncode == theirs.returncode == 1


@pytest.mark.parametrize("verb", WAYS, ids=" ".join)
def test_a_package_that_cannot_be_imported_raises(tmp_path, verb):
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__init__.py").write_text("1 / 0\n")
    (tmp_path / "package/__main__.py").write_text("print('ran')\n")
    _, ours = both(verb, "-m", "package", cwd=tmp_path)
    lines = ours.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):" and "package/__init__.py" in lines[1]
    assert "drypoint" not in lines[1] + lines[2] and "ZeroDivisionError: division by zero" in lines
    assert (ours.returncode, ours.stdout) == (1, "")


NOTHING = {
    "absent.py": "the program absent.py: No such file or directory",
    "empty": "empty has no __main__ to run",
    "-m absent": "no module named 'absent' to run",
    "-m empty": "the package 'empty' has no __main__ to run",
    "-m absent.inner": "no module named 'absent.inner' to run",
    "-m sys": "no module named 'sys' to run",
    "-m .app": "no module named '.app' to run",
    "": "the following arguments are required: PROGRAM",
}


@pytest.mark.parametrize("verb", WAYS, ids=" ".join)
@pytest.mark.parametrize("program", NOTHING)
def test_no_program_is_one_clear_line(tmp_path, verb, program):
    (tmp_path / "empty").mkdir()
    _, done = both(verb, *program.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("drypoint") and NOTHING[program] in done.stderr
