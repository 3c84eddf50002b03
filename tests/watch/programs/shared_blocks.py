"""Blocks of shared memory that are taken out of the system's list at once, and never closed here."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["SharedMemory"], ["close"]]
# line = ["SharedMemory("]
# ///

from multiprocessing.shared_memory import SharedMemory

blocks = []


def publish(i):
    block = SharedMemory(create=True, size=200_000)
    block.buf[:100] = bytes([i % 256]) * 100
    blocks.append(block)
    block.unlink()
    return block


def step(i):
    publish(i)


def step_fixed(i):
    publish(i).close()


if __name__ == "__main__":
    from _run import main

    main(globals())
