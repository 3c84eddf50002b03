"""Where the tests of other libraries come from: the source distribution of the version that is installed.

Wheels leave out the tests or the pictures that they compare with. Pip keeps a source distribution only once it has
built its metadata, which for these libraries means compilers and further downloads; the folder into which it has
unpacked it is all that is needed here, so that folder is kept and a failed build is no failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / ".suites"


def unpacked(package: str, wanted: str) -> Path:
    """The unpacked source distribution of an installed package; `wanted` is a folder that must be in it."""
    version = distribution(package).version
    target = FOLDER / f"{package}-{version}"
    if (target / wanted).is_dir():
        return target
    scratch = FOLDER / "download"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-clean", "--no-build-isolation"]
    command += ["--no-binary", ":all:", "--no-deps", "--dest", str(scratch), f"{package}=={version}"]
    done = subprocess.run(
        command, env=os.environ | {"TMPDIR": str(scratch)}, capture_output=True, text=True, check=False
    )
    for archive in scratch.glob("*.tar.gz"):
        shutil.unpack_archive(archive, scratch, filter="data")
    found = next((path for path in scratch.rglob(wanted) if path.is_dir()), None)
    if found is None:
        raise SystemExit(f"sources.py: no {wanted} in {package} {version}; pip said: {done.stderr[-500:]}")
    root = found
    for _ in Path(wanted).parts:
        root = root.parent
    root.rename(target)
    shutil.rmtree(scratch)
    return target


def overlay(package: str, tested: dict[str, Path]) -> Path:
    """A folder for PYTHONPATH with a copy of the installed package, its tests put where they belong.

    `tested` maps a folder inside site-packages to the folder of tests which replaces that one's ``tests``.
    """
    target = FOLDER / f"overlay-{package}-{distribution(package).version}"
    if target.exists():
        return target
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    installed = Path(str(distribution(package).locate_file("")))
    for top in sorted({name.split("/")[0] for name in tested}):
        shutil.copytree(installed / top, partial / top, ignore=shutil.ignore_patterns("__pycache__"))
    for name, tests in tested.items():
        shutil.copytree(tests, partial / name / "tests", dirs_exist_ok=True)
    partial.rename(target)
    return target
