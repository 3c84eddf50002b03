"""`drypoint watch`: what it writes, how it exits, whatever way the program goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from child import run_cli
from drypoint._watch import page
from drypoint._watch.document import Document

LEAK = """
import numpy as np
KEPT = []
def step(turn):
    frame = np.full(100_000, turn, np.float64)
    KEPT.append(frame[:2])
for turn in range(30):
    step(turn)
print("done")
"""

WASTE = "import numpy as np\nNUMBERS = [float(n) for n in range(500_000)]\n"

CLEAN = "import numpy as np\nfor turn in range(30):\n    held = np.ones(100_000)\n"


@pytest.fixture
def programs(tmp_path):
    for name, text in {"leak": LEAK, "waste": WASTE, "clean": CLEAN}.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def watch(*arguments, cwd, **options):
    return run_cli("watch", *arguments, cwd=cwd, timeout=60, **options)


def watched(folder, *arguments, code=0, **options):
    """What was written about a program that ends with this code, and what was printed."""
    done = watch("--json", "run.json", *arguments, cwd=folder, **options)
    assert done.returncode == code, done.stderr
    return json.loads((folder / "run.json").read_text()), done


def test_a_leak_is_printed_and_written(programs):
    told, done = watched(programs, "--html", "run.html", "leak.py", "--html", "20")
    assert done.stdout == "done\n"
    assert done.stderr.startswith("leak.py --html 20\n") and "LEAK" in done.stderr
    assert told["command"] == ["leak.py", "--html", "20"]
    assert told["exit"] == {"code": 0, "reason": "finished"}
    leaks = [found for found in told["findings"] if found["verdict"] == "leak"]
    assert [found["line"] for found in leaks] == ["leak.py:5"] and leaks[0]["holder"] == "KEPT"
    assert (programs / "run.html").read_text() == page.render(Document(told))
    again = run_cli("report", "run.json", cwd=programs)
    assert again.stdout == done.stderr


def test_a_module_is_watched(programs):
    told, done = watched(programs, "-m", "leak", "--json")
    assert done.stdout == "done\n" and told["command"] == ["leak", "--json"]
    assert [found["line"] for found in told["findings"]] == ["leak.py:5"]


FAILS = [
    (["leak"], "leak.py", 1),
    (["leak"], "clean.py", 0),
    (["leak"], "waste.py", 0),
    (["waste"], "waste.py", 1),
    (["waste"], "clean.py", 0),
    (["10MB"], "leak.py", 1),
    (["1GB"], "leak.py", 0),
    (["1GB"], "waste.py", 0),
    (["1MB"], "clean.py", 0),
    (["waste", "leak"], "leak.py", 1),
    (["native", "handle", "1GB"], "leak.py", 0),
]


@pytest.mark.parametrize(("rules", "program", "code"), FAILS, ids=lambda value: str(value))
def test_fail_on(programs, rules, program, code):
    options = [f"--fail-on={rule}" for rule in rules]
    told, _ = watched(programs, *options, program, code=code)
    assert told["exit"] == {"code": 0, "reason": "finished"}


def test_a_program_that_fails_keeps_its_own_code(programs):
    (programs / "leak.py").write_text(LEAK + "raise SystemExit(7)")
    told, _ = watched(programs, "--fail-on", "leak", "leak.py", code=7)
    assert told["exit"] == {"code": 7, "reason": "exited"} and told["findings"][0]["verdict"] == "leak"


ENDINGS = {
    "1 / 0": (1, "raised ZeroDivisionError: division by zero"),
    "class Odd(Exception): pass\nraise Odd": (1, "raised Odd"),
    "raise OSError('one\\ntwo')": (1, "raised OSError: one"),
    "raise SystemExit": (0, "exited"),
    "raise SystemExit('text')": (1, "exited"),
    "raise SystemExit(True)": (1, "exited"),
    "raise SystemExit(-1)": (255, "exited"),
    "raise SystemExit(10**30)": (255, "exited"),
    "raise KeyboardInterrupt": (130, "interrupted"),
    "import os; os._exit(9)": (9, "exited"),
    "import sys; sys.stderr = None; 1 / 0": (1, "raised ZeroDivisionError: division by zero"),
    "import sys; sys.stdout = sys.stdin = None": (0, "finished"),
    "import sys; sys.stdout.close(); sys.exit(3)": (3, "exited"),
    "import os; os.makedirs('new'); os.chdir('new')": (0, "finished"),
    "import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir(os.getcwd())": (0, "finished"),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_findings_follow_whatever_the_end(programs, ending):
    (programs / "leak.py").write_text(LEAK + ending)
    code, reason = ENDINGS[ending]
    told, done = watched(programs, "--html", "run.html", "leak.py", code=code)
    assert told["exit"] == {"code": code, "reason": reason}
    assert [found["line"] for found in told["findings"]] == ["leak.py:5"]
    assert "LEAK" in done.stderr and (programs / "run.html").exists()
    assert "_cli" not in done.stderr


def test_the_end_at_once_prints_nothing_that_was_not_flushed(programs):
    (programs / "app.py").write_text("import os\nprint('lost')\nos._exit(0)")
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    assert watched(programs, "app.py", env=buffered)[1].stdout == ""
    (programs / "leak.py").write_text(LEAK + "import os; os._exit(0)")
    watched(programs, "--fail-on", "leak", "leak.py", code=1)


SIGNALS = {
    "": (signal.SIGINT, 130, "interrupted"),
    "signal.signal(signal.SIGINT, lambda *what: sys.exit(6))": (signal.SIGINT, 6, "exited"),
    " ": (signal.SIGTERM, -signal.SIGTERM, "terminated"),
    "signal.signal(signal.SIGTERM, lambda *what: sys.exit(6))": (signal.SIGTERM, 6, "exited"),
}


@pytest.mark.parametrize("handler", SIGNALS)
def test_a_signal(programs, handler):
    wait = f"import signal, sys, time\n{handler.strip()}\nprint(flush=True)\ntime.sleep(60)"
    (programs / "leak.py").write_text(LEAK + wait)
    sent, code, reason = SIGNALS[handler]
    command = [sys.executable, "-m", "drypoint", "watch", "--json", "run.json", "leak.py"]
    with subprocess.Popen(command, cwd=programs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.readline(), child.stdout.readline()
        began = time.monotonic()
        child.send_signal(sent)
        errors = child.communicate(timeout=60)[1].decode()
        assert time.monotonic() - began < 20
    assert child.returncode == code
    told = json.loads((programs / "run.json").read_text())
    assert told["exit"] == {"code": code if code > 0 else 128 - code, "reason": reason}
    assert "LEAK" in errors and ("KeyboardInterrupt" in errors) == (code == 130) and "_cli" not in errors


def test_every(programs):
    (programs / "app.py").write_text("import time\ntime.sleep(0.5)")
    often, _ = watched(programs, "--every", "5ms", "app.py")
    seldom, _ = watched(programs, "--every", "0.2s", "app.py")
    assert len(often["timeline"]["seconds"]) > 30 > 10 > len(seldom["timeline"]["seconds"]) >= 3


def test_from(programs):
    (programs / "app.py").write_text("import numpy as np\na = np.ones(20_000)\nb = np.ones(100_000)\n")
    assert [row["line"] for row in watched(programs, "app.py")[0]["by_line"]] == ["app.py:3", "app.py:2"]
    told, _ = watched(programs, "--from", "500KB", "app.py")
    assert [row["line"] for row in told["by_line"] if row["line"]] == ["app.py:3"]


BAD = {
    "--every 10 app.py": "--every must be a time such as 10ms or 0.5s, not '10'",
    "--every ms app.py": "--every must be a time such as 10ms or 0.5s, not 'ms'",
    "--every 0ms app.py": "samples can be taken every 1ms to 60s, not every 0ms",
    "--every -5ms app.py": "samples can be taken every 1ms to 60s",
    "--every nans app.py": "samples can be taken every 1ms to 60s",
    "--every 1h app.py": "--every must be a time",
    "--from little app.py": '--from: "little" is not',
    "--from 0 app.py": "",
    "--fail-on leaks app.py": "did you mean leak?",
    "--fail-on -1 app.py": "--fail-on must be one of",
    "--json no/where.json app.py": "no/where.json",
    "--html . app.py": ".: is a directory",
    "--json /proc/run.json app.py": "/proc/run.json: ",
    "--jason x app.py": "unrecognized arguments: --jason",
    "--json": "argument --json: expected one argument",
    "--json run.json absent.py": "the program absent.py: No such file or directory",
    "--json run.json -m absent": "no module named 'absent' to run",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_arguments_are_one_line_and_nothing_runs(tmp_path, arguments):
    (tmp_path / "app.py").write_text("open('ran', 'w').close()")
    done = watch(*arguments.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert done.stderr.startswith("drypoint") and BAD[arguments] in done.stderr
    assert os.listdir(tmp_path) == ["app.py"]


def test_help_names_all_options():
    text = run_cli("watch", "--help").stdout
    assert all(
        name in text for name in ("--html", "--json", "--fail-on", "--every", "--from", "-m", "PROGRAM")
    )


def test_a_file_that_cannot_be_written_at_the_end_is_told_after_the_findings(programs):
    (programs / "out").mkdir()
    (programs / "leak.py").write_text(LEAK + "import os; os.rmdir('out')")
    done = watch("--json", "out/run.json", "leak.py", cwd=programs)
    assert done.returncode == 2 and "LEAK" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("drypoint: ") and "Traceback" not in done.stderr


def test_a_reader_that_goes_away_does_not_take_the_findings(programs):
    (programs / "app.py").write_text(LEAK + "print('x' * 1_000_000)\n")
    command = f"{sys.executable} -m drypoint watch --json run.json app.py | head -c 1"
    done = subprocess.run(["bash", "-c", command], cwd=programs, capture_output=True, text=True, timeout=60)
    assert "LEAK" in done.stderr and (programs / "run.json").exists()


TURNS = {
    "import drypoint as dp\nfor n in range(7):\n    dp.turn()\n": 7,
    "import drypoint as dp\nfor n in dp.each(range(9)):\n    pass\n": 9,
    "import drypoint as dp\nimport numpy as np\nfor n in range(12):\n    np.ones(100_000)\n"
    "    np.ones(100_000)\n    if n % 2:\n        dp.turn()\n": 6,
}


@pytest.mark.parametrize("text", TURNS)
def test_turns_that_are_told(tmp_path, text):
    (tmp_path / "app.py").write_text(text)
    told, done = watched(tmp_path, "app.py")
    assert (told["turns"]["how"], told["turns"]["count"]) == ("told", TURNS[text])
    assert f"{TURNS[text]} turns, as the program told" in done.stderr


THREADS = """
import threading, time
import numpy as np
KEPT = []
def work():
    for turn in range(30):
        frame = np.full(100_000, turn, np.float64)
        KEPT.append(frame[:2])
        time.sleep(0.01)
    print("worked")
