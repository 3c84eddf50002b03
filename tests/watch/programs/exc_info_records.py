"""A log handler that keeps the last records, and with exc_info the frames of what failed."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["records", "MEMORY", "LogRecord", "Keeper"], ["traceback", "exc_info"]]
# line = ["np.ones"]
# ///

import logging

import numpy as np


class Keeper(logging.Handler):
    def __init__(self):
        super().__init__()
        self.records = []

    def emit(self, record):
        self.records.append(record)


MEMORY = Keeper()
log = logging.getLogger("pictures")
log.addHandler(MEMORY)
log.propagate = False


def decode(i):
    pixels = np.ones((400, 500, 3), np.float32)
    return pixels.reshape(-1, 7 + i % 2 * 4)


def step(i):
    try:
        decode(i)
    except ValueError:
        log.error("picture %d is broken", i, exc_info=True)


def step_fixed(i):
    try:
        decode(i)
    except ValueError as error:
        log.error("picture %d is broken: %s", i, str(error))


if __name__ == "__main__":
    from _run import main

    main(globals())
