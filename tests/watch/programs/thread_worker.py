"""A thread draws what the main one asks for, and keeps what it has drawn."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["DONE"]]
# line = ["np.full", "DONE.append"]
# ///

import queue
import sys
import threading

import numpy as np

JOBS = queue.Queue(2)
DONE = []
KEEP = "--fixed" not in sys.argv


def work():
    while (number := JOBS.get()) is not None:
        picture = np.full((500, 700), number % 256, np.uint8)
        print(number, picture.max())
        if KEEP:
            DONE.append(picture)


if __name__ == "__main__":
    worker = threading.Thread(target=work)
    worker.start()
    for number in range(int(next((w for w in sys.argv[1:] if w.isdigit()), 40))):
        JOBS.put(number)
    JOBS.put(None)
    worker.join()
