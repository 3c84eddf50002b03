"""What zarr-python writes, read by Drypoint."""

from __future__ import annotations

import contextlib
import pickle

import drypoint as dp
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import (
    BloscCodec,
    BytesCodec,
    Crc32cCodec,
    GzipCodec,
    ShardingCodec,
    TransposeCodec,
    ZstdCodec,
)

NUMBERS = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16", ">i4", ">f8"]
OTHERS = ["M8[ns]", "M8[D]", "M8[10us]", "m8[s]", "m8", "S1", "S7", "U1", "U5", ">U3"]
GRIDS = [((), ()), ((0,), (3,)), ((17,), (5,)), ((3, 0, 2), (1, 1, 1)), ((7, 9), (3, 9))]

#: Without the warnings that zarr-python gives for what the specification has not settled yet.
pytestmark = [
    pytest.mark.filterwarnings("ignore::zarr.errors.UnstableSpecificationWarning"),
    pytest.mark.filterwarnings("ignore::zarr.errors.ZarrUserWarning"),
]


def values(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Any bits where they are numbers."""
    rng = np.random.default_rng([*dtype.encode(), *shape])
    kind, items = np.dtype(dtype).kind, int(np.prod(shape, dtype=int))
    if kind == "b":
        return np.asarray(rng.integers(0, 2, shape), bool)
    if kind in "SU":
        words = np.array(["", "a", "Zz", "aé🦉bc"] if kind == "U" else [b"", b"a", b"\0b", b"abcdefg\xff"])
        return np.asarray(words[rng.integers(0, 4, shape)], dtype)
    bits = rng.integers(0, 256, items * np.dtype(dtype).itemsize, "u1")
    return bits.view(dtype).reshape(shape)


def same(found: np.ndarray, expected: np.ndarray) -> None:
    """Bit by bit, in this machine's order."""
    found = np.asarray(found)
    assert found.dtype == expected.dtype.newbyteorder("=")
    assert found.shape == expected.shape
    assert found.tobytes() == expected.astype(expected.dtype.newbyteorder("=")).tobytes()


@pytest.mark.parametrize("dtype", NUMBERS + OTHERS)
@pytest.mark.parametrize("shape, chunks", GRIDS)
def test_types_and_shapes(tmp_path, dtype, shape, chunks):
    expected = values(dtype, shape)
    written = zarr.create_array(tmp_path / "a.zarr", shape=shape, chunks=chunks, dtype=dtype)
    written[...] = expected
    with dp.open_zarr(tmp_path / "a.zarr") as found:
        assert (found.shape, found.chunks, found.ndim, found.size) == (
            shape,
            chunks,
            len(shape),
            expected.size,
        )
        assert found.nbytes == expected.nbytes
        assert found.codec == "bytes, zstd"
        same(found, expected)
        same(pickle.loads(pickle.dumps(found))[...], expected)


CODECS = {
    "plain": {"compressors": None},
    "zstd": {"compressors": ZstdCodec(level=7, checksum=True)},
    "gzip": {"compressors": GzipCodec(level=1)},
    "crc32c": {"compressors": Crc32cCodec()},
    "two": {"compressors": [ZstdCodec(), GzipCodec()]},
    "all": {"compressors": [GzipCodec(), ZstdCodec(), Crc32cCodec()]},
    "big": {"serializer": BytesCodec(endian="big"), "compressors": None},
    "turned": {"filters": TransposeCodec(order=(1, 2, 0))},
    "turned plain": {"filters": TransposeCodec(order=(2, 0, 1)), "compressors": None},
    "turned twice": {"filters": [TransposeCodec(order=(1, 2, 0)), TransposeCodec(order=(0, 2, 1))]},
    "shards": {"shards": (4, 6, 4)},
    "index first": {
        "serializer": ShardingCodec(
            chunk_shape=(1, 3, 2), codecs=[BytesCodec(endian="big"), GzipCodec()], index_location="start"
        ),
        "compressors": None,
    },
    "index unchecked": {
        "serializer": ShardingCodec(
            chunk_shape=(1, 3, 2), codecs=[BytesCodec()], index_codecs=[BytesCodec(endian="big")]
        ),
        "compressors": None,
    },
    "turned shards": {
        "filters": TransposeCodec(order=(2, 1, 0)),
        "serializer": ShardingCodec(
            chunk_shape=(2, 3, 1), codecs=[TransposeCodec(order=(1, 0, 2)), BytesCodec(), ZstdCodec()]
        ),
        "compressors": None,
    },
    "shards of shards": {
        "serializer": ShardingCodec(
            chunk_shape=(2, 3, 2),
            codecs=[ShardingCodec(chunk_shape=(1, 3, 1), codecs=[BytesCodec(), Crc32cCodec()])],
        ),
        "compressors": None,
    },
    "zipped shards": {
        "serializer": ShardingCodec(chunk_shape=(1, 3, 2), codecs=[BytesCodec()]),
        "compressors": GzipCodec(),
    },
}


def written(path, codec, dtype="i4", shape=(9, 8, 7)):
    expected = values(dtype, shape)
    options = dict(CODECS[codec])
    chunks = (2, 3, 2)
    if "serializer" in options and isinstance(options["serializer"], ShardingCodec):
        chunks = (2, 6, 4) if codec != "shards of shards" else (4, 6, 4)
    array = zarr.create_array(
        path, shape=shape, chunks=chunks, dtype=dtype, fill_value=expected.flat[0], **options
    )
    # Some chunks are never written.
    expected[4:6, :, 2:] = expected.flat[0]
    array[:4] = expected[:4]
    array[6:] = expected[6:]
    array[4:6, :, :2] = expected[4:6, :, :2]
    return expected


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("dtype", ["i4", "f8", "u1", "U3", "c16"])
def test_codecs(tmp_path, codec, dtype):
    expected = written(tmp_path / "a.zarr", codec, dtype)
    with dp.open_zarr(tmp_path / "a.zarr") as found:
        same(found, expected)
        same(found[3:8:2, ::-1, 5], expected[3:8:2, ::-1, 5])
        same(np.concatenate([row[None] for row in found]), expected)
        assert found.fill_value == expected.flat[0] or dtype == "f8"


@pytest.mark.parametrize("cname", ["lz4", "lz4hc", "zstd", "zlib", "blosclz"])
@pytest.mark.parametrize("shuffle", ["noshuffle", "shuffle", "bitshuffle"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "f8", "c16", "S3"])
def test_blosc(tmp_path, cname, shuffle, dtype):
    rng = np.random.default_rng(3)
    # Runs, repeats and noise; far matches, blocks cut short, items that do not fill a byte of bits.
    steps = np.cumsum(rng.integers(0, 3, 40_000)) % 199
    steps[9_000:19_000] = steps[:10_000]
    expected = np.array([str(step).encode() for step in steps]) if dtype == "S3" else steps
    expected = expected.astype(dtype)
    if dtype == "f8":
        expected[30_000:] = rng.random(10_000)
    codec = BloscCodec(cname=cname, shuffle=shuffle, clevel=9 if cname == "blosclz" else 5)
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(40_000,), chunks=(15_003,), dtype=dtype, compressors=codec
    )
    array[...] = expected
    found = dp.open_zarr(tmp_path / "a.zarr")
    same(found, expected)
    assert found.codec == "bytes, blosc"
    for chunk in sorted((tmp_path / "a.zarr" / "c").iterdir()):
        whole = chunk.read_bytes()
        chunk.write_bytes(whole[:-5])
        with pytest.raises(dp.CorruptData, match=f"c/{chunk.name}"):
            found[...]
        for _ in range(20):
            damaged = bytearray(whole)
            damaged[rng.integers(16, len(whole))] ^= 1 << rng.integers(8)
            chunk.write_bytes(damaged)
            with contextlib.suppress(dp.CorruptData):
                found[...]
        chunk.write_bytes(whole)


