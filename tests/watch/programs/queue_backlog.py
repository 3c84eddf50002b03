"""A queue that gets two frames a turn and gives one."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["JOBS"]]
# line = ["np.zeros", "JOBS.put"]
# ///

import queue

import numpy as np

JOBS = queue.Queue()


def produce(i):
    frame = np.zeros((480, 640), np.uint8)
    frame[i % 480] = 255
    JOBS.put(frame)


def step(i):
    produce(i)
    produce(i + 1)
    JOBS.get().sum()


def step_fixed(i):
    produce(i)
    produce(i + 1)
    JOBS.get().sum()
    JOBS.get().sum()


if __name__ == "__main__":
    from _run import main

    main(globals())
