"""Run the tests of NumPy, OpenCV and Matplotlib with Drypoint and without, and list every test that differs.

    make suites                                     all three, whole
    python tests/suites/run.py matplotlib --quick   one of them, the part that meets Drypoint most
    python tests/suites/run.py numpy --how process  another way of managing

A test that differs is run twice more both ways, alone with its file; one whose result is then not steady without
Drypoint is listed apart. The exit code is 1 if any test has another result with Drypoint.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import sources

HERE = Path(__file__).resolve().parent


@dataclass
class Suite:
    """Tests of one library: what pytest is given, and what the environment has to hold."""

    name: str
    targets: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)


def numpy_suite(quick: bool) -> Suite:
    """NumPy ships its tests: those of allocation and array paths, or all."""
    import numpy as np

    core = "core" if np.__version__.startswith("1.") else "_core"
    root = Path(np.__file__).parent
    files = ["multiarray", "mem_policy", "mem_overlap", "nditer", "indexing", "shape_base", "item_selection"]
    files += ["numeric", "regression", "array_coercion", "api", "records", "ufunc"]
    quick_targets = [str(root / core / "tests" / f"test_{file}.py") for file in files]
    present = [target for target in quick_targets if Path(target).exists()]
    return Suite("numpy", present if quick else [str(root)], options=["-m", "not slow"])


def matplotlib_suite(quick: bool) -> Suite:
    """Matplotlib's tests with their pictures, against the installed package."""
    source = sources.unpacked("matplotlib", "lib/matplotlib/tests/baseline_images") / "lib"
    folders = ["matplotlib"] + [f"mpl_toolkits/{part}" for part in ("axes_grid1", "axisartist", "mplot3d")]
    root = sources.overlay("matplotlib", {folder: source / folder / "tests" for folder in folders})
    names = ["agg", "animation", "artist", "cycles", "figure", "image", "pickle", "pyplot", "png", "subplots"]
    names += ["axes", "collections", "colorbar", "contour", "legend", "lines", "transforms", "backend_bases"]
    names += [
        "backend_pdf",
        "backend_svg",
        "tightlayout",
        "widgets",
        "ticker",
        "simplification",
        "patheffects",
    ]
    names += [
        "constrainedlayout",
        "text",
        "triangulation",
        "streamplot",
        "bbox_tight",
        "backends_interactive",
    ]
    files = [root / "matplotlib" / "tests" / f"test_{name}.py" for name in names]
    targets = [str(file) for file in files if file.exists()] if quick else [str(root / f) for f in folders]
    environment = {"PYTHONPATH": str(root), "MPLBACKEND": "agg"}
    return Suite("matplotlib", targets, environment, ["--import-mode=importlib"])


def opencv_package() -> str:
    """Under which of its names OpenCV is installed."""
    for name in ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless"):
        try:
            return distribution(name).metadata["Name"]
        except PackageNotFoundError:
            continue
    raise SystemExit("run.py: no opencv-python package is installed")


def opencv_suite(_quick: bool) -> Suite:
    """OpenCV's own Python tests; those that need its data repository fail, both with and without us."""
    root = sources.unpacked(opencv_package(), "opencv/modules/python/test") / "opencv"
    tests = root / "modules" / "python" / "test"
    environment = {"PYTHONPATH": str(tests), "OPENCV_SAMPLES": str(root)}
    return Suite("opencv", [str(tests)], environment, ["-p", "opencv_samples"])


SUITES = {"numpy": numpy_suite, "opencv": opencv_suite, "matplotlib": matplotlib_suite}


def run(suite: Suite, how: str, targets: list[str], name: str) -> tuple[dict[str, str], str]:
    """Run the targets one way; return the result of each test, and pytest's last lines."""
    folder = sources.FOLDER / "results" / suite.name / name
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "junit.xml"
    report.unlink(missing_ok=True)
    environment = os.environ | suite.environment | {"DRYPOINT_SUITE": how, "PYTHONHASHSEED": "0"}
    environment["PYTHONPATH"] = os.pathsep.join([environment.get("PYTHONPATH", ""), str(HERE)])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "managed", "-p", "no:cacheprovider", "--tb=short"]
    command += ["-c", os.devnull, f"--rootdir={folder}", f"--junitxml={report}", *suite.options, *targets]
    with (folder / "output.txt").open("w") as output:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    tail = (folder / "output.txt").read_text(errors="replace").strip().splitlines()[-3:]
    if not report.exists():
        return {"(the whole run)": f"ended with code {done.returncode}"}, "\n".join(tail)
    return results(report), "\n".join(tail)


def results(report: Path) -> dict[str, str]:
    """What a JUnit file says of each test: passed, failed, error or skipped."""
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        result = next((kind for kind in ("error", "failure", "skipped") if kind in kinds), "passed")
        found[f"{case.get('classname')}::{case.get('name')}"] = result
    return found


def differences(plain: dict[str, str], ours: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The tests whose results are not the same."""
    names = sorted(plain.keys() | ours.keys())
    pairs = {name: (plain.get(name, "not run"), ours.get(name, "not run")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def files_of(names: list[str], targets: list[str]) -> list[str]:
    """The test files of the named tests, as paths below the targets."""
    found = set()
    for target in map(Path, targets):
        for file in [target] if target.is_file() else target.rglob("test_*.py"):
            if any(f".{file.stem}." in f".{name.split('::')[0]}." for name in names):
                found.add(str(file))
    return sorted(found)


def compare(suite: Suite, how: str) -> dict:
    """Run a suite both ways and look again at what differs."""
    plain, plain_tail = run(suite, "plain", suite.targets, "plain")
    print(f"{suite.name}, plain: {plain_tail.splitlines()[-1]}", flush=True)
    ours, our_tail = run(suite, how, suite.targets, how)
    print(f"{suite.name}, {how}: {our_tail.splitlines()[-1]}", flush=True)
    differing = differences(plain, ours)
    unsteady: dict[str, tuple[str, str]] = {}
    files = files_of(list(differing), suite.targets)
    for turn in range(2 if differing and files else 0):
        again_plain, _ = run(suite, "plain", files, f"plain-again-{turn}")
        again_ours, _ = run(suite, how, files, f"{how}-again-{turn}")
        for name in list(differing):
            if again_plain.get(name) != plain.get(name) or again_ours.get(name) == again_plain.get(name):
                unsteady[name] = differing.pop(name)
    return {
        "plain": Counter(plain.values()),
        how: Counter(ours.values()),
        "different": differing,
        "unsteady": unsteady,
    }


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="run.py", description="other libraries' tests, with Drypoint and without"
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)} (all)")
    parser.add_argument("--quick", action="store_true", help="the parts that meet Drypoint most")
    parser.add_argument("--how", choices=("managed", "system"), default="managed")
    options = parser.parse_args()
    if unknown := set(options.suites) - SUITES.keys():
        parser.error(f"unknown suite {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    found = {}
    for name in options.suites or SUITES:
        found[name] = compare(SUITES[name](options.quick), options.how)
        for kind in ("different", "unsteady"):
            for test, (plain, ours) in found[name][kind].items():
                print(f"  {kind}: {test}: {plain} without, {ours} with Drypoint")
    sources.FOLDER.mkdir(exist_ok=True)
    (sources.FOLDER / "latest.json").write_text(json.dumps(found, indent=1) + "\n")
    return 1 if any(one["different"] for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
