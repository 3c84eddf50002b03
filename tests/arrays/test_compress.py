"""What can be compressed, what comes back, what is refused."""

from __future__ import annotations

import copy
import io
import itertools
import pickle
from pathlib import Path

import drypoint as dp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

DTYPES = [
    "?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "c8", "c16",
    "M8[ns]", "M8[D]", "m8[s]", "S5", "U3", ">u2", ">i8", ">f4", ">f8", ">c16", ">M8[us]", ">U2",
]  # fmt: skip


def same_bits(one, other):
    """Not a number and minus zero included."""
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    assert np.ascontiguousarray(one).tobytes() == np.ascontiguousarray(other).tobytes()


@st.composite
def arrays(draw):
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=12))
    count = int(np.prod(shape, dtype=int))
    seed = draw(st.integers(0, 2**31))
    rng = np.random.default_rng(seed)
    # Any bits at all, or few different ones; text has to be text.
    if dtype.kind == "U":
        array = rng.choice(["", "a", "éa", "😀bc"], count).astype(dtype).reshape(shape)
    elif dtype.kind == "b":
        array = rng.integers(0, 2, shape).astype(bool)
    else:
        few = draw(st.booleans())
        bits = rng.integers(0, 3 if few else 256, count * dtype.itemsize, dtype=np.uint8)
        array = bits.view(dtype).reshape(shape)
    turn = draw(st.sampled_from(["as it is", "transposed", "reversed", "every other"]))
    if turn == "transposed":
        return array.T
    if turn == "reversed":
        return array[..., ::-1] if array.ndim else array
    if turn == "every other":
        return array[::2] if array.ndim else array
    return array


@given(arrays(), st.sampled_from(["auto", "plain", "zstd", "lz4"]), st.data())
@settings(max_examples=300, deadline=None)
def test_every_bit_comes_back(array, codec, data):
    chunks = data.draw(st.sampled_from(["auto", "random"]))
    chunks = "auto" if chunks == "auto" else tuple(data.draw(st.integers(1, 13)) for _ in array.shape)
    compressed = dp.compress(array, codec=codec, chunks=chunks)
    assert (compressed.shape, compressed.dtype, compressed.ndim) == (array.shape, array.dtype, array.ndim)
    assert (compressed.size, compressed.nbytes) == (array.size, array.nbytes)
    same_bits(np.asarray(compressed), array)
    same_bits(compressed.read(threads=2), array)
    same_bits(np.asarray(pickle.loads(pickle.dumps(compressed))), array)


def test_large_arrays_with_threads():
    rng = np.random.default_rng(3)
    array = np.cumsum(rng.integers(-3, 4, (3000, 1000)), axis=0, dtype=np.int32)
    for threads in (1, 2, None):
        compressed = dp.compress(array, threads=threads)
        assert compressed.ratio > 2
        out = np.empty_like(array)
        assert compressed.read(out=out, threads=threads) is out
        same_bits(out, array)
    same_bits(np.asarray(dp.compress(np.asfortranarray(array))), array)
    same_bits(np.asarray(dp.compress(array[::-2, ::3])), array[::-2, ::3])


def test_pieces_of_any_length_become_one_array():
    rng = np.random.default_rng(4)
    array = rng.integers(0, 50, (5000, 3))
    for chunks in ("auto", 64, (700, 2)):
        cuts = [0, 0, 1, 2, 700, 701, 2100, 2100, 4999, 5000]
        pieces = (array[low:high] for low, high in itertools.pairwise(cuts))
        compressed = dp.compress(pieces, chunks=chunks)
        assert compressed.shape == array.shape
        same_bits(compressed[...], array)
        compressed[1:3] = 7
        assert (compressed[:4, 0].tolist()[1:3]) == [7, 7]
    lists = dp.compress(iter([[1, 2], [3]]))
    assert lists[...].tolist() == [1, 2, 3]


def test_nothing_of_a_piece_is_held():
    import weakref

    last = None

    def pieces():
        nonlocal last
        for number in range(20):
            assert last is None or last() is None, "the piece before is still there"
            piece = np.full(1000, number)
            last = weakref.ref(piece)
            yield piece
            del piece

    assert dp.compress(pieces()).sum() == sum(range(20)) * 1000


def test_a_list_is_what_numpy_makes_of_it():
    assert dp.compress([[1, 2], [3, 4]]).shape == (2, 2)
    assert dp.compress(3.5)[()] == 3.5
    assert dp.compress(np.float32(3.5)).dtype == "f4"
    assert dp.compress(memoryview(b"abc"))[...].tolist() == [97, 98, 99]


