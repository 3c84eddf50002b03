"""Whose memory an array has, however it came by it: resized, subclassed, viewed, pickled, handed on, structured."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from multiprocessing import shared_memory

import drypoint as dp
import numpy as np
import pytest
from numpy._core.multiarray import get_handler_name

KB, MB = 1 << 10, 1 << 20
EDGE = 64 * KB


@pytest.fixture
def scope():
    """Nothing of a test may live on."""
    with dp.scope("test") as scope:
        yield scope
    gc.collect()
    assert scope.report()["arrays"]["live"] == 0


def live(scope) -> int:
    return scope.report()["arrays"]["live"]


def pattern(size: int) -> np.ndarray:
    return (np.arange(size, dtype=np.uint32) * 2654435761 >> 13).astype(np.uint8)


SIZES = [1, EDGE - 1, EDGE, EDGE + 1, 3 * EDGE, MB, 5 * MB, 5 * MB + 1, 9 * MB, 33 * MB]


@pytest.mark.parametrize("before", SIZES)
def test_resize_keeps_what_fits_and_clears_the_rest(scope, before):
    expected = pattern(max(SIZES))
    for after in SIZES:
        np.full(max(after, EDGE), 255, np.uint8)  # what idles is no zeros
        array = np.empty(before, np.uint8)
        array[:] = expected[:before]
        array.resize(after, refcheck=False)
        kept = min(before, after)
        assert (array[:kept] == expected[:kept]).all() and not array[kept:].any(), (before, after)
        assert array.flags.owndata
        assert live(scope) - expected.nbytes in (after, 0 if after < EDGE else after)
        del array
    del expected


def test_an_array_that_grows_from_nothing_is_counted_when_it_is_large(scope):
    array = np.arange(10.0)
    assert live(scope) == 0
    array.resize(MB, refcheck=False)
    assert live(scope) == array.nbytes and (array[:10] == range(10)).all() and not array[10:].any()
    for size in (9 * MB, 2 * MB, 100, 10, 3 * MB):
        array.resize(size, refcheck=False)
        assert (array[:10] == range(10)).all() and not array[100:].any()
    assert live(scope) == array.nbytes


def test_arrays_from_before_a_manager_may_grow_under_it_and_live_on_after_it():
    small, large = np.arange(100), pattern(3 * MB)
    with dp.manage():
        small.resize(MB, refcheck=False)
        large.resize(8 * MB, refcheck=False)
        inside = pattern(2 * MB)
    assert (small[:100] == range(100)).all() and not small[100:].any()
    assert (large[: 3 * MB] == pattern(3 * MB)).all() and not large[3 * MB :].any()
    for array in (inside, large):
        array.resize(array.size * 2, refcheck=False)
    assert (inside[: 2 * MB] == pattern(2 * MB)).all()


def test_a_shrinking_array_is_never_refused_and_a_growing_one_only_for_the_difference():
    with dp.scope(budget=100 * MB):
        array = np.empty(60 * MB, np.uint8)
        array[::4096] = 7
        array.resize(50 * MB, refcheck=False)
        array.resize(90 * MB, refcheck=False)
        with pytest.raises(MemoryError):
            array.resize(110 * MB, refcheck=False)
        assert array.size == 90 * MB, "a refusal leaves it as it was"
        assert (array[: 50 * MB : 4096] == 7).all() and not array[60 * MB :: 4096].any()
        small = np.arange(10)
        with pytest.raises(MemoryError):
            small.resize(20 * MB // 8, refcheck=False)
        assert (small == range(10)).all()


def test_frombuffer_and_views_own_nothing_and_hold_what_they_look_into(scope):
    over = np.frombuffer(bytes(MB), np.uint8)
    assert live(scope) == 0 and not over.flags.owndata
    array = pattern(4 * MB)
    views = [
        array[::2],
        array.reshape(2, -1).T,
        array.view(np.uint32),
        memoryview(array),
        np.asarray(array)[5:],
    ]
    dies = weakref.ref(array)
    held = live(scope)
    del array
    assert dies() is not None and live(scope) == held
    assert (views[0] == pattern(4 * MB)[::2]).all()
    del views
    assert dies() is None and live(scope) == 0


class Noted(np.ndarray):
    """Allocates where NumPy finishes it, and where it dies."""

    ends = 0

    def __array_finalize__(self, other):
        self.note = np.full(EDGE, 3, np.uint8)

    def __del__(self):
        assert (np.ones(EDGE * 2, np.uint8) + self.note[0] == 4).all()
        Noted.ends += 1


def test_subclasses_may_allocate_in_their_making_and_their_end(scope):
    Noted.ends = 0
    for turn in range(20):
        array = np.zeros(MB, np.uint8).view(Noted)
        other = array + 1
        array.cycle = [array, other]
        other.cycle = array.cycle
        assert (other == 1).all() and (other.note == 3).all(), turn
    del array, other
    gc.collect()
    assert Noted.ends >= 40


def test_a_subclass_in_a_cycle_dies_with_its_callbacks(scope):
    class Plain(np.ndarray):
        pass

    ends: list[int] = []
    for _ in range(10):
        array = np.empty(MB, np.uint8).view(Plain)
        array.me = array
        weakref.finalize(array, lambda: ends.append(np.zeros(EDGE, np.uint8).sum()))
    del array
    gc.collect()
    assert ends == [0] * 10 and live(scope) == 0


def test_state_that_is_set_frees_and_takes_blocks(scope):
    array = pattern(2 * MB)
    other = np.empty(3 * MB, np.uint8)
    other.__setstate__((1, (2 * MB,), np.dtype(np.uint8), False, array.tobytes()))
    assert (other == array).all() and live(scope) >= 2 * MB
    other.__setstate__((1, (1,), np.dtype(np.uint8), False, b"a"))
    assert live(scope) == 2 * MB and other.tobytes() == b"a"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_and_copies_have_blocks_of_their_own(scope, protocol):
    array = pattern(2 * MB).reshape(2, -1)
    for twin in (
        pickle.loads(pickle.dumps(array, protocol)),
        copy.copy(array),
        copy.deepcopy(array),
        copy.deepcopy({"deep": [array]})["deep"][0],
    ):
        assert (twin == array).all() and not np.shares_memory(twin, array)
        twin[:] = 0
    assert (array.ravel() == pattern(2 * MB)).all()


def test_out_of_band_pickles_hand_the_memory_on(scope):
    array = pattern(2 * MB)
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(array, 5, buffer_callback=buffers.append)
    twin = pickle.loads(data, buffers=buffers)
    dies = weakref.ref(array)
    del array, buffers
    assert (twin == pattern(2 * MB)).all() and dies() is not None
    del twin
    assert dies() is None


def test_arrays_over_shared_memory_are_not_ours(scope):
    segment = shared_memory.SharedMemory(create=True, size=2 * MB)
    try:
        array = np.ndarray(2 * MB, np.uint8, buffer=segment.buf)
        array[:] = 9
        assert live(scope) == 0
        twin = array.copy()
        assert live(scope) == 2 * MB and get_handler_name(twin) == "drypoint"
        del array
    finally:
        segment.close()
        segment.unlink()
    assert (twin == 9).all()


def test_structured_and_object_arrays(scope):
    record = np.dtype([("name", "U10"), ("at", "f8", 3), ("any", object)])
    array = np.zeros(50_000, record)
    assert (array["any"] == 0).all() and array.nbytes > EDGE
    array["any"] = [[number] for number in range(50_000)]
    array["name"] = "point"
    array = np.concatenate([array, array[::-1]])
    assert array["any"][-1] == [0] and array["name"][77] == "point"
    objects = np.empty(100_000, object)
    assert all(item is None for item in objects)
    objects[:] = [array, *range(99_999)]
    del array, objects
    gc.collect()


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="strings of any length came with NumPy 2")
def test_strings_of_any_length(scope):
    texts = np.array(["été" * 50] * 5_000, np.dtypes.StringDType())
    assert (texts == "été" * 50).all()


def test_functions_of_many_steps_agree_with_numpy_alone():
    rng = np.random.default_rng(1)
    matrix, line = rng.random((300, 300)), rng.random(200_000)

    def everything() -> list[np.ndarray]:
        results = [
            np.pad(matrix, 50, mode="reflect"),
            np.concatenate([line, line[::-1]]),
            np.linalg.inv(matrix),
            *np.linalg.svd(matrix),
            np.fft.irfft(np.fft.rfft(line)),
            np.sort(line.reshape(400, -1), axis=0),
            np.argsort(line, kind="stable"),
            np.unique(line.round(2), return_counts=True)[1],
            np.einsum("ij,jk->ik", matrix, matrix),
            np.where(matrix > 0.5, matrix, 0.0),
            np.fromiter((float(number) for number in range(100_000)), float),
            np.histogram2d(line[:1000], line[1000:2000], bins=200)[0],
            np.tile(line, 3).cumsum(),
        ]
        for name in ("scipy.ndimage", "scipy.signal", "pandas"):
            results += _other(pytest.importorskip(name), matrix, line)
        return results

    plain = everything()
    with dp.scope(budget="1GB") as scope:
        for _ in range(3):
            for one, other in zip(everything(), plain, strict=True):
                np.testing.assert_array_equal(one, other)
        assert scope.report()["arrays"]["reused"] > 20


def _other(module, matrix: np.ndarray, line: np.ndarray) -> list[np.ndarray]:
    if module.__name__ == "scipy.ndimage":
        return [module.gaussian_filter(matrix, 3), module.zoom(matrix, 2), module.label(matrix > 0.5)[0]]
    if module.__name__ == "scipy.signal":
        return [module.fftconvolve(matrix, matrix), module.medfilt(line[:20_000], 5)]
    frame = module.DataFrame({"key": (line * 50).astype(int), "value": line})
    grouped = frame.groupby("key")["value"].agg(["mean", "sum"]).to_numpy()
    return [
        grouped,
        frame["value"].rolling(7).mean().to_numpy(),
        frame.sort_values("value")["key"].to_numpy(),
    ]
