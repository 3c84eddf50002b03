"""The tests of each library: what pytest is given, and what the environment has to hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import sources


@dataclass
class Suite:
    """Tests of one library."""

    name: str
    targets: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)


def numpy_suite(quick: bool) -> Suite:
    """NumPy ships its tests: all, or those of allocation and of what allocates most."""
    import numpy as np

    core = "core" if np.__version__.startswith("1.") else "_core"
    root = Path(np.__file__).parent
    files = ["multiarray", "mem_policy", "mem_overlap", "nditer", "indexing", "shape_base", "item_selection"]
    files += ["numeric", "regression", "array_coercion", "api", "records", "ufunc"]
    chosen = [root / core / "tests" / f"test_{file}.py" for file in files]
    targets = [str(file) for file in chosen if file.exists()] if quick else [str(root)]
    return Suite("numpy", targets, options=["-m", "not slow"])


def matplotlib_suite(quick: bool) -> Suite:
    """Matplotlib's tests with their pictures, against a copy of the installed package."""
    source = sources.unpacked("matplotlib", "lib/matplotlib/tests/baseline_images") / "lib"
    folders = ["matplotlib"] + [f"mpl_toolkits/{part}" for part in ("axes_grid1", "axisartist", "mplot3d")]
    root = sources.overlay("matplotlib", {folder: source / folder / "tests" for folder in folders})
    names = ["agg", "animation", "artist", "figure", "image", "pickle", "pyplot", "png", "subplots", "cycles"]
    names += [
        "collections",
        "colorbar",
        "backend_bases",
        "backend_pdf",
        "backend_svg",
        "bbox_tight",
        "widgets",
    ]
    chosen = [root / "matplotlib" / "tests" / f"test_{name}.py" for name in names]
    whole = [str(root / folder / "tests") for folder in folders]
    targets = [str(file) for file in chosen if file.exists()] if quick else whole
    environment = {"PYTHONPATH": str(root), "MPLBACKEND": "agg"}
    return Suite("matplotlib", targets, environment, ["--import-mode=importlib"])


def opencv_suite(_quick: bool) -> Suite:
    """OpenCV's own Python tests, and its Python samples; what needs its data repository fails both ways."""
    root = sources.unpacked(_opencv(), "opencv/modules/python/test") / "opencv"
    tests = root / "modules" / "python" / "test"
    environment = {"PYTHONPATH": str(tests), "OPENCV_FOLDER": str(root)}
    samples = str(Path(__file__).resolve().parent / "opencv_samples.py")
    return Suite("opencv", [str(tests), samples], environment, ["-p", "opencv_folder"])


def _opencv() -> str:
    """Under which of its names OpenCV is installed."""
    for name in ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless"):
        try:
            return str(distribution(name).metadata["Name"])
        except PackageNotFoundError:
            continue
    raise SystemExit("libraries.py: no opencv-python package is installed")


def pillow_suite(_quick: bool) -> Suite:
    """Pillow's tests with their pictures; those whose program is not there are skipped both ways."""
    root = sources.unpacked("pillow", "Tests/images")
    return Suite("pillow", [str(root / "Tests")])


SUITES = {
    "numpy": numpy_suite,
    "pillow": pillow_suite,
    "opencv": opencv_suite,
    "matplotlib": matplotlib_suite,
}
