"""OpenCV's sample programs as tests: each runs to its end or to its fiftieth picture, with nobody at the keyboard.

What it shows, writes and prints goes into a digest that the journal keeps as part of the outcome, so that another picture
with Drypoint is a difference, not only a program that fails. Windows are replaced, and every wait returns a key that ends
most loops. What needs a camera, a model from the network or an argument fails, both ways.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import random
import re
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

SAMPLES = Path(os.environ["OPENCV_FOLDER"]) / "samples"
SHOWN = 50
SECONDS = 300
#: They start the others, or look at their text.
LEFT_OUT = ("demo.py", "_coverage.py", "_doc.py")
PROGRAMS = sorted(path for path in (SAMPLES / "python").rglob("*.py") if path.name not in LEFT_OUT)


class Enough(SystemExit):
    """The program has shown what it can."""


class Screen:
    """Windows that nobody sees: pictures go into a digest."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.shown = self.waits = 0

    def show(self, _window: str, picture: Any) -> None:
        """In place of ``cv2.imshow``."""
        array = picture.get() if isinstance(picture, cv2.UMat) else np.asarray(picture)
        self.digest.update(
            repr((array.shape, array.dtype.str)).encode() + np.ascontiguousarray(array).tobytes()
        )
        self.shown += 1
        if self.shown >= SHOWN:
            raise Enough

    def wait(self, _milliseconds: int = 0) -> int:
        """In place of ``cv2.waitKey``: escape, then q, then space, and over again."""
        self.waits += 1
        if self.waits > 10 * SHOWN:
            raise Enough
        return (27, ord("q"), ord(" "))[self.waits % 3]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Screen:
    """The windows replaced, the random numbers seeded, and an empty folder to work in."""
    screen = Screen()
    quiet = ["namedWindow", "destroyAllWindows", "destroyWindow", "setMouseCallback", "createTrackbar"]
    quiet += ["moveWindow", "resizeWindow", "setWindowProperty", "setWindowTitle", "setTrackbarPos"]
    for name in quiet:
        monkeypatch.setattr(cv2, name, lambda *args, **kwargs: None)
    monkeypatch.setattr(cv2, "imshow", screen.show)
    for name in ("waitKey", "waitKeyEx", "pollKey"):
        monkeypatch.setattr(cv2, name, screen.wait)
    monkeypatch.setattr(cv2, "getTrackbarPos", lambda *args: 3)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda *args: 1.0)
    monkeypatch.setattr(cv2, "selectROI", lambda *args, **kwargs: (10, 10, 50, 50))
    monkeypatch.setenv("OPENCV_SAMPLES_DATA_PATH", str(SAMPLES / "data"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n" * 20))
    cv2.samples.addSamplesDataSearchPath(str(SAMPLES / "data"))
    cv2.setRNGSeed(1)
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    return screen


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: str(path.relative_to(SAMPLES / "python")))
def test_sample(
    program: Path, screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    """It runs, and shows what it shows."""
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setattr(sys, "path", [str(program.parent), str(SAMPLES / "python"), *sys.path])
    modules = set(sys.modules)
    printed = io.StringIO()

    def too_long(*_: Any) -> None:
        raise TimeoutError(f"longer than {SECONDS} seconds")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS)
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(str(program), run_name="__main__")
    except SystemExit as end:
        if not isinstance(end, Enough) and end.code not in (0, None):
            raise AssertionError(f"ended with {end.code}") from end
    finally:
        signal.alarm(0)
        for name in set(sys.modules) - modules:
            if str(SAMPLES) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
    for written in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        screen.digest.update(written.name.encode() + written.read_bytes())
    told = re.sub(
        r"0x[0-9a-f]+|\d+\.\d+(e-?\d+)?", "", printed.getvalue()
    )  # addresses, and times that it took
    screen.digest.update(told.encode())
    record_property("digest", f"{screen.shown} shown, {screen.digest.hexdigest()[:12]}")