parts = st.one_of(
    st.integers(-9, 8),
    st.slices(9),
    st.just(Ellipsis),
    st.none(),
    st.lists(st.integers(-7, 6), max_size=4),
    st.builds(lambda bits: np.array(bits), st.lists(st.booleans(), min_size=7, max_size=9)),
)


@pytest.mark.parametrize("codec", ["zstd", "turned", "turned plain", "shards", "turned shards", "plain"])
def test_indices(tmp_path, codec):
    expected = written(tmp_path / "a.zarr", codec)
    found = dp.open_zarr(tmp_path / "a.zarr")

    @settings(max_examples=60, deadline=None)
    @given(st.lists(parts, max_size=5).map(tuple))
    def check(key):
        try:
            wanted = expected[key]
        except (IndexError, ValueError):
            with pytest.raises((IndexError, ValueError)):
                found[key]
            return
        part = found[key]
        assert type(part) is type(wanted)
        same(part, np.asarray(wanted))

    check()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_grid(tmp_path_factory, data):
    shape = tuple(data.draw(st.lists(st.integers(0, 7), max_size=4)))
    chunks = tuple(data.draw(st.integers(1, 8)) for _ in shape)
    order = data.draw(st.permutations(range(len(shape))))
    expected = values("i2", shape)
    path = tmp_path_factory.mktemp("grid") / "a.zarr"
    encoding = {
        "name": data.draw(st.sampled_from(["default", "v2"])),
        "separator": data.draw(st.sampled_from(["/", "."])),
    }
    array = zarr.create_array(
        path,
        shape=shape,
        chunks=chunks,
        dtype="i2",
        filters=TransposeCodec(order=order),
        chunk_key_encoding=encoding,
    )
    array[...] = expected
    found = dp.open_zarr(path)
    same(found, expected)
    pieced = np.zeros_like(expected)
    for place, items in found.iter_chunks():
        assert all(length <= chunk for length, chunk in zip(items.shape, chunks, strict=True))
        pieced[place] = items
    same(pieced, expected)


