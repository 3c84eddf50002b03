"""Blocks of shared memory that are closed, and whose names are given back at the end only."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["SharedMemory", "shared memory"], ["unlink"]]
# line = ["SharedMemory("]
# ///

from multiprocessing.shared_memory import SharedMemory

names = []


def publish(i):
    block = SharedMemory(create=True, size=200_000)
    block.buf[:100] = bytes([i % 256]) * 100
    block.close()
    names.append(block.name)


def forget():
    while names:
        block = SharedMemory(names.pop())
        block.close()
        block.unlink()


def step(i):
    publish(i)


def step_fixed(i):
    publish(i)
    forget()


cleanup = forget


if __name__ == "__main__":
    from _run import main

    main(globals())
