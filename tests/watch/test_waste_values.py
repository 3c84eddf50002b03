"""What is said of arrays, against slow twins that try every smaller type on every value."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from drypoint._watch import waste
from hypothesis import given, settings
from hypothesis import strategies as st

SIDE = 128  # of square arrays: 16,384 values, 128 KiB as float64
INTEGERS = ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32")


def naive_integers(array):
    """Bytes of the smallest type of integers that gives back every value, or None."""
    with np.errstate(all="ignore"):
        fitting = [
            np.dtype(name).itemsize
            for name in INTEGERS
            if np.array_equal(array.astype(name).astype(array.dtype), array)
        ]
    return min(fitting, default=None)


def naive_scaled(array):
    """Bytes of whole numbers that give every value when they are divided, or None."""
    for factor, lowest, dtype in (
        (255, 0, "uint8"),
        (256, 0, "uint8"),
        (127.5, -1, "uint8"),
        (65535, 0, "uint16"),
    ):
        steps = np.round((array - lowest) * factor)
        if not (steps.min() >= 0 and steps.max() <= np.iinfo(dtype).max and array.max() <= 1):  # or NaN
            continue
        if np.abs(steps.astype(dtype) / factor + lowest - array).max() < 1e-6:
            return np.dtype(dtype).itemsize
    return None


def naive_float32(array):
    """4 if float32 gives back every value, or None."""
    with np.errstate(over="ignore"):
        return 4 if np.array_equal(array.astype("f4").astype("f8"), array, equal_nan=True) else None


@st.composite
def squares(draw):
    """Arrays that fit a smaller type, nearly fit one, or fit none."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    low = draw(st.sampled_from([0, 0, -1, -128, -40_000]))
    high = draw(st.sampled_from([1, 2, 127, 255, 256, 300, 65_535, 65_536, 2**31 - 1, 2**40]))
    values = rng.integers(low, high, (SIDE, SIDE), endpoint=True)
    array = values.astype(draw(st.sampled_from(["float64", "int64", "uint64"])) if low == 0 else "float64")
    array.flat[0], array.flat[-1] = low, high
    if array.dtype == np.float64:
        array = array / draw(st.sampled_from([1, 1, 255, 256, 127.5, 65_535, 1000])) + draw(
            st.sampled_from([0, 0, 0, -1])
        )
    spoiled = draw(st.sampled_from([None, None, -7.25, np.nan, 1e300]))
    if spoiled is not None and array.dtype == np.float64:
        array.flat[draw(st.integers(0, array.size - 1))] = spoiled
    return array if draw(st.booleans()) else array.T[::-1]


@settings(max_examples=150, deadline=None)
@given(squares())
def test_smaller_types_agree_with_trying_them_all(array):
    before = array.copy()
    found = waste.find(array)
    assert np.array_equal(array, before, equal_nan=True)
    fitting = [naive_integers(array)]
    if array.dtype.kind == "f":
        fitting += [naive_scaled(array), naive_float32(array)]
    fitting = [size for size in fitting if size]
    if min(fitting, default=8) == 8:
        assert found is None or found.sure == 0.5  # a picture, by its looks
    else:
        assert found.kind == "dtype" and found.bytes == array.nbytes
        assert found.needed == array.size * min(fitting)


def picture(dtype="uint8", shape=(90, 160, 3)):
    rng = np.random.default_rng(3)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def test_pixels_divided_by_255_are_known_also_after_float32():
    for array in (
        picture() / 255.0,
        picture() / 255,
        (picture() / np.float32(255)).astype(float),
        picture() * (1 / 255),
    ):
        found = waste.find(array)
        assert found.kind == "dtype" and found.what == "float64 array of 90×160×3"
        assert (found.bytes, found.needed) == (90 * 160 * 3 * 8, 90 * 160 * 3)
        assert found.why == "its values are whole numbers 0..255 divided by 255: uint8 holds them"
        assert "uint8" in found.fix and found.sure > 0.9


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (picture() / 256, "divided by 256: uint8"),
        (picture() / 127.5 - 1, "divided by 127.5 less 1: uint8"),
        (picture("uint16") / 65535, "divided by 65535: uint16"),
        (picture().astype(float), "whole numbers 0..255: uint8"),
        ((picture() > 99).astype(float), "only 0 and 1: bool"),
        (picture().astype("int64") - 128, "-128..127: int8"),
        (picture("uint16").astype("int64"), "0..65535: uint16"),
        (np.random.default_rng(0).normal(size=20_000).astype("f4").astype("f8"), "float32"),
        (np.random.default_rng(0).normal(size=20_000) + 0j, "imaginary parts are all zero: float64"),
        (np.full((100, 100, 3), 7, np.uint8) / 255.0, "divided by 255: uint8"),
    ],
)
def test_each_form_is_named(array, word):
    assert word in waste.find(array).why


