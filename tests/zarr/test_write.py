"""What Drypoint writes, read by zarr-python and by Drypoint."""

from __future__ import annotations

import json
import os

import drypoint as dp
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from test_read import GRIDS, NUMBERS, OTHERS, same, values

pytestmark = pytest.mark.filterwarnings("ignore::zarr.errors.UnstableSpecificationWarning")


@pytest.mark.parametrize("dtype", NUMBERS + OTHERS)
@pytest.mark.parametrize("shape, chunks", GRIDS)
def test_types_and_shapes(tmp_path, dtype, shape, chunks):
    expected = values(dtype, shape)
    dp.write_zarr(tmp_path / "a.zarr", expected, chunks=chunks)
    theirs = zarr.open_array(tmp_path / "a.zarr", mode="r")
    assert theirs.chunks == chunks
    same(np.asarray(theirs[...], theirs.dtype), expected)
    same(dp.open_zarr(tmp_path / "a.zarr"), expected)


@pytest.mark.parametrize("codec", ["plain", "zstd", "zstd:9", "zstd:-5", "gzip", "gzip:1"])
@pytest.mark.parametrize("shards", [None, (4, 6)])
def test_codecs(tmp_path, codec, shards):
    expected = values("<f8", (9, 11))
    expected[:4] = 2.5
    dp.write_zarr(
        tmp_path / "a.zarr",
        np.asfortranarray(expected),
        chunks=(2, 3),
        shards=shards,
        codec=codec,
        fill_value=2.5,
        dimension_names=["y", None],
        attributes={"unit": "m", "range": [0, 1.5]},
    )
    theirs = zarr.open_array(tmp_path / "a.zarr", mode="r")
    same(theirs[...], expected)
    assert theirs.shards == shards and theirs.fill_value == 2.5
    assert theirs.attrs.asdict() == {"unit": "m", "range": [0, 1.5]}
    assert theirs.metadata.dimension_names == ("y", None)
    ours = dp.open_zarr(tmp_path / "a.zarr")
    same(ours, expected)
    assert (ours.shards, ours.fill_value, ours.attrs["unit"]) == (shards, 2.5, "m")
    # What is fill is not stored.
    assert not (tmp_path / "a.zarr" / "c" / "0").exists()
    assert ours.nbytes_stored < 5 * 11 * 8 + 2000


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_grid(tmp_path_factory, data):
    shape = tuple(data.draw(st.lists(st.integers(0, 7), max_size=3)))
    chunks = tuple(data.draw(st.integers(1, 5)) for _ in shape)
    shards = tuple(chunk * data.draw(st.integers(1, 3)) for chunk in chunks)
    if not data.draw(st.booleans()):
        shards = None
    expected = values("u2", shape)
    path = tmp_path_factory.mktemp("grid") / "a.zarr"
    dp.write_zarr(
        path, expected, chunks=chunks, shards=shards, codec=data.draw(st.sampled_from(["plain", "zstd"]))
    )
    same(dp.open_zarr(path), expected)
    same(zarr.open_array(path, mode="r")[...], expected)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 7), st.booleans())
def test_pieces(tmp_path_factory, lengths, chunk, sharded):
    expected = values("i4", (sum(lengths), 3))
    pieces = (expected[end - length : end] for length, end in zip(lengths, np.cumsum(lengths), strict=True))
    path = tmp_path_factory.mktemp("pieces") / "a.zarr"
    dp.write_zarr(path, pieces, chunks=(chunk, 2), shards=(2 * chunk, 4) if sharded else None)
    same(dp.open_zarr(path), expected)
    same(zarr.open_array(path, mode="r")[...], expected)


def test_sources(tmp_path):
    expected = values("f4", (70, 5))
    dp.write_zarr(tmp_path / "array.zarr", expected, chunks=(16, 5))
    theirs = zarr.create_array(tmp_path / "theirs.zarr", data=expected, chunks=(7, 2))
    compressed = dp.compress(expected, chunks=(13, 5))
    mapped = np.lib.format.open_memmap(tmp_path / "a.npy", "w+", "f4", expected.shape)
    mapped[...] = expected
    for number, source in enumerate(
        [
            dp.open_zarr(tmp_path / "array.zarr"),
            theirs,
            compressed,
            mapped,
            expected[::-1][::-1],
            expected.tolist(),
        ]
    ):
        path = tmp_path / f"{number}.zarr"
        dp.write_zarr(path, source)
        found = dp.open_zarr(path)
        np.testing.assert_array_equal(found[...], expected)
        if number < 3:
            assert found.chunks == source.chunks
    same(dp.compress(dp.open_zarr(tmp_path / "array.zarr"))[...], expected)