def test_npy_and_mapped_files(tmp_path):
    array = np.arange(3_000_000, dtype="<i4").reshape(1500, 2000)
    for name, saved in {
        "c": array,
        "f": np.asfortranarray(array),
        "zero": np.array(5),
        "none": array[:0],
    }.items():
        path = tmp_path / f"{name}.npy"
        np.save(path, saved)
        same_bits(np.asarray(dp.compress(path)), saved)
        same_bits(np.asarray(dp.compress(str(path), chunks=-1 if saved.ndim else ())), saved)
    mapped = np.load(tmp_path / "c.npy", mmap_mode="r")
    same_bits(np.asarray(dp.compress(mapped)), array)
    same_bits(np.asarray(dp.compress(mapped[100:1400:3, 5:])), array[100:1400:3, 5:])
    same_bits(np.asarray(dp.compress(mapped[::-1])), array[::-1])
    private = np.load(tmp_path / "c.npy", mmap_mode="c")
    private[0] = -1
    assert dp.compress(private)[0, 0] == -1
    written = np.lib.format.open_memmap(tmp_path / "w.npy", "w+", "<i4", (1500, 2000))
    written[...] = 3
    compressed = dp.compress(written)
    assert compressed.min() == compressed.max() == 3


def test_files_that_are_not_what_they_should_be(tmp_path):
    with pytest.raises(dp.SourceNotFound, match=r"missing.npy does not exist"):
        dp.compress(tmp_path / "missing.npy")
    (tmp_path / "a.npy").write_bytes(b"no array at all")
    with pytest.raises(dp.CorruptData, match=r"a.npy is damaged"):
        dp.compress(tmp_path / "a.npy")
    np.save(tmp_path / "b.npy", np.arange(100))
    whole = (tmp_path / "b.npy").read_bytes()
    (tmp_path / "b.npy").write_bytes(whole[:-10])
    with pytest.raises(dp.CorruptData, match=r"b.npy is damaged: its header promises 928 B, there are 918 B"):
        dp.compress(tmp_path / "b.npy")
    np.save(tmp_path / "o.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(dp.UnsupportedData, match="holds Python objects"):
        dp.compress(tmp_path / "o.npy")
    with pytest.raises(dp.UnknownFormat, match=r"expected an \.npy file"):
        dp.compress(tmp_path / "table.csv")


class Foreign:
    """An array that is read by chunks, as zarr-python's and h5py's."""

    def __init__(self, array, chunks):
        self.array, self.chunks, self.largest = array, chunks, 0
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, index):
        part = self.array[index]
        self.largest = max(self.largest, part.nbytes)
        return part


