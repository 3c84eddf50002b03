"""The command line as a person uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from child import run_cli


@pytest.fixture(scope="module")
def csv(tmp_path_factory, cloud):
    path = tmp_path_factory.mktemp("cli") / "cloud.csv"
    with path.open("w") as file:
        file.write("x,y,value,kind\n")
        for row in zip(cloud["x"], cloud["y"], cloud["value"], cloud["kind"], strict=True):
            file.write(",".join("" if v != v else str(v) for v in row) + "\n")
    return path


def draw(csv, *arguments, **options):
    return run_cli("draw", csv, "-x", "x", "-y", "y", *arguments, **options)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_one_line_draws(csv, tmp_path, suffix):
    out = tmp_path / f"a{suffix}"
    done = draw(csv, "-o", out)
    assert done.returncode == 0, done.stderr
    assert "20,000 rows" in done.stdout and "skipped" in done.stdout and str(out) in done.stdout
    assert out.read_bytes()[:4] in (b"\x89PNG", b"<svg", b"<?xm", b"%PDF")
    assert done.stderr == ""


def test_json_tells_all(csv, tmp_path):
    done = draw(csv, "--json", "--memory", "64MB", "-o", tmp_path / "a.png")
    told = json.loads(done.stdout)
    assert told["rows"] == 20_000 and told["skipped"] == 6 and told["budget_bytes"] == 64_000_000
    assert told["peak_resident_bytes"] < 64_000_000 and told["import_resident_bytes"] > 1_000_000
    assert told["threads"] >= 1 and told["seconds"] > 0 and told["output"].endswith("a.png")


OPTIONS = [
    ["--reduce", "mean", "--of", "value", "--cmap", "magma"],
    ["--by", "kind"],
    ["--by", "kind", "--reduce", "mean", "--of", "value"],
    ["--x-range", "-1", "1", "--y-range", "-2", "2", "--how", "log"],
    ["--x-range", "0.01", "10", "--x-scale", "log", "--theme", "dark"],
    ["--bare", "--size", "200x100", "--background", "black", "--spread", "1"],
    ["--title", "A title", "--caption", "From nowhere", "--x-label", "", "--scale", "2", "--threads", "1"],
    ["--quiet"],
    ["--x-range", "-1e0", "-.5", "--y-range", "-1.5e-1", "2"],
    ["--threads", "1000"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_options(csv, tmp_path, options):
    done = draw(csv, *options, "-o", tmp_path / "a.png")
    assert done.returncode == 0, done.stderr
    assert (done.stdout == "") == ("--quiet" in options)


@pytest.mark.parametrize("kind", ["csv", "arrow"])
def test_standard_input(csv, cloud, tmp_path, kind):
    import pyarrow as pa

    if kind == "csv":
        data = csv.read_bytes()
    else:
        sink = pa.BufferOutputStream()
        table = pa.table({"x": cloud["x"], "y": cloud["y"]})
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        data = sink.getvalue().to_pybytes()
    for extra in ([], ["--exact"], ["--x-range", "-3", "3", "--y-range", "-6", "6"]):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "drypoint",
                "draw",
                "-",
                "-x",
                "x",
                "-y",
                "y",
                "--json",
                *extra,
                "-o",
                "a.png",
            ],
            cwd=tmp_path,
            input=data,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["rows"] == 20_000


def test_explain_draws_nothing(csv, tmp_path):
    done = draw(csv, "--explain", "--memory", "64MB", "-o", tmp_path / "a.png")
    assert done.returncode == 0, done.stderr
    assert "threads" in done.stdout and "canvas" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_info(csv):
    done = run_cli("info", csv)
    assert done.returncode == 0, done.stderr
    assert "float64" in done.stdout and "text" in done.stdout
    told = json.loads(run_cli("info", csv, "--json").stdout)
    assert [column["name"] for column in told["columns"]] == ["x", "y", "value", "kind"]


def test_help_version_completion():
    assert "examples" in run_cli("--help").stdout
    assert run_cli("--version").stdout.startswith("drypoint ")
    for shell in ("bash", "zsh"):
        assert "drypoint" in run_cli("--completion", shell).stdout


BAD = {
    "missing file": (["nothing.csv", "-x", "x", "-y", "y"], "nothing.csv"),
    "missing column": (["{csv}", "-x", "x", "-y", "vlaue"], "'value'|\"value\""),
    "text column": (["{csv}", "-x", "x", "-y", "kind"], "kind"),
    "unknown output": (["{csv}", "-x", "x", "-y", "y", "-o", "a.gif"], ".png, .svg, .pdf"),
    "no such folder": (["{csv}", "-x", "x", "-y", "y", "-o", "no/such/a.png"], "no/such"),
    "size": (["{csv}", "-x", "x", "-y", "y", "--size", "0x10"], "at least 1"),
    "size text": (["{csv}", "-x", "x", "-y", "y", "--size", "big"], "900x600"),
    "huge size": (["{csv}", "-x", "x", "-y", "y", "--size", "2000000x2000000"], "2000000"),
    "reversed": (["{csv}", "-x", "x", "-y", "y", "--x-range", "3", "1"], "x_range|x range"),
    "nan range": (["{csv}", "-x", "x", "-y", "y", "--x-range", "nan", "1"], "finite|nan|NaN"),
    "log": (["{csv}", "-x", "x", "-y", "y", "--x-range", "0", "1", "--x-scale", "log"], "log"),
    "cmap": (["{csv}", "-x", "x", "-y", "y", "--cmap", "virids"], "viridis"),
    "memory": (["{csv}", "-x", "x", "-y", "y", "--memory", "lots"], "64MB"),
    "too little": (["{csv}", "-x", "x", "-y", "y", "--memory", "1MB"], "1MB|1 MB|B"),
    "no of": (["{csv}", "-x", "x", "-y", "y", "--reduce", "mean"], "--of"),
    "threads": (["{csv}", "-x", "x", "-y", "y", "--threads", "0"], "threads"),
    "infinite range": (["{csv}", "-x", "x", "-y", "y", "--x-range", "-inf", "1"], "finite"),
    "one end": (["{csv}", "-x", "x", "-y", "y", "--x-range", "1"], "expected 2 arguments"),
    "too many threads": (["{csv}", "-x", "x", "-y", "y", "--threads", "9" * 30], "threads"),
    "size beyond numbers": (["{csv}", "-x", "x", "-y", "y", "--size", "9" * 30 + "x9"], "width"),
    "spread below": (["{csv}", "-x", "x", "-y", "y", "--spread", "-1"], "spread must be at least 0"),
    "spread above": (["{csv}", "-x", "x", "-y", "y", "--spread", "100000"], "spread must be at most"),
    "no number": (["{csv}", "-x", "x", "-y", "y", "--scale", "big"], "--scale"),
    "no such option": (["{csv}", "--no-such-option"], "--no-such-option"),
    "background of a page": (["{csv}", "-x", "x", "-y", "y", "--background", "red"], "--bare"),
    "page of a bare image": (["{csv}", "-x", "x", "-y", "y", "--bare", "--title", "T"], "--title"),
    "no text": (["{csv}", "-x", "x", "-y", "y", "--title", "bad\udcff"], "title"),
    "only a suffix": (["{csv}", "-x", "x", "-y", "y", "-o", ".png"], ".png, .svg, .pdf"),
    "no name": (["", "-x", "x", "-y", "y"], "''"),
    "columns": (["{csv}", "-x", "x"], "which column is y"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(csv, tmp_path, case):
    import re

    arguments, expected = BAD[case]
    done = run_cli("draw", *(a.format(csv=csv) for a in arguments), cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert re.search(expected, done.stderr), done.stderr
    assert "Traceback" not in done.stderr and "panicked" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_damaged_files(tmp_path, cloud):
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    table = pa.table({"x": cloud["x"], "y": cloud["y"]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    pyarrow.feather.write_feather(table, tmp_path / "a.feather")
    np.save(tmp_path / "a.npy", cloud["x"])
    np.savez(tmp_path / "a.npz", x=cloud["x"], y=cloud["y"])
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) * 2 // 3])
        done = run_cli("draw", path, "-x", "x", "-y", "y", "-o", tmp_path / "out.png")
        assert done.returncode == 2, path
        assert path.name in done.stderr and "Traceback" not in done.stderr, done.stderr
        assert not (tmp_path / "out.png").exists()


def test_ragged_rows_are_named(tmp_path):
    path = tmp_path / "ragged.csv"
    path.write_text("x,y\n" + "1,2\n" * 50_000 + "1,2,3\n" + "1,2\n" * 10)
    done = run_cli("draw", path, "-x", "x", "-y", "y", "-o", tmp_path / "out.png")
    assert done.returncode == 2
    assert "line 50002" in done.stderr and "3 fields" in done.stderr


def test_empty_tables(tmp_path):
    for text in ("", "x,y\n", "x,y\n,\n"):
        path = tmp_path / "empty.csv"
        path.write_text(text)
        done = run_cli("draw", path, "-x", "x", "-y", "y", "-o", tmp_path / "out.png")
        assert done.returncode == 2, text
        assert "empty.csv" in done.stderr and "Traceback" not in done.stderr


def test_interrupted(tmp_path):
    """Ctrl-C in mid-run: exit code 130, quickly, nothing left behind."""
    reader, writer = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-m", "drypoint", "draw", "-", "-x", "x", "-y", "y", "-o", "out.png", "--exact"],
        stdin=reader,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(b"x,y\n" + b"1,2\n" * 500_000)
        pipe.flush()
        time.sleep(0.5)
        sent = time.perf_counter()
        child.send_signal(signal.SIGINT)
        stderr = child.communicate(timeout=20)[1]
    assert time.perf_counter() - sent < 2
    assert child.returncode == 130
    assert b"interrupted" in stderr and b"Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(csv, tmp_path):
    """A file size limit stands for a full disk: the write fails midway."""
    import resource

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = draw(csv, "-o", tmp_path / "a.png", preexec_fn=limit)
    assert done.returncode == 2 and "a.png" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_broken_pipe_is_quiet(csv, tmp_path):
    command = f"{sys.executable} -m drypoint info {csv} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_standard_output_that_is_full_closed_or_plain(csv, tmp_path):
    """The picture is there; what could not be said is one line, or is said with escapes."""
    command = f"{sys.executable} -m drypoint draw {csv} -x x -y y -o"
    for end, code, text in [
        ("a.png > /dev/full", 2, "standard output: No space left"),
        ("a.png >&-", 0, ""),
    ]:
        done = subprocess.run(
            ["bash", "-c", f"{command} {end}"], capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == code and text in done.stderr, done
        assert len(done.stderr.splitlines()) <= 1
    out = tmp_path / "ü.png"
    done = draw(csv, "-o", out, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and "\\xfc.png" in done.stdout and out.exists(), done


def test_a_closed_standard_input_is_told():
    command = f"{sys.executable} -m drypoint draw - -x x -y y <&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 2 and "is closed" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_told_before_the_work(csv, tmp_path):
    if os.access("/proc", os.W_OK):
        target, text = "/proc/a.png", "/proc/a.png"
    else:
        target, text = tmp_path / "a.png", "cannot be written to"
        tmp_path.chmod(0o555)
    done = draw(csv, "-o", target)
    assert done.returncode == 2 and text in done.stderr and ".part" not in done.stderr


def test_a_termination_leaves_nothing(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "drypoint", "draw", "-", "-x", "x", "-y", "y", "-o", "a.png"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as child:
        child.stdin.write(b"x,y\n" + b"1,2\n" * 500_000)
        child.stdin.flush()
        time.sleep(0.5)
        child.send_signal(signal.SIGTERM)
        stderr = child.communicate(timeout=20)[1]
    assert child.returncode == 143 and b"Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_shows_progress(csv, tmp_path):
    """Rate, time left and memory, on standard error only, and gone at the end."""
    import fcntl
    import pty
    import struct
    import termios

    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 110, 0, 0))
    command = [
        sys.executable,
        "-m",
        "drypoint",
        "draw",
        *[csv] * 100,
        "-x",
        "x",
        "-y",
        "y",
        "-o",
        tmp_path / "a.png",
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    shown = os.read(screen, 65_536).decode()
    os.close(screen)
    assert done.returncode == 0 and "2,000,000 rows" in done.stdout.decode()
    assert "rows/s" in shown and "MB" in shown and shown.endswith("\r")
