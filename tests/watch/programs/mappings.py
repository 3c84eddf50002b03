"""A mapping for each tile of a picture on disk."""
# /// case
# kind = "handle"
# verdict = ["handle"]
# names = [["mmap"], ["tiles"], ["close"]]
# line = ["mmap.mmap("]
# ///

import mmap
import tempfile

FILE = tempfile.TemporaryFile()
FILE.write(bytes(4 << 20))
FILE.flush()
tiles = {}


def tile(i):
    tiles[i] = mmap.mmap(FILE.fileno(), 1 << 16, offset=(i % 60) << 16)
    return tiles[i][0]


def step(i):
    tile(i)


def step_fixed(i):
    tile(i)
    tiles.pop(i).close()


if __name__ == "__main__":
    from _run import main

    main(globals())
