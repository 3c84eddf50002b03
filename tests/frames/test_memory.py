"""Ten times the frames take no more memory."""

import pytest
from memory.child import MB, run_child

READ = """
import numpy as np, drypoint as dp, tempfile, os
folder = tempfile.mkdtemp()
def made(count):
    for number in range(count):
        frame = np.zeros((240, 320, 3), "u1")
        frame[number % 240] = number % 256
        yield frame
path = dp.write_frames(os.path.join(folder, "a{suffix}"), made({count}))
total = sum(int(frame[0, 0, 0]) for frame in dp.frames(path))
result = len(dp.frames(path))
import shutil
shutil.rmtree(folder)
"""


@pytest.mark.parametrize(("suffix", "few", "many"), [(".mp4", 40, 400), (".gif", 15, 120), ("", 15, 120)])
def test_memory_does_not_grow_with_the_frames(suffix, few, many):
    peaks = []
    for count in (few, many):
        child = run_child(READ.format(suffix=suffix, count=count))
        assert child.result == count
        peaks.append(child.peak_resident)
    # A frame has 0.23 MB, those of the longer film have 20 MB and more.
    assert peaks[1] < peaks[0] + 8 * MB, [peak / MB for peak in peaks]