def test_values_beside_the_steps_are_no_pixels():
    beside = np.random.default_rng(0).uniform(0.01, 0.05, 90 * 160 * 3)
    assert waste.find((picture().reshape(-1) + beside) / 256) is None
    assert waste.find((picture().reshape(-1) + beside) / 255.1) is None


def test_an_axis_is_hardly_a_waste():
    rng = np.random.default_rng(0)
    for axis in (
        np.arange(50_000),
        np.arange(50_000.0),
        np.linspace(0, 1, 65_536),
        np.arange(90_000)[::-1],
    ):
        assert waste.find(axis).sure < 0.5 < waste.find(rng.permutation(axis)).sure


def test_noise_in_the_range_of_a_picture_is_a_guess():
    rng = np.random.default_rng(0)
    for shape in ((100, 120), (100, 120, 3), (100, 120, 4), (5, 40, 50, 3)):
        found = waste.find(rng.random(shape))
        assert found.sure == 0.5 and found.needed * 2 == found.bytes and "picture" in found.why
    assert waste.find(rng.random(20_000)) is None and waste.find(rng.random((20_000, 2))) is None


@pytest.mark.parametrize(
    "array",
    [
        np.full((100, 100), 7.0),  # any fill fits a byte
        np.full((100, 100), 5),
        np.full((100, 100), 0.123456),
        np.full((100, 100), np.nan),
        np.random.default_rng(0).normal(size=(100, 100)),
        picture(),  # small as it is
        np.random.default_rng(0).random((60, 60), np.float32),
        np.arange(8000.0),  # below 64 KiB
        np.broadcast_to(np.arange(10.0), (5000, 10)),  # takes 80 bytes
        np.zeros(20_000, "datetime64[s]"),
        np.array([b"abc", b"de"] * 20_000),
        np.array(3.0),
        np.array([]),
        np.zeros((0, 70_000)),
        np.ma.masked_array(np.random.default_rng(0).normal(size=10_000), mask=np.arange(10_000) % 2),
    ],
    ids=lambda array: f"{type(array).__name__}-{array.dtype}-{array.shape}",
)
def test_nothing_is_said_of(array):
    assert waste.find(array) is None


def test_files_are_left_alone(tmp_path):
    np.arange(100_000).tofile(tmp_path / "numbers")
    mapped = np.memmap(tmp_path / "numbers", np.int64)
    assert (
        waste.find(mapped) is None
        and waste.find(np.asarray(mapped)) is None
        and waste.find(mapped[:10]) is None
    )
    assert waste.find(np.arange(100_000)).needed == 400_000


def test_nearly_all_zero_is_told_with_what_a_sparse_array_needs():
    matrix = np.random.default_rng(0).random((500, 600))
    matrix[np.random.default_rng(1).random(matrix.shape) > 0.01] = 0.0
    found = waste.find(matrix)
    assert found.kind == "zeros" and found.bytes == matrix.nbytes
    assert found.needed == np.count_nonzero(matrix) * 16 and "99.0% of its values are zero" in found.why
    matrix[:60] = 0.3  # over five of a hundred
    assert waste.find(matrix).kind != "zeros"


def test_zeros_are_sure_where_few_are_none_and_nothing_is_shown():
    layer = np.zeros((1200, 1500), np.float32)
    layer[:] = 0.0
    layer[:, 7] = 1.5
    assert waste.find(layer).sure == 0.75
    layer[:, :30] = 1.5
    assert waste.find(layer).sure == 0.6  # 98 of 100: a working buffer may look so
    black = np.zeros((1200, 1500, 3), np.uint8)
    black[:] = 0
    black[7] = 200
    assert waste.find(black).sure == 0.6  # a picture may be black


def test_zeros_that_were_written_count_and_those_never_written_do_not():
    written = np.ones(2**20)
    written[:] = 0.0
    assert (waste.find(written).kind, waste.find(written).needed) == ("zeros", 0)
    fresh = np.zeros(2**24)
    fresh[:1000] = 1.5
    for _ in range(2):  # the first look must not make it look used
        assert waste.find(fresh) is None


def test_zeros_in_one_block_do_not_speak_for_the_rest():
    array = np.zeros((2000, 1000), np.float32)
    array[:] = 0.0
    array[1000:1200] = np.random.default_rng(0).random((200, 1000), np.float32)
    assert waste.find(array) is None


