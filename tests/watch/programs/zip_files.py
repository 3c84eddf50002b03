"""Archives that are opened for one picture and left open."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["ZipFile"], ["opened"], ["close"]]
# line = ["zipfile.ZipFile(path)"]
# ///

import tempfile
import zipfile
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory()
path = Path(FOLDER.name) / "pictures.zip"
opened = []


def setup(fixed):
    with zipfile.ZipFile(path, "w") as archive:
        for name in range(5):
            archive.writestr(f"{name}.txt", "picture")


def first(i):
    archive = zipfile.ZipFile(path)
    opened.append(archive)
    return archive.read(f"{i % 5}.txt")


def step(i):
    first(i)


def step_fixed(i):
    first(i)
    opened.pop().close()


if __name__ == "__main__":
    from _run import main

    main(globals())
