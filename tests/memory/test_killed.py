"""A killed run leaves no partial picture under the final name, and no file anywhere else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

PROGRAMS = {
    # Long enough to be killed in its midst, wherever that is.
    "draw": """
parts = (np.random.default_rng(part).normal(size=(100_000, 2)) for part in range(10_000))
say()
dp.draw(parts, x="x", y="y").save(out)
""",
    "spool": """
def parts():
    for part in range(400):
        if part == 60:
            say()
        yield np.random.default_rng(part).normal(size=(100_000, 2))
dp.draw(parts(), x="x", y="y", exact=True, memory="32MB").save(out)
""",
    "write": """
rng = np.random.default_rng(0)
figure = dp.draw({"x": rng.normal(size=10**6), "y": rng.normal(size=10**6), "c": kinds}, x="x", y="y",
                 color=dp.by("c"), width=3000, height=2000)
say()
while True:
    figure.save(out)
""",
    "aggregate": """
rng = np.random.default_rng(0)
aggregate = dp.Canvas(2000, 2000).points({"x": rng.normal(size=1000), "y": rng.normal(size=1000)}, "x", "y", dp.std("x"))
say()
while True:
    aggregate.save(out)
""",
}


def whole(path) -> bool:
    data = path.read_bytes()
    ends = {
        ".png": (b"\x89PNG", b"IEND\xaeB`\x82"),
        ".svg": (b"<svg", b"</svg>\n"),
        ".pdf": (b"%PDF", b"%%EOF"),
        ".npz": (b"PK", b"\x00\x00"),
    }
    start, end = ends[path.suffix]
    return data.lstrip().startswith(start) and data.endswith(end)


@pytest.mark.parametrize("replaced", [False, True], ids=["new", "replaced"])
@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("draw", ".png"),
        ("spool", ".png"),
        *[("write", end) for end in (".png", ".svg", ".pdf")],
        ("aggregate", ".npz"),
    ],
)
@pytest.mark.parametrize("after", [0.0, 0.05])
def test_nothing_is_left(tmp_path, name, end, replaced, after):
    out, temporary = tmp_path / "out" / f"a{end}", tmp_path / "temporary"
    out.parent.mkdir()
    temporary.mkdir()
    if replaced:
        out.write_bytes(b"old")
    program = f"""
import numpy as np
import drypoint as dp
out = {str(out)!r}
kinds = ["oak", "ash", "elm", "yew"] * 250_000
def say():
    print("now", flush=True)
{PROGRAMS[name]}
"""
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    with child:
        assert child.stdout.readline() == "now\n"
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    assert list(temporary.iterdir()) == []
    if out.exists() and out.read_bytes() != b"old":
        assert name in ("write", "aggregate") and whole(out)
    # In the instant in which a finished file takes the place of another, it has a name of its own.
    beside = [path for path in out.parent.iterdir() if path != out]
    assert len(beside) <= int(name in ("write", "aggregate"))
    assert all(path.name.startswith(".drypoint-") for path in beside)