class TestViews:
    def test_a_small_view_of_a_large_array(self):
        frame = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), np.uint8)
        crop = frame[340:372, 600:632]
        used = waste.find(crop)
        del frame
        found = waste.find(crop)
        assert (found.kind, found.bytes, found.needed) == ("view", 720 * 1280 * 3, 32 * 32 * 3)
        assert "720×1280×3" in found.why and "1/900" in found.why and "copy()" in found.fix
        assert used.sure < found.sure

    def test_a_view_of_a_view_and_of_bytes(self):
        assert waste.find(np.arange(100_000)[::2][5:50]).bytes == 800_000
        assert waste.find(np.frombuffer(bytes(100_000), np.uint8)[5:50]).bytes == 100_000
        assert waste.find(np.frombuffer(memoryview(bytes(100_000))[10:20], np.uint8)).bytes == 100_000

    def test_large_parts_small_bases_and_copies_are_no_waste(self):
        noise = np.random.default_rng(0).normal(size=(300, 400))
        assert waste.find(noise[:40]) is None
        assert waste.find(noise.reshape(-1)) is None
        assert waste.find(np.arange(1000)[:3]) is None
        assert waste.find(noise[:3].copy()) is None


def test_looking_takes_no_memory_to_speak_of():
    arrays = [picture(shape=(900, 1600, 3)) / 255.0, np.random.default_rng(0).normal(size=4_000_000) + 0j]
    tracemalloc.start()
    try:
        found = [waste.find(array) for array in arrays]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert all(found) and peak < 600_000


def test_large_arrays_are_judged_by_their_sample():
    array = np.random.default_rng(0).integers(0, 200, 9_000_000) / 255.0
    assert waste.find(array).needed == array.size


def test_no_library_is_imported():
    code = (
        "import sys; from drypoint._watch import waste; found = waste.find([0.5 + k for k in range(20_000)]);"
    )
    code += "assert found.kind == 'boxed' and waste.duplicates([[1], found]) == [];"
    code += "print({'numpy', 'pandas', 'matplotlib', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_things_that_answer_with_errors_are_no_finding():
    class Angry(list):
        def __len__(self):
            raise OSError("no")

        __iter__ = __getattribute__ = __len__

    class Array(np.ndarray):
        def __array_finalize__(self, other):
            raise OSError("no")

    assert waste.find(Angry()) is None
    angry = object.__new__(type("Proxy", (), {"__class__": property(lambda self: 1 / 0)}))
    assert waste.find(angry) is None
    broken = np.ndarray.__new__(np.ndarray, 100_000)
    assert waste.duplicates([angry, None, broken]) == []
    assert waste.find(Array) is None


class TestDuplicates:
    def test_copies_are_grouped_and_views_are_not(self):
        one = np.random.default_rng(0).random((100, 200))
        other = one + 1
        found = waste.duplicates(
            [one, other, one.copy(), one[:], one.reshape(-1).copy(), other.copy(), np.asfortranarray(one)]
        )
        assert [len(group) for group, _ in found] == [3, 2]
        assert found[0][0][0] is one and found[0][1] == 2 * one.nbytes

    def test_one_byte_that_no_sample_sees(self):
        one = np.random.default_rng(0).integers(0, 255, 3_000_000, np.uint8)
        for place in (1_000_003, 2_345_678):
            other = one.copy()
            other[place] ^= 1
            assert waste.duplicates([one, other]) == []
        assert len(waste.duplicates([one, one.copy()])) == 1

    def test_constants_types_and_small_arrays_are_passed_over(self):
        zero = np.zeros(100_000)
        numbers = np.arange(100_000)
        assert waste.duplicates([zero, zero.copy(), numbers, numbers.astype(float), "text", None]) == []
        assert waste.duplicates([numbers[:100].copy(), numbers[:100].copy()]) == []


class TestGrowing:
    @given(st.lists(st.integers(1, 1000), min_size=5, max_size=50))
    def test_sums_of_what_is_added_rise(self, added):
        assert waste.growing(np.cumsum(added).tolist())

    @given(st.integers(1, 10**9), st.integers(0, 50))
    def test_equal_sizes_do_not(self, size, count):
        assert not waste.growing([size] * count)

    @given(st.lists(st.integers(1, 1000), min_size=5, max_size=50))
    def test_falling_sizes_do_not(self, added):
        assert not waste.growing(np.cumsum(added).tolist()[::-1])

    def test_rows_that_begin_anew_and_noise(self):
        assert waste.growing([100 * k for k in range(1, 9)] * 5)
        assert not waste.growing(np.random.default_rng(0).integers(1, 1000, 60).tolist())
        assert not waste.growing([1, 2, 3])
        assert not waste.growing([100, 200, 100, 200, 100, 200, 100, 200])