FILLS = {
    "?": [True],
    "i8": [-(2**63), 2**63 - 1],
    "u8": [2**64 - 1],
    "f2": [np.nan, -np.inf, 65504.0],
    "f4": [np.nan, np.inf, 0.1],
    "f8": [-np.inf, 5e-324, -0.0, 0.1],
    "c16": [complex(np.nan, -np.inf), 0.1 - 2j],
    "M8[us]": [np.datetime64("NaT"), np.datetime64("2001-02-03T04:05:06.789", "us")],
    "m8[D]": [np.timedelta64(-3, "D")],
    "S4": [b"a\0b", b"\xff"],
    "U3": ["é🦉"],
}


@pytest.mark.parametrize("dtype, fill", [(dtype, fill) for dtype, fills in FILLS.items() for fill in fills])
def test_fill_values(tmp_path, dtype, fill):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(5,), chunks=(2,), dtype=dtype, fill_value=fill)
    found = dp.open_zarr(tmp_path / "a.zarr")
    same(found, array[...])
    assert (
        found.fill_value.tobytes()
        == np.asarray(array.fill_value).astype(np.asarray(found.fill_value).dtype).tobytes()
    )


def test_groups(tmp_path):
    root = zarr.create_group(tmp_path / "g.zarr", attributes={"title": "walk", "missing": float("nan")})
    root.create_array("x", data=np.arange(10.0))
    inner = root.create_group("inner", attributes={"k": 2})
    inner.create_array("y", data=np.arange(6, dtype="u1").reshape(2, 3), dimension_names=["row", None])
    zarr.consolidate_metadata(root.store)
    with dp.open_zarr(tmp_path / "g.zarr") as group:
        assert list(group) == ["inner", "x"] == group.keys()
        assert len(group) == 2
        assert (
            "x" in group and "inner/y" in group and "z" not in group and "x/y" not in group and 3 not in group
        )
        assert group.attrs["title"] == "walk" and np.isnan(group.attrs["missing"])
        assert group["inner"].attrs == {"k": 2}
        same(group["inner/y"][1], np.array([3, 4, 5], "u1"))
        assert group["inner/y"].dimension_names == ("row", None)
        assert group["x"].dimension_names is None
        assert [(name, type(member)) for name, member in group.items()] == [
            ("inner", dp.ZarrGroup),
            ("x", dp.ZarrArray),
        ]
        assert (
            "inner/" in repr(group) and "y: (2, 3) uint8" in repr(group) and "x: (10,) float64" in repr(group)
        )
        assert list(pickle.loads(pickle.dumps(group))) == ["inner", "x"]
        member = dp.open_zarr(tmp_path / "g.zarr" / "inner")["y"]
        assert dp.open_zarr(f"{tmp_path}/g.zarr/inner/y").path == member.path
        with pytest.raises(dp.MissingColumn, match="did you mean 'inner'") as missing:
            group["iner"]
        assert missing.value.nearest == "inner" and missing.value.available == ["inner", "x"]
        with pytest.raises(KeyError, match="is an array"):
            group["x/y"]
        for outside in ("..", "../g.zarr", "", "inner/../x"):
            with pytest.raises(KeyError):
                group[outside]
    with pytest.raises(dp.ClosedError):
        group["x"]
    assert member.shape == (2, 3)


def test_closed(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", data=np.arange(4))
    with dp.open_zarr(tmp_path / "a.zarr") as array:
        assert not array.closed
        assert "shape=(4,) dtype=int64" in repr(array)
        with pytest.raises(ValueError, match="copy"):
            np.asarray(array, copy=False)
        assert np.asarray(array, dtype="f4").dtype == "f4"
    assert array.closed and "closed" in repr(array)
    array.close()
    for use in (lambda: array[0], lambda: array.shape, lambda: len(array), lambda: pickle.dumps(array)):
        with pytest.raises(dp.ClosedError):
            use()
    with pytest.raises(dp.BadArgument):
        dp.ZarrArray(3)
    with pytest.raises(TypeError):
        len(dp.open_zarr(zarr.create_array(tmp_path / "b.zarr", data=np.float32(3)).store.root))
