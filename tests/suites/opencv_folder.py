"""A pytest plugin that tells OpenCV's tests where their sample pictures are, as their own start script does."""

from __future__ import annotations

import os


def pytest_configure() -> None:
    """Set the folder on the class which all those tests derive from."""
    from tests_common import NewOpenCVTests

    NewOpenCVTests.repoPath = os.environ["OPENCV_FOLDER"]
