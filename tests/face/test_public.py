"""The public surface is a list: each name there is documented, and nothing else shows."""

from __future__ import annotations

import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import drypoint as dp
import pytest

ROOT = Path(__file__).parents[2]


def test_all_is_what_shows():
    shown = {name for name in dir(dp) if not name.startswith("_")}
    assert shown == set(dp.__all__) - {"__version__"}
    assert sorted(dp.__all__, key=str) == dp.__all__
    stray = {
        name
        for name, value in vars(dp).items()
        if not name.startswith("_") and not inspect.ismodule(value) and name not in dp.__all__
    }
    assert stray == {"TYPE_CHECKING"}
    with pytest.raises(AttributeError, match="module 'drypoint' has no attribute 'scoop'"):
        dp.scoop  # noqa: B018


def test_names_that_come_later_are_there_in_every_way():
    """Scopes are imported on first use; each way to a name leads to the same thing."""
    program = """
import sys
import drypoint
assert "drypoint._lifetime" not in sys.modules
from drypoint import *
from drypoint import scope as first
assert set(drypoint.__all__) <= set(globals()) and set(drypoint.__all__) <= set(dir(drypoint))
assert first is scope is drypoint.scope is vars(drypoint)["scope"]
assert drypoint.report.__module__ == "drypoint._lifetime.process"
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("name", [name for name in dp.__all__ if name != "__version__"])
def test_every_name_is_documented(name):
    thing = getattr(dp, name)
    text = inspect.getdoc(thing)
    assert text and len(text) > 20
    if inspect.isfunction(thing) and inspect.signature(thing).parameters:
        assert "Parameters" in text and "Returns" in text
    page = (ROOT / "docs" / "reference.md").read_text()
    assert re.search(rf"`(dp\.)?{name}\b", page), f"docs/reference.md does not speak of {name}"


def test_errors_are_also_built_in_kinds():
    kinds = {
        dp.BudgetExceeded: MemoryError,
        dp.MissingColumn: KeyError,
        dp.SourceNotFound: FileNotFoundError,
        dp.OutputError: OSError,
        dp.NotNumeric: TypeError,
        dp.BadArgument: ValueError,
    }
    for ours, built_in in kinds.items():
        assert issubclass(ours, dp.DrypointError) and issubclass(ours, built_in)


ROOMS = ["_aggregate", "_canvas", "_draw", "_figure", "_memory", "_reductions", "_streams"]
FOLDS = ["_categories", "_folds", "_summary"]
ARRAYS = sorted(path.stem for path in (ROOT / "python/drypoint/_arrays").glob("[a-z]*.py"))
LIFETIME = sorted(path.stem for path in (ROOT / "python/drypoint/_lifetime").glob("[a-z]*.py"))

REPORT = sorted(path.stem for path in (ROOT / "python/drypoint/_report").glob("[a-z]*.py"))

ARRAYS = sorted(path.stem for path in (ROOT / "python/drypoint/_arrays").glob("[a-z]*.py"))
WATCH = sorted(path.stem for path in (ROOT / "python/drypoint/_watch").glob("[a-z]*.py"))


@pytest.mark.parametrize(
    "module",
    [
        *ROOMS,
        *FOLDS,
        *(f"_arrays.{name}" for name in ARRAYS),
        *(f"_lifetime.{name}" for name in LIFETIME),
        *(f"_report.{name}" for name in REPORT),
        *(f"_watch.{name}" for name in WATCH),
        *(f"_arrays.{name}" for name in ARRAYS),
        "_frames.frames",
        "_frames.write",
        "_testing.fit",
        "_view.make",
        "_view.view",
    ],
)
def test_docstring_examples(module):
    import importlib

    result = doctest.testmod(importlib.import_module(f"drypoint.{module}"))
    assert result.failed == 0


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        *(
            f"docs/{name}.md"
            for name in (
                "guide",
                "scopes",
                "reuse",
                "budgets",
                "collection",
                "compressed-arrays",
                "snapshots",
                "verdicts",
                "finding-leaks",
                "notebooks-and-servers",
                "pytest",
                "sparse-arrays",
                "which-structure",
                "raster",
                "reductions",
                "frames",
                "views",
            )
        ),
    ],
)
def test_examples_on_pages(page, tmp_path):
    """Every Python block of a page runs, one after the other, in a folder with the shipped data."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert blocks
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    program = "\n".join(blocks)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_threads_and_fork_are_safe():
    """Pictures drawn on several threads at once, and in a forked child, are the same."""
    program = """
import os, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
import drypoint as dp
from array import array
points = {"x": array("d", range(50_000)), "y": array("d", [i * i % 977 for i in range(50_000)])}
def picture():
    return dp.draw(points, x="x", y="y", width=300, height=200)._repr_png_()
expected = picture()
got = []
threads = [threading.Thread(target=lambda: got.append(picture())) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert got == [expected] * 6
child = os.fork()
if child == 0:
    os._exit(0 if picture() == expected else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert picture() == expected
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
