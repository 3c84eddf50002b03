"""A worker thread that gathers its scratch arrays in thread-local data and never drops them."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["thread", "scratch", "LOCAL"]]
# line = ["np.empty", "LOCAL.scratch"]
# ///

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

LOCAL = threading.local()
WORKERS = ThreadPoolExecutor(1)


def blur(number, keep):
    scratch = np.empty((700, 700), np.float32)
    scratch[:] = number
    if keep:
        LOCAL.scratch = [*getattr(LOCAL, "scratch", []), scratch]
    return float(scratch.sum())


def step(i):
    WORKERS.submit(blur, i, True).result()


def step_fixed(i):
    WORKERS.submit(blur, i, False).result()


def cleanup():
    WORKERS.submit(int).result()


if __name__ == "__main__":
    from _run import main

    main(globals())
