"""Looking into an array without copying it: a few thousand elements first, then all of them, a block at a time.

Temporaries stay at a few dozen KiB, below what counts as a large array: the looking must not be seen by what looks. A
page that was never written is not read either, for reading it would make it look used the next time.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

__all__ = [
    "LARGEST_WHOLE",
    "every_block",
    "is_array",
    "is_instance",
    "is_mapped",
    "loaded",
    "owner",
    "plain",
    "positions",
    "resident",
    "sample",
]

#: Elements of a sample, and of a block.
MOST, BLOCK = 4096, 4096
#: Arrays above this are judged by their sample alone.
LARGEST_WHOLE = 64 * 2**20
#: Steps of this part of a turn never fall in step with rows or channels.
GOLDEN = 0.6180339887498949


def loaded(module: str) -> Any:
    """A module if the program has imported it, else None."""
    return sys.modules.get(module)


def is_instance(thing: object, module: str, name: str) -> bool:
    """Whether a thing is of a type of a module, if that is there. ``__class__`` is not asked: proxies answer it."""
    kind = getattr(loaded(module), name, None)
    return isinstance(kind, type) and issubclass(type(thing), kind)


def is_array(thing: object) -> bool:
    """Whether it is a NumPy array."""
    return is_instance(thing, "numpy", "ndarray")


def plain(array: Any) -> Any:
    """The array without what a subclass adds; its data are shared."""
    return loaded("numpy").asarray(array)


def positions(count: int, most: int = MOST) -> list[int]:
    """Where to look in a sequence: both ends, and places between at uneven steps, the same each time."""
    if count <= most:
        return list(range(count))
    step = count / most
    found = [min(int((number + number * GOLDEN % 1.0) * step), count - 1) for number in range(most)]
    found[0], found[-1] = 0, count - 1
    return found


def sample(array: Any) -> Any:
    """Some of an array's elements, as an array of one dimension."""
    return array.flat[positions(array.size)]


def every_block(array: Any, test: Callable[[Any], bool]) -> bool:
    """Whether all blocks pass a test. Of an array larger than `LARGEST_WHOLE` only its sample is asked."""
    if array.nbytes > LARGEST_WHOLE:
        return test(sample(array))
    return all(test(block) for block in blocks(array))


def blocks(array: Any) -> Iterator[Any]:
    """Its elements in pieces, in the order of memory. A piece is gone when the next is there."""
    flags = ["external_loop", "buffered", "zerosize_ok", "refs_ok"]
    yield from loaded("numpy").nditer(array, flags=flags, order="K", buffersize=BLOCK)


def owner(array: Any) -> tuple[Any, int]:
    """What owns an array's memory, at the end of its bases, and the most bytes seen on the way there."""
    found: Any = array
    size = int(array.nbytes)
    for _ in range(32):
        base: Any = found.base if is_array(found) else found.obj if type(found) is memoryview else None
        if base is None:
            break
        if is_array(base) or type(base) is memoryview:
            size = max(size, int(base.nbytes))
        elif type(base) in (bytes, bytearray):
            size = max(size, len(base))
        found = base
    return found, size


def is_mapped(array: Any) -> bool:
    """Whether its bytes are a mapping of a file or of shared memory: the system gives those back by itself."""
    return is_instance(owner(array)[0], "mmap", "mmap")


def resident(array: Any) -> int:
    """Bytes of an array that are in memory: what was made with zeros and never written takes none.

    All of them where the system cannot be asked, and of an array that is not in one piece.
    """
    size = int(array.nbytes)
    flags = array.flags
    if not (flags.c_contiguous or flags.f_contiguous) or not size:
        return size
    import ctypes
    import mmap

    mincore = getattr(ctypes.CDLL(None), "mincore", None) if sys.platform == "linux" else None
    if mincore is None:
        return size
    start = array.__array_interface__["data"][0]
    first = start - start % mmap.PAGESIZE
    pages = -(-(start + size - first) // mmap.PAGESIZE)
    seen = ctypes.create_string_buffer(pages)
    if mincore(ctypes.c_void_p(first), ctypes.c_size_t(pages * mmap.PAGESIZE), seen):
        return size
    there = sum(1 for page in seen.raw if page & 1)
    return min(size, there * mmap.PAGESIZE)
