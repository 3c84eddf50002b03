"""What the page and the docstrings show runs."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import drypoint.matplotlib

ROOT = Path(__file__).parents[2]


def test_examples_on_the_page(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "matplotlib.md").read_text(), re.DOTALL)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "three.pdf").stat().st_size > 10_000


def test_examples_in_docstrings():
    for name in drypoint.matplotlib.__all__:
        module = sys.modules[getattr(drypoint.matplotlib, name).__module__]
        assert doctest.testmod(module).failed == 0


def test_every_name_and_method_is_documented():
    for name in drypoint.matplotlib.__all__:
        thing = getattr(drypoint.matplotlib, name)
        assert thing.__doc__ and len(thing.__doc__) > 80
        for method, function in vars(thing).items() if isinstance(thing, type) else ():
            if callable(function) and not method.startswith("_"):
                assert function.__doc__, f"{name}.{method}"