threading.Thread(target=work).start()
"""

POOL = """
from concurrent.futures import ThreadPoolExecutor
import time
pool = ThreadPoolExecutor(2)
for n in range(4):
    pool.submit(lambda: (time.sleep(0.1), print("worked", flush=True)))
"""

DAEMON = """
import threading, time
threading.Thread(target=lambda: time.sleep(600), daemon=True).start()
threading.Thread(target=print, args=["worked"]).start()
"""


@pytest.mark.parametrize(("text", "printed"), [(THREADS, 1), (POOL, 4), (DAEMON, 1)])
def test_threads_that_python_waits_for_are_waited_for(tmp_path, text, printed):
    (tmp_path / "app.py").write_text(text)
    told, done = watched(tmp_path, "app.py")
    # Two threads may print at once, and a line and its end are two writes.
    assert done.stdout.count("worked") == printed and told["exit"]["reason"] == "finished"
    if text is THREADS:
        assert told["live"]["end"] >= 30 * 800_000


def test_a_program_is_managed_as_long_as_its_threads_work(tmp_path):
    text = "import threading, time\nimport drypoint as dp\nfrom drypoint._lifetime import manage\n"
    text += "def work():\n    time.sleep(0.3)\n    print(manage._active is not None)\n"
    (tmp_path / "app.py").write_text(text + "threading.Thread(target=work).start()\n")
    assert run_cli("run", "app.py", cwd=tmp_path, timeout=60).stdout == "True\n"


def test_a_child_by_fork_reports_nothing(tmp_path):
    (tmp_path / "app.py").write_text("import os\nif os.fork():\n    os.wait()\n")
    done = run_cli("run", "--report", "app.py", cwd=tmp_path, timeout=60)
    assert done.returncode == 0
    (tmp_path / "app.py").write_text("")
    assert done.stderr.count("\n") == run_cli("run", "--report", "app.py", cwd=tmp_path).stderr.count("\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(programs, closed):
    command = f"{sys.executable} -m drypoint watch --json run.json leak.py {closed}"
    done = subprocess.run(["bash", "-c", command], cwd=programs, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and ("LEAK" in done.stderr) == ("2>" not in closed)
    assert json.loads((programs / "run.json").read_text())["findings"][0]["verdict"] == "leak"


def test_an_interrupt_while_threads_are_waited_for(tmp_path):
    wait = (
        "threading.Thread(target=time.sleep, args=[600], daemon=False).start()\nprint('waits', flush=True)\n"
    )
    (tmp_path / "app.py").write_text("import threading, time\n" + wait)
    command = [sys.executable, "-m", "drypoint", "watch", "--json", "run.json", "app.py"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.readline()
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        errors = child.communicate(timeout=60)[1].decode()
    assert child.returncode == 130 and "interrupted" in errors and "_cli" not in errors
    assert json.loads((tmp_path / "run.json").read_text())["exit"]["reason"] == "interrupted"


CHILDREN = {
    "a child that goes on to the end": ("child = os.fork()\nif child:\n    os.waitpid(child, 0)\n", 2),
    "a child that exits": ("child = os.fork()\nif not child:\n    sys.exit(5)\nos.waitpid(child, 0)\n", 1),
    "a child that leaves at once": (
        "child = os.fork()\nif not child:\n    os._exit(5)\nos.waitpid(child, 0)\n",
        1,
    ),
    "a child that raises": ("child = os.fork()\nif not child:\n    1 / 0\nos.waitpid(child, 0)\n", 1),
    "a child that is ended": (
        "child = os.fork()\nif not child:\n    time.sleep(60)\n    os._exit(0)\nos.kill(child, 15)\n"
        "assert os.waitpid(child, 0)[1] == 15\n",
        1,
    ),
    "a child that makes turns": (
        "child = os.fork()\nif not child:\n    for n in range(100):\n        dp.turn()\n    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n",
        1,
    ),
}


@pytest.mark.parametrize("kind", CHILDREN)
def test_children_by_fork_are_not_told_about(tmp_path, kind):
    fork, ends = CHILDREN[kind]
    text = f"import os, sys, time\nimport drypoint as dp\nimport numpy as np\nheld = np.ones(200_000)\n{fork}"
    (tmp_path / "app.py").write_text(f"{text}print('end', flush=True)\n")
    told, done = watched(tmp_path, "app.py")
    assert done.stdout == "end\n" * ends
    assert done.stderr.count("large arrays") == 1 and done.stderr.count("by kind") == 1
    assert told["exit"] == {"code": 0, "reason": "finished"} and told["turns"]["how"] == "none"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(tmp_path, method):
    (tmp_path / "app.py").write_text(f"""
