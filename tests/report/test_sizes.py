"""Bytes that an object has beside its own, each against what is known to be there."""

import array
import io
import mmap
from multiprocessing import shared_memory

import drypoint as dp
import numpy as np
import pytest

MB = 1_000_000
#: What goes with an object beside its data.
SMALL = 20_000


def canvas():
    pytest.importorskip("matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = FigureCanvasAgg(Figure((5, 5), dpi=100))
    made.draw()
    return made.get_renderer()


def image(mode):
    return pytest.importorskip("PIL.Image").new(mode, (1000, 1000))


def written():
    file = io.BytesIO()
    file.write(bytes(3 * MB))
    return file


HELD = {
    "bytearray": (lambda: bytearray(3 * MB), 3 * MB),
    "array.array": (lambda: array.array("d", bytes(8 * MB)), 8 * MB),
    "io.BytesIO": (written, 3 * MB),
    "memoryview": (lambda: memoryview(bytearray(3 * MB))[5:], 3 * MB),
    "mmap": (lambda: mmap.mmap(-1, 3 * MB), 3 * MB),
    "array over a mapping": (lambda: np.frombuffer(mmap.mmap(-1, 3 * MB), np.uint8), 3 * MB),
    "renderer of Agg": (canvas, 500 * 500 * 4),
    "RGB image": (lambda: image("RGB"), 4 * MB),
    "grey image": (lambda: image("L"), MB),
}


@pytest.mark.parametrize("name", HELD)
def test_bytes_of_buffers(name):
    make, expected = HELD[name]
    thing = make()
    assert expected <= dp.snapshot().retained(thing) < expected * 1.2 + SMALL


def test_shared_memory_counts_while_it_is_open():
    shared = shared_memory.SharedMemory(create=True, size=3 * MB)
    try:
        assert 3 * MB <= dp.snapshot().retained(shared) < 3 * MB + SMALL
    finally:
        shared.close()
        shared.unlink()
    assert dp.snapshot().retained(shared) < SMALL


def test_a_map_of_a_file_counts_with_its_array(tmp_path):
    np.ones(MB).tofile(tmp_path / "values")
    mapped = np.memmap(tmp_path / "values", mode="r")
    assert 8 * MB <= dp.snapshot().retained(mapped) < 8 * MB + SMALL


def test_a_capture_is_not_guessed_at():
    """What a decoder keeps depends on the file and the threads: no number is better than a wrong one."""
    cv2 = pytest.importorskip("cv2")
    capture = cv2.VideoCapture()
    assert dp.snapshot().retained(capture) < 1000
