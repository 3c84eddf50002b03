"""Small valid files for each target of the fuzzer to start from, under ``fuzz/corpus``."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import zipfile
from pathlib import Path

import drypoint as dp
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CORPUS = Path(__file__).parent / "corpus"
ROWS = 40
RNG = np.random.default_rng(0)


def table() -> pa.Table:
    """Each type that the readers know, with nulls."""
    numbers = pa.array([None if row % 7 == 3 else row * 0.5 for row in range(ROWS)])
    words = pa.array([["oak", "ash", "élan", None][row % 4] for row in range(ROWS)])
    columns = {
        "float": numbers,
        "half": numbers.cast(pa.float32()),
        "int": pa.array(range(ROWS), pa.int32()),
        "small": pa.array(range(ROWS), pa.uint8()),
        "bool": pa.array([row % 3 == 0 for row in range(ROWS)]),
        "word": words,
        "coded": words.dictionary_encode(),
        "when": pa.array(range(ROWS), pa.timestamp("us", "UTC")),
        "day": pa.array(range(ROWS), pa.date32()),
        "money": pa.array(range(ROWS), pa.decimal128(9, 2)),
    }
    return pa.table(columns)


def parquet() -> dict[str, bytes]:
    def written(part: pa.Table, **options: object) -> bytes:
        out = io.BytesIO()
        pq.write_table(part, out, **options)
        return out.getvalue()

    plain = table()
    seeds = {
        codec: written(plain, compression=codec, row_group_size=15)
        for codec in ("none", "snappy", "gzip", "zstd", "lz4")
    }
    seeds["v2"] = written(plain, data_page_version="2.0", version="2.6", data_page_size=64)
    for encoding in ("DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT", "PLAIN"):
        ints = plain.select(["int"])
        seeds[encoding] = written(ints, use_dictionary=False, column_encoding=encoding, compression="none")
    for encoding in ("DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"):
        words = plain.select(["word"])
        seeds[encoding] = written(words, use_dictionary=False, column_encoding=encoding, compression="none")
    return seeds


def ipc() -> dict[str, bytes]:
    seeds = {}
    for codec in (None, "lz4", "zstd"):
        for kind, new in (("file", pa.ipc.new_file), ("stream", pa.ipc.new_stream)):
            out = io.BytesIO()
            with new(out, table().schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
                writer.write_table(table(), max_chunksize=15)
            seeds[f"{kind}-{codec}"] = out.getvalue()
    return seeds


def arrays() -> dict[str, np.ndarray]:
    return {
        "pairs": RNG.normal(size=(ROWS, 2)),
        "fortran": np.asfortranarray(RNG.normal(size=(ROWS, 2))),
        "swapped": RNG.normal(size=ROWS).astype(">f4"),
        "when": np.arange(ROWS).astype("datetime64[ms]"),
        "records": np.rec.fromarrays([np.arange(ROWS), np.arange(ROWS) % 2 == 0], names="n,even"),
    }


def npy() -> dict[str, bytes]:
    seeds = {}
    for name, array in arrays().items():
        out = io.BytesIO()
        np.save(out, array)
        seeds[name] = out.getvalue()
    return seeds


def npz() -> dict[str, bytes]:
    seeds = {}
    for name, save in (("stored", np.savez), ("deflated", np.savez_compressed)):
        out = io.BytesIO()
        save(out, x=np.arange(ROWS * 0.5), y=arrays()["swapped"][: ROWS // 2])
        seeds[name] = out.getvalue()
    return seeds


def csv() -> dict[str, bytes]:
    texts = {
        "numbers": "x,y\n" + "".join(f"{row},{row / 3}\n" for row in range(ROWS)),
        "quoted": 'name;"a ""b""";when\n"x;\ny";1;2020-01-02\nz;;2020-01-02T03:04:05Z\n',
        "ragged": "a\tb\n1\t2\t3\n4\n",
        "exact": "x\n-1.7976931348623157e308\n5e-324\nnan\n-inf\n99999999999999999999\n",
    }
    seeds = {name: bytes([0, 40]) + text.encode() for name, text in texts.items()}
    seeds["gzip"] = bytes([200, 200]) + gzip.compress(texts["numbers"].encode())
    return seeds


def aggregate() -> dict[str, bytes]:
    """The members as the target takes them apart: arrays behind their lengths, then the description."""
    points = {
        "x": RNG.random(ROWS),
        "y": RNG.random(ROWS),
        "v": RNG.random(ROWS),
        "c": ["a", "b"] * (ROWS // 2),
    }
    canvas = dp.Canvas(3, 2, x_range=(0, 1), y_range=(1, 2), y_scale="log")
    folds = {
        "count": dp.count(),
        "any": dp.any(),
        "mean": dp.mean("v"),
        "std": dp.std("v"),
        "first": dp.first("v"),
        "by": dp.by("c", dp.var("v")),
    }
    seeds = {}
    path = CORPUS / "saved.npz"
    for name, fold in folds.items():
        canvas.points(points, "x", "y", fold).save(path)
        seeds[f"file-{name}"] = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            present = archive.namelist()
            members = [
                archive.read(member) if member in present else b""
                for member in ("cells.npy", "counts.npy", "means.npy", "keys.npy")
            ]
            about = archive.read("about.txt")
        seeds[name] = b"".join(len(part).to_bytes(2, "little") + part for part in members) + about
        path.unlink()
    return seeds


def zarr() -> dict[str, bytes]:
    """The document behind its length, then a chunk."""
    kinds = {
        "plain": {"codec": "plain"},
        "zstd": {},
        "gzip": {"codec": "gzip"},
        "shards": {"shards": (4, 6)},
    }
    seeds = {}
    for name, options in kinds.items():
        for dtype in ("u1", "f8", "U2"):
            path = CORPUS / "saved.zarr"
            values = RNG.integers(0, 9, (5, 7)).astype(dtype)
            dp.write_zarr(path, values, chunks=(2, 3), overwrite=True, **options)
            document = (path / "zarr.json").read_bytes()
            seeds[f"{name}-{dtype}"] = (
                len(document).to_bytes(2, "little") + document + (path / "c" / "0" / "0").read_bytes()
            )
            shutil.rmtree(path)
    turned = json.loads(document)
    turned["codecs"] = [
        {"name": "transpose", "configuration": {"order": [1, 0]}},
        {"name": "bytes", "configuration": {"endian": "big"}},
        {"name": "blosc", "configuration": {}},
        {"name": "crc32c"},
    ]
    text = json.dumps(turned).encode()
    seeds["turned"] = len(text).to_bytes(2, "little") + text + bytes(40)
    return seeds


def main() -> None:
    CORPUS.mkdir(exist_ok=True)
    for make in (aggregate, csv, ipc, npy, npz, parquet, zarr):
        folder = CORPUS / make.__name__
        folder.mkdir(exist_ok=True)
        for name, data in make().items():
            (folder / f"seed-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
