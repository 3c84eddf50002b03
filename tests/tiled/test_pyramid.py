"""Pyramids: each tile is its part of its level's picture; PMTiles is read by a reader written after its specification."""

from __future__ import annotations

import json
import struct

import drypoint as dp
import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.normal(0.3, 0.02, 40_000), rng.random(300)])
    y = np.concatenate([rng.normal(0.6, 0.03, 40_000), rng.random(300) * 0.4])
    return dp.Canvas(1300, 900, x_range=(0, 1), y_range=(0, 1), tiled=True).points({"x": x, "y": y}, "x", "y")


def levels(counts):
    """What each level should show: RGBA of all its tiles, the top row first."""
    finest = 3  # 6 tiles across
    for z in range(finest + 1):
        level = counts.level(finest - z)
        picture = np.asarray(level.shade("viridis"))
        side = 256 * 2**z
        whole = np.zeros((side, side, 4), np.uint8)
        whole[side - picture.shape[0] :, : picture.shape[1]] = picture
        yield z, whole


def same(tile, expected):
    """Empty pixels have no colour to compare."""
    seen = expected[..., 3] > 0
    return ((tile[..., 3] > 0) == seen).all() and (tile[seen] == expected[seen]).all()


def test_a_folder_holds_every_tile_of_every_level(counts, tmp_path):
    written = counts.to_tiles(tmp_path / "tiles", "viridis")
    found = 0
    for z, whole in levels(counts):
        for x in range(2**z):
            for y in range(2**z):
                expected = whole[256 * y : 256 * y + 256, 256 * x : 256 * x + 256]
                path = tmp_path / "tiles" / str(z) / str(x) / f"{y}.png"
                if path.exists():
                    found += 1
                    assert same(np.asarray(Image.open(path).convert("RGBA")), expected), path
                else:
                    assert not expected[..., 3].any()
    assert found == written == sum(1 for _ in (tmp_path / "tiles").rglob("*.png"))
    about = json.loads((tmp_path / "tiles" / "metadata.json").read_text())
    assert (about["maxzoom"], about["tiles"], about["x_range"]) == (3, written, [0, 1])


def test_an_aggregate_that_is_whole_gives_the_same_pyramid(counts, tmp_path):
    whole = counts.level(0)
    assert type(whole) is dp.Aggregate
    assert whole.to_tiles(tmp_path / "a") == counts.to_tiles(tmp_path / "b")
    for path in (tmp_path / "a").rglob("*.png"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def directory(data):
    count, at = varint(data, 0)
    columns = []
    for _ in range(4):
        column = []
        for _ in range(count):
            value, at = varint(data, at)
            column.append(value)
        columns.append(column)
    ids = np.cumsum(columns[0]).tolist()
    offsets: list[int] = []
    for place, value in enumerate(columns[3]):
        offsets.append(value - 1 if value else offsets[-1] + columns[2][place - 1])
    assert at == len(data)
    return list(zip(ids, columns[1], columns[2], offsets, strict=True))


def zxy(tile):
    """The tile of a number, by walking the curve down."""
    z = 0
    while tile >= 4**z:
        tile -= 4**z
        z += 1
    x = y = 0
    side = 1
    while side < 2**z:
        right, low = 1 & (tile // 2), 1 & (tile ^ (tile // 2))
        if low == 0:
            if right == 1:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        x, y = x + side * right, y + side * low
        tile //= 4
        side *= 2
    return z, x, y


def pmtiles(data):
    assert data[:8] == b"PMTiles\x03"
    root, root_len, about, about_len, leaf, leaf_len, start, length, *counts = struct.unpack(
        "<11Q", data[8:96]
    )
    assert list(data[96:102][1:4]) == [1, 1, 2]  # nothing compressed, PNG
    assert start + length == len(data)
    tiles = {}
    entries = directory(data[root : root + root_len])
    while entries:
        tile, run, size, offset = entries.pop()
        if run == 0:
            entries += directory(data[leaf + offset : leaf + offset + size])
        else:
            tiles[zxy(tile)] = data[start + offset : start + offset + size]
    assert counts == [len(tiles)] * 3
    assert leaf_len == 0
    return tiles, json.loads(data[about : about + about_len])


def test_pmtiles_holds_the_same(counts, tmp_path):
    counts.to_tiles(tmp_path / "tiles", "viridis")
    counts.to_tiles(tmp_path / "all.pmtiles", "viridis")
    tiles, about = pmtiles((tmp_path / "all.pmtiles").read_bytes())
    assert zxy(19078479) == (12, 3423, 1763)
    expected = {
        tuple(
            int(part) for part in path.relative_to(tmp_path / "tiles").with_suffix("").parts
        ): path.read_bytes()
        for path in (tmp_path / "tiles").rglob("*.png")
    }
    assert tiles == expected
    assert about["maxzoom"] == 3


def test_nothing_is_left_where_it_cannot_be_written(counts, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("kept")
    with pytest.raises(dp.OutputError, match="not empty"):
        counts.to_tiles(tmp_path / "full")
    with pytest.raises(dp.OutputError, match="is a file"):
        counts.to_tiles(tmp_path / "full" / "mine.txt")
    with pytest.raises(dp.OutputError):
        counts.to_tiles(tmp_path / "missing" / "tiles")
    with pytest.raises(dp.OutputError):
        counts.to_tiles(tmp_path / "missing" / "tiles.pmtiles")
    with pytest.raises(dp.UnknownFormat, match=r"\.pmtiles"):
        counts.to_tiles(tmp_path / "tiles.mbtiles")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["full", "mine.txt"]
    (tmp_path / "empty").mkdir()
    assert counts.to_tiles(tmp_path / "empty") > 0
