"""Memory of the C library that is never freed."""
# /// case
# kind = "native"
# verdict = ["native"]
# names = [["malloc.py"]]
# line = ["memset", "LIBC.malloc(", "time.sleep", "return address"]
# ///

import ctypes
import time

LIBC = ctypes.CDLL(None)
LIBC.malloc.restype = ctypes.c_void_p
LIBC.malloc.argtypes = [ctypes.c_size_t]
LIBC.free.argtypes = [ctypes.c_void_p]


def picture(size):
    address = LIBC.malloc(size)
    ctypes.memset(address, 1, size)
    time.sleep(0.02)
    return address


def step(i):
    picture(1_500_000)


def step_fixed(i):
    LIBC.free(picture(1_500_000))


if __name__ == "__main__":
    from _run import main

    main(globals())