def test_groups(tmp_path):
    path = tmp_path / "g.zarr"
    columns = {"x": np.arange(100.0), "deep/y": (np.arange(10) for _ in range(10)), "deep/z": np.float32(3)}
    dp.write_zarr(path, columns, attributes={"k": [1, None, "é"]})
    theirs = zarr.open_group(path, mode="r")
    assert sorted(theirs.keys()) == ["deep", "x"] and theirs.attrs["k"] == [1, None, "é"]
    same(theirs["deep/y"][...], np.tile(np.arange(10), 10))
    ours = dp.open_zarr(path)
    assert ours.keys() == ["deep", "x"] and ours["deep"].keys() == ["y", "z"]
    same(ours["deep/z"], np.float32(3))


def listed(folder):
    return sorted(os.listdir(folder))


def test_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.zarr"

    def pieces(fault):
        yield np.ones((1000, 10))
        assert listed(tmp_path) not in (["a.zarr"], [])
        if fault:
            raise RuntimeError("the source fails")
        yield np.ones((1, 9))

    for fault, error in ((True, RuntimeError), (False, dp.SchemaMismatch)):
        with pytest.raises(error):
            dp.write_zarr(path, pieces(fault), chunks=(100, 10))
        assert listed(tmp_path) == []
        with pytest.raises(error):
            dp.write_zarr(path, {"good": np.ones(3), "bad": pieces(fault)}, chunks=100)
        assert listed(tmp_path) == []
    dp.write_zarr(path, np.ones(3))
    with pytest.raises(dp.OutputError, match="exists already"):
        dp.write_zarr(path, np.zeros(3))
    with pytest.raises(RuntimeError):
        dp.write_zarr(path, pieces(True), chunks=(100, 10), overwrite=True)
    same(dp.open_zarr(path), np.ones(3))
    # An array may take its own place.
    dp.write_zarr(path, dp.open_zarr(path), codec="gzip", overwrite=True)
    assert dp.open_zarr(path).codec == "bytes, gzip"
    assert listed(tmp_path) == ["a.zarr"]
    with pytest.raises(dp.OutputError):
        dp.write_zarr(tmp_path / "no" / "folder.zarr", np.ones(3))
    assert json.loads((path / "zarr.json").read_text())["zarr_format"] == 3


def test_what_cannot_be_written(tmp_path):
    path = tmp_path / "a.zarr"
    ones = np.ones((4, 4))
    for arguments, match in [
        ({"chunks": (3,)}, "chunks"),
        ({"chunks": (0, 3)}, "chunks"),
        ({"chunks": (2, 2), "shards": (3, 2)}, "shards must be multiples"),
        ({"chunks": (2, 2), "shards": 3}, "shards"),
        ({"codec": "zst"}, "did you mean 'zstd'"),
        ({"codec": "zstd:99"}, "from -131072 to 22"),
        ({"codec": "zstd:x"}, "whole number"),
        ({"codec": "plain:1"}, "no level"),
        ({"fill_value": [1, 2]}, "fill_value"),
        ({"fill_value": "x"}, "fill_value"),
        ({"dimension_names": ["a"]}, "dimension_names"),
        ({"dimension_names": "ab"}, "dimension_names"),
        ({"attributes": {"a": float("nan")}}, "JSON"),
        ({"attributes": {"a": ones}}, "JSON"),
        ({"attributes": 3}, "mapping"),
        ({"overwrite": "yes"}, "overwrite"),
        ({"threads": 0}, "threads"),
    ]:
        with pytest.raises(dp.BadArgument, match=match):
            dp.write_zarr(path, ones, **arguments)
    with pytest.raises(dp.BadArgument, match="fill_value"):
        dp.write_zarr(path, np.ones(3, "u1"), fill_value=256)
    for source in (np.array([object()]), np.zeros(3, "i4,f4"), {1, 2}, "text"):
        with pytest.raises((dp.UnsupportedData, dp.UnknownFormat)):
            dp.write_zarr(path, source)
    for source in ({}, iter([])):
        with pytest.raises(dp.EmptyData):
            dp.write_zarr(path, source)
    with pytest.raises(dp.SchemaMismatch):
        dp.write_zarr(path, iter([1, 2]))
    with pytest.raises((dp.UnsupportedData, dp.BadArgument)):
        dp.write_zarr(path, {"../x": ones})
    assert listed(tmp_path) == []
