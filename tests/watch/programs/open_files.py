"""A log file for each job, none of them closed."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["open"], ["logs", "Logger"], ["close"]]
# line = ["path.open("]
# ///

import shutil
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp())


class Logger:
    def __init__(self):
        self.logs = []

    def job(self, number):
        path = FOLDER / f"{number}.log"
        file = path.open("w")
        file.write("started\n")
        self.logs.append(file)
        return file


LOGGER = Logger()


def step(i):
    LOGGER.job(i)


def step_fixed(i):
    LOGGER.job(i).close()


def cleanup():
    for file in LOGGER.logs:
        if not file.closed:
            file.flush()
    shutil.rmtree(FOLDER)


if __name__ == "__main__":
    from _run import main

    main(globals())
