"""Codecs of chunks by themselves, through the compiled module; their exactness is tested where they are written."""

from __future__ import annotations

import numpy as np
import pytest
from drypoint import BadArgument, CorruptData, UnsupportedData, _core

RNG = np.random.default_rng(1)
CHUNKS = {
    "walk": np.round(np.cumsum(RNG.normal(size=20_000)), 2),
    "times": np.cumsum(RNG.integers(999_000, 1_001_000, 20_000)).astype("M8[ns]").view(np.int64),
    "counts": RNG.poisson(np.linspace(0, 8, 200)[:, None] * np.ones(150)).astype(np.uint32),
    "frame": (100 + 20 * np.sin(np.arange(200 * 150 * 3) / 9000) + RNG.normal(0, 2, 90_000))
    .astype(np.uint8)
    .reshape(200, 150, 3),
    "swapped": np.arange(5000, dtype=">i4"),
}


@pytest.mark.parametrize("name", CHUNKS)
def test_the_chosen_codec_gives_the_items_back(name: str) -> None:
    """And takes less than three quarters of them."""
    chunk = CHUNKS[name]
    dtype, shape = chunk.dtype.str, list(chunk.shape)
    items = chunk.reshape(-1).view(np.uint8)
    codec = _core.ChunkCodec(_core.choose_codec(dtype, shape, [items]), dtype)
    encoded = codec.encode(items, shape)
    assert len(encoded) < 0.75 * chunk.nbytes, codec.name
    out = np.empty_like(items)
    codec.decode(encoded, shape, out)
    np.testing.assert_array_equal(out, items)


def test_noise_is_kept_as_it_is() -> None:
    """One byte more."""
    noise = RNG.integers(0, 256, 100_000, dtype=np.uint8)
    assert _core.choose_codec("|u1", [100_000], [noise]) == "plain"
    assert len(_core.ChunkCodec("zstd:3+shuffle", "|u1").encode(noise, [100_000])) == 100_001


def test_errors_name_what_was_wrong() -> None:
    """The name, what is near it, the type, the damage."""
    with pytest.raises(BadArgument, match='did you mean "zstd"'):
        _core.ChunkCodec("zstt", "<f8")
    with pytest.raises(UnsupportedData, match="holds no numbers"):
        _core.ChunkCodec("pco", "|S4")
    codec = _core.ChunkCodec("ans+counts", "<u4")
    encoded = codec.encode(CHUNKS["counts"].reshape(-1).view(np.uint8), [200, 150])
    with pytest.raises(CorruptData):
        codec.decode(encoded[:-2], [200, 150], np.empty(200 * 150 * 4, np.uint8))