import multiprocessing, os, sys
import numpy as np

def work(n):
    return os.getpid(), float(np.ones(200_000).sum() + n)

if __name__ == "__main__":
    with multiprocessing.get_context("{method}").Pool(2) as pool:
        found = pool.map(work, range(8))
    assert os.getpid() not in {{process for process, _ in found}}
    print(sum(total for _, total in found))
""")
    told, done = watched(tmp_path, "app.py")
    assert done.stdout == f"{8 * 200_000 + 28.0}\n"
    assert done.stderr.count("large arrays") == 1 and "Traceback" not in done.stderr
    assert told["exit"] == {"code": 0, "reason": "finished"}


NAMES = ("html", "json", "random", "statistics", "shlex", "tempfile", "threading", "unicodedata")


@pytest.mark.parametrize("imports", ["", f"import {', '.join(NAMES)}\n"])
def test_a_program_may_have_files_with_names_of_the_standard_library(programs, imports):
    for name in NAMES:
        (programs / f"{name}.py").write_text(f"print('{name} of the program')\n")
    end = "import sys\nprint(all(sys.modules[name].__file__ == f'{sys.path[0]}/{name}.py' for name in NAMES))"
    (programs / "leak.py").write_text(f"{LEAK}NAMES = {NAMES}\n{imports}{end if imports else ''}")
    told, done = watched(programs, "--html", "run.html", "leak.py")
    printed = [f"{name} of the program" for name in NAMES] + ["True"] if imports else []
    assert done.stdout.splitlines() == ["done", *printed]
    assert [found["line"] for found in told["findings"]] == ["leak.py:5"] and (programs / "run.html").exists()
