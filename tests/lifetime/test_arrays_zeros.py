"""Zeros are zeros, whatever was in their memory before and however it came to be theirs."""

from __future__ import annotations

import os

import drypoint as dp
import numpy as np
import pytest
from child import run_child

KB, MB = 1 << 10, 1 << 20

#: Around the smallest pooled size, the sizes that are always cleared or never, and the borders of classes.
EDGES = (64 * KB, 72 * KB, 80 * KB, 128 * KB, MB, MB + MB // 8, 2 * MB, 4 * MB, 10 * MB, 32 * MB, 36 * MB)
SIZES = [edge + by for edge in EDGES for by in (-4097, -1, 0, 1, 4097)]


def soil(size: int) -> None:
    """Blocks of this class, and of its neighbours, idle full of ones."""
    for other in (size - size // 8, size, size + size // 8):
        np.full(other, 255, np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_reused_blocks_are_cleared(size):
    with dp.scope() as scope:
        for _ in range(4):
            soil(size)
            array = np.zeros(size, np.uint8)
            assert not array.any()
            array[:] = 255
            del array
            array = np.zeros((size // 8 + 1, 2), np.float32, order="F")
            assert not array.any()
            del array
        if size >= 64 * KB:
            assert scope.report()["arrays"]["reused"] > 0


@pytest.mark.parametrize("size", [MB + 1, 5 * MB, 31 * MB, 40 * MB])
@pytest.mark.parametrize("touched", [0, 1, 4096, -1, "some", "all"])
def test_blocks_that_were_touched_here_and_there_are_cleared(size, touched):
    with dp.scope():
        for turn in range(24):
            array = np.zeros(size, np.uint8)
            assert not array.any() if turn % 3 else not array[::4096].any() and not array[-4096:].any()
            if touched == "some":
                array[size // 3 : size // 2 : 50_000] = 255
            elif touched == "all":
                array[:] = 255
            else:
                array[touched] = 255


def test_zeros_that_nobody_fills_take_no_memory_and_filled_ones_are_served_from_idle_blocks():
    child = run_child("""
import drypoint as dp, numpy as np
MB = 1 << 20
with dp.scope() as scope:
    kept = [np.zeros(20 * MB, np.uint8) for _ in range(20)]
    def resident():
        return int(open("/proc/self/statm").read().split()[1]) * 4096
    untouched = resident()
    kept.clear()
    before = scope.report()["arrays"]
    for _ in range(64):
        np.zeros(20 * MB, np.uint8)[:] = 1
    after = scope.report()["arrays"]
    result = [untouched, after["reused"] - before["reused"]]
""")
    untouched, reused = child.result
    assert untouched < 200 * MB, "400 MB of zeros"
    assert reused >= 56


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_zeros_in_a_child_of_a_process_with_soiled_blocks():
    child = run_child("""
import os, drypoint as dp, numpy as np
on = dp.manage("300MB")
for size in (70_000, 1_000_000, 20_000_000): np.full(size, 255, np.uint8)
pid = os.fork()
if pid == 0:
    good = all(not np.zeros(size, np.uint8).any() for size in (70_000, 1_000_000, 20_000_000) for _ in range(3))
    os._exit(0 if good else 1)
result = os.waitpid(pid, 0)[1]
""")
    assert child.result == 0


def test_sizes_that_no_memory_has_are_refused_by_numpy_itself():
    with dp.scope(budget="1GB"):
        for shape in ((2**62,), (2**31, 2**31, 2**31), (2**40,), (2**47 + 1,)):
            with pytest.raises((MemoryError, ValueError)):
                np.zeros(shape, np.uint8)
        with pytest.raises((MemoryError, ValueError)):
            np.empty(2**61)
    with dp.scope(), pytest.raises(MemoryError):
        np.empty(2**47, np.uint8)
    assert not np.zeros(0).any() and not np.zeros((0, 5, 1_000_000)).any()


@pytest.mark.parametrize("dtype", ["f8", "c16", "M8[ns]", "S7", "U5", "f2,i8", "O", "V33", "longdouble"])
def test_every_kind_of_zero_is_aligned_and_empty(dtype):
    with dp.scope():
        for count in (10, 9_000, 200_000):
            soil(max(count * np.dtype(dtype).itemsize, 70_000))
            array = np.zeros(count, dtype)
            assert array.ctypes.data % 16 == 0 and array.flags.aligned
            assert (array == np.zeros(1, dtype)[0]).all() and (dtype == "O" or not any(array[-1:].tobytes()))
