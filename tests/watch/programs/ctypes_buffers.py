"""Buffers for a call into C, kept after the call."""
# /// case
# kind = "leak"
# verdict = ["leak"]
# names = [["SENT"]]
# line = ["create_string_buffer", "SENT.append"]
# ///

import ctypes
import time

SENT = []


def send(i):
    time.sleep(0.02)
    buffer = ctypes.create_string_buffer(500_000)
    ctypes.memset(buffer, i % 256, 500_000)
    SENT.append(buffer)
    return buffer.raw[-1]


def step(i):
    send(i)


def step_fixed(i):
    send(i)
    SENT.pop()


if __name__ == "__main__":
    from _run import main

    main(globals())