def test_foreign_arrays_are_read_by_their_chunks():
    array = np.arange(400_000, dtype="u4").reshape(1000, 400)
    foreign = Foreign(array, (100, 200))
    compressed = dp.compress(foreign)
    assert compressed.chunks == (100, 200)
    assert foreign.largest == 80_000
    same_bits(compressed[...], array)
    same_bits(dp.compress(Foreign(array, None))[...], array)
    same_bits(dp.compress(Foreign(np.array(3.0), ()))[...], np.array(3.0))


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (np.array([{}]), dp.UnsupportedData, "holds Python objects"),
        (
            np.zeros(3, [("a", "f8"), ("b", "i4")]),
            dp.UnsupportedData,
            r"compress each field alone, such as array\['a'\]",
        ),
        (np.ma.array([1, 2], mask=[0, 1]), dp.UnsupportedData, "is masked"),
        (np.zeros(2, np.longdouble), dp.UnsupportedData, "numbers of up to 64 bits"),
        (np.zeros(2, "V8"), dp.UnsupportedData, "items of"),
        ([[1, 2], [3]], dp.UnsupportedData, "no array can be made of this list"),
        ({"x": [1]}, dp.UnknownFormat, "cannot compress a dict"),
        (object(), dp.UnknownFormat, "cannot compress a object"),
        ("notes.txt", dp.UnknownFormat, "expected an .npy file"),
        (iter([]), dp.EmptyData, "list_iterator yielded nothing"),
        (iter([1.0, 2.0]), dp.UnsupportedData, "item 0 is a single value"),
        (iter([np.zeros(2), np.zeros(2, "i4")]), dp.SchemaMismatch, "item 1 is int32 with rows"),
        (
            iter([np.zeros((2, 3)), np.zeros((2, 4))]),
            dp.SchemaMismatch,
            r"item 1 is float64 with rows of shape \(4,\)",
        ),
        (iter([np.zeros(2), "text"]), dp.UnknownFormat, "item 1 is a str; expected an array"),
        (iter([np.array([{}])]), dp.UnsupportedData, "holds Python objects"),
    ],
)
def test_what_cannot_be_compressed(source, error, message):
    with pytest.raises(error, match=message):
        dp.compress(source)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"codec": "zst"}, "unknown codec 'zst'|unknown codec \"zst\""),
        ({"codec": "zstd:99"}, "has no level"),
        ({"codec": 5}, "codec must be text"),
        ({"chunks": "large"}, "chunks must be 'auto'"),
        ({"chunks": (5, 5)}, r"chunks=\(5, 5\) has 2 axes, the array has 1"),
        ({"chunks": 0}, "chunks must be at least 1"),
        ({"chunks": -2}, "chunks must be at least -1"),
        ({"chunks": 2.5}, "chunks must be 'auto', a whole number or a tuple of them"),
        ({"exact": False}, "exact=False needs max_error"),
        ({"max_error": 0.1}, "max_error=0.1 needs exact=False"),
        ({"exact": False, "max_error": -1}, "finite number above 0"),
        ({"exact": False, "max_error": 0.1}, "max_error is for floating items; int64 is kept exactly"),
        ({"exact": "no"}, "exact must be True or False"),
        ({"threads": 0}, "threads must be at least 1"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(dp.BadArgument, match=message):
        dp.compress(np.arange(10), **options)


def test_numpy_s_protocols():
    array = np.arange(12.0).reshape(3, 4)
    compressed = dp.compress(array)
    same_bits(np.asarray(compressed), array)
    assert np.asarray(compressed, dtype="f4").dtype == "f4"
    assert np.array(compressed, copy=True).shape == (3, 4)
    with pytest.raises(ValueError, match="without a copy"):
        np.array(compressed, copy=False)
    same_bits(np.add(compressed, 1), array + 1)
    same_bits(array * compressed, array * array)
    assert [row.tolist() for row in compressed] == array.tolist()
    assert len(compressed) == 3
    assert [type(item) for item in dp.compress(np.arange(2))] == [np.int64, np.int64]
    for function in (len, iter):
        with pytest.raises(TypeError):
            function(dp.compress(5))
    assert bool(dp.compress([1]))
    with pytest.raises(ValueError, match="truth value of an array of 12 items"):
        bool(compressed)


def test_chunks_come_in_order_and_are_the_caller_s():
    array = np.arange(35).reshape(5, 7)
    compressed = dp.compress(array, chunks=(2, 3))
    seen = np.zeros_like(array)
    places = []
    for index, items in compressed.iter_chunks():
        np.testing.assert_array_equal(items, array[index])
        items[...] = -1
        seen[index] += 1
        places.append(tuple(part.start for part in index))
    assert (seen == 1).all()
    assert places == sorted(places)
    np.testing.assert_array_equal(compressed[...], array)


def test_copies_and_types():
    array = np.arange(10_000)
    compressed = dp.compress(array, chunks=1000)
    for other in (compressed.copy(), copy.copy(compressed), copy.deepcopy(compressed)):
        other[5] = -1
        assert (other[5], compressed[5]) == (-1, 5)
    halves = compressed.astype("f4")
    assert (halves.dtype, halves.chunks) == ("f4", (1000,))
    np.testing.assert_array_equal(halves[...], array.astype("f4"))
    assert dp.compress(np.array([1, 20])).astype("S").dtype == np.array([1, 20]).astype("S").dtype
    with pytest.raises(dp.UnsupportedData):
        compressed.astype(object)


def test_what_it_says_of_itself():
    compressed = dp.compress(np.zeros((1000, 1000)))
    assert "codec='constant'" in repr(compressed)
    assert compressed.nbytes_stored < 1000
    compressed[...] = np.arange(1_000_000).reshape(1000, 1000)
    assert f"codec='{compressed.codec}'" in repr(compressed)
    assert "8.0 MB in" in repr(compressed)
    html = compressed._repr_html_()
    assert "<table" in html
    assert compressed.codec in html
    assert compressed.ratio == pytest.approx(compressed.nbytes / compressed.nbytes_stored)


def test_after_close():
    with dp.compress(np.arange(100_000)) as compressed:
        assert not compressed.closed
    assert compressed.closed
    assert repr(compressed) == "<CompressedArray closed>"
    compressed.close()
    for use in (
        lambda: compressed[0],
        lambda: compressed.shape,
        lambda: compressed.sum(),
        lambda: compressed.__setitem__(0, 1),
        lambda: iter(compressed),
        lambda: pickle.dumps(compressed),
        lambda: np.asarray(compressed),
    ):
        with pytest.raises(dp.ClosedError, match="this CompressedArray is closed"):
            use()


def test_damaged_pickles_are_one_clear_error():
    compressed = dp.compress(np.cumsum(np.random.default_rng(1).integers(-5, 6, 5000)), chunks=1000)
    rebuild, (version, told, chunks) = compressed.__reduce__()
    assert np.array_equal(rebuild(version, told, chunks)[...], compressed[...])
    wrong = [
        (version + 1, told, chunks),
        (version, told, chunks[:-1]),
        (version, told, [(codec, data[:-3]) for codec, data in chunks]),
        (version, told, [(codec, b"") for codec, _ in chunks]),
        (version, told, [("zip", data) for _, data in chunks]),
        (version, {**told, "shape": (-5,)}, chunks),
        (version, {**told, "chunks": (0,)}, chunks),
        (version, {key: value for key, value in told.items() if key != "dtype"}, chunks),
    ]
    for state in wrong:
        with pytest.raises((dp.CorruptData, dp.UnsupportedData)):
            rebuild(*state)


def test_an_old_pickle_opens():
    with open(Path(__file__).parent / "samples" / "version-1.pickle", "rb") as file:
        compressed = pickle.load(file)
    walk = np.round(np.cumsum(np.random.default_rng(5).normal(size=1300)), 2)
    same_bits(compressed[...], np.concatenate([np.zeros(700), walk]).reshape(1000, 2))
    assert compressed.codec == "zstd:3+shuffle"


def test_dlpack_and_interfaces():
    class Lender:
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    array = np.arange(10.0)
    same_bits(np.asarray(dp.compress(Lender(array))), array)
    assert dp.compress(io.BytesIO(b"xyz").getbuffer())[...].tolist() == [120, 121, 122]


def test_zarr_and_back(tmp_path):
    array = np.cumsum(np.random.default_rng(2).integers(-3, 4, (300, 500)), axis=0)
    compressed = dp.compress(array, chunks=(100, 120))
    compressed.to_zarr(tmp_path / "a.zarr", attributes={"unit": "m"})
    again = dp.compress(tmp_path / "a.zarr")
    assert again.chunks == (100, 120)
    same_bits(again[...], array)
    with dp.open_zarr(tmp_path / "a.zarr") as stored:
        same_bits(dp.compress(stored, chunks=70)[...], array)
    dp.write_zarr(tmp_path / "g.zarr", {"one": array})
    with pytest.raises(
        dp.UnsupportedData, match=r"is a group of arrays; expected one, such as group\['one'\]"
    ):
        dp.compress(tmp_path / "g.zarr")
    zarr = pytest.importorskip("zarr")
    same_bits(np.asarray(zarr.open(tmp_path / "a.zarr")[...]), array)
    same_bits(dp.compress(zarr.open(tmp_path / "a.zarr"))[...], array)


@given(
    npst.arrays(
        st.sampled_from(["f2", "f4", "f8", ">f8", "c16"]),
        npst.array_shapes(max_dims=2, max_side=30),
        elements=st.sampled_from([0.1, -0.3, 2.5, 1e3, np.nan, np.inf, -0.0, 7.123456]),
    ),
    st.sampled_from([1e-3, 0.05, 3.0]),
)
@settings(max_examples=100, deadline=None)
def test_what_may_differ_differs_by_no_more(array, max_error):
    compressed = dp.compress(array, exact=False, max_error=max_error)
    assert compressed.max_error == max_error
    found = compressed[...]
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    finite = np.isfinite(array)
    wide = np.complex128 if array.dtype.kind == "c" else float
    assert (np.abs(found[finite].astype(wide) - array[finite].astype(wide)) <= max_error).all()
    np.testing.assert_array_equal(found[~finite], array[~finite])
    compressed[...] = 0.1
    assert (np.abs(compressed[...].astype(wide) - 0.1) <= max_error + 1e-3).all()


def test_a_bound_makes_it_smaller():
    walk = np.cumsum(np.random.default_rng(1).normal(size=500_000))
    exact, rounded = dp.compress(walk), dp.compress(walk, exact=False, max_error=0.01)
    assert rounded.ratio > 4 * exact.ratio
    assert np.abs(rounded[...] - walk).max() <= 0.01
    assert "max_error=0.01" in repr(rounded)
