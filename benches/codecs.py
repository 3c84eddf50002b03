"""Codecs of chunks beside python-blosc2 and numcodecs: ratio, compress and decompress GB/s, same data, same process.

    python benches/codecs.py [--threads 1] [--chunk 1048576] [--repeats 5] [--json FILE] [data set ...]

Run it with the interpreter of the peers' environment and `python/` on PYTHONPATH. Speeds are bytes of items over the
time a processor spent in the process (one thread), which a busy machine distorts less than the clock does; with more
threads, over the clock. Drypoint's arrays are cut into chunks of whole rows, blosc2 gets the whole array and picks its
own blocks, as its `compress2` does; its best is then the best of five codecs, three levels and four filters.
`bytedelta` is listed apart: it is one of blosc2's filters that the targets were not made for.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import blosc2
import numcodecs
import numpy as np
from codec_data import DATA, NUMBERS
from drypoint import _core

FILTERS = {
    "raw": [blosc2.Filter.NOFILTER],
    "shuffle": [blosc2.Filter.SHUFFLE],
    "bitshuffle": [blosc2.Filter.BITSHUFFLE],
    "delta+shuffle": [blosc2.Filter.DELTA, blosc2.Filter.SHUFFLE],
    "shuffle+bytedelta": [blosc2.Filter.SHUFFLE, blosc2.Filter.BYTEDELTA],
}
CODECS = [blosc2.Codec.BLOSCLZ, blosc2.Codec.LZ4, blosc2.Codec.LZ4HC, blosc2.Codec.ZLIB, blosc2.Codec.ZSTD]
LEVELS = (1, 5, 9)
RATIO_TARGET = 1.2


@dataclass
class Row:
    """One setting on one data set. Speeds are in 1e9 bytes of items per second."""

    data: str
    program: str
    setting: str
    ratio: float
    compress: float
    decompress: float

    def beats(self, other: Row) -> bool:
        """Whether it is better in both ratio and decompression speed."""
        return self.ratio > other.ratio and self.decompress > other.decompress


def timed(work: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    """The shortest time of some."""
    best = float("inf")
    for _ in range(repeats):
        start = clock()
        work()
        best = min(best, clock() - start)
    return best


class Bench:
    """Measures one data set."""

    def __init__(self, data: str, array: np.ndarray, threads: int, chunk: int, repeats: int) -> None:
        self.data, self.array, self.threads, self.repeats = (
            data,
            np.ascontiguousarray(array),
            threads,
            repeats,
        )
        self.clock = time.process_time if threads == 1 else time.perf_counter
        row = self.array[:1].nbytes
        rows = max(1, chunk // row)
        self.parts = [self.array[at : at + rows] for at in range(0, len(self.array), rows)]
        self.out = np.empty_like(self.array)
        self.outs = [self.out[at : at + rows] for at in range(0, len(self.array), rows)]

    def row(
        self,
        program: str,
        setting: str,
        stored: int,
        compress: Callable[[], object],
        decompress: Callable[[], object],
    ) -> Row:
        """Measure both ways, and look whether the items come back."""
        self.out.view(np.uint8)[...] = 0x55
        to = timed(compress, 1 if "zstd 9" in setting or "hc 9" in setting else 2, self.clock)
        fro = timed(decompress, self.repeats, self.clock)
        assert self.out.tobytes() == self.array.tobytes(), f"{program} {setting} on {self.data}"
        size = self.array.nbytes / 1e9
        return Row(self.data, program, setting, self.array.nbytes / stored, size / to, size / max(fro, 1e-9))

    def shared(
        self, work: Callable[[Any, int], object], contexts: list[Any], pool: ThreadPoolExecutor
    ) -> None:
        """Every chunk's work, each thread with its context."""

        def some(thread: int) -> None:
            for at in range(thread, len(self.parts), self.threads):
                work(contexts[thread], at)

        if self.threads == 1:
            some(0)
        else:
            list(pool.map(some, range(self.threads)))

    def drypoint(self, name: str | None = None) -> Row:
        """Our codec of that name, or the one chosen from three chunks."""
        dtype = self.array.dtype.str
        if name is None:
            samples = [
                np.ascontiguousarray(self.parts[at]).view(np.uint8) for at in (0, len(self.parts) // 2, -1)
            ]
            name = _core.choose_codec(dtype, list(self.parts[0].shape), samples)
        codecs = [_core.ChunkCodec(name, dtype) for _ in range(self.threads)]
        items = [part.reshape(-1).view(np.uint8) for part in self.parts]
        rooms = [out.reshape(-1).view(np.uint8) for out in self.outs]
        encoded: list[bytes] = [b""] * len(items)

        def encode(codec: _core.ChunkCodec, at: int) -> None:
            encoded[at] = codec.encode(items[at], list(self.parts[at].shape))

        def decode(codec: _core.ChunkCodec, at: int) -> None:
            codec.decode(encoded[at], list(self.parts[at].shape), rooms[at])

        with ThreadPoolExecutor(self.threads) as pool:
            self.shared(encode, codecs, pool)
            return self.row(
                "drypoint",
                name,
                sum(map(len, encoded)),
                lambda: self.shared(encode, codecs, pool),
                lambda: self.shared(decode, codecs, pool),
            )

    def blosc2(self, codec: Any, level: int, name: str) -> Row:
        """One setting of python-blosc2."""
        size = self.array.itemsize
        meta = [size if one == blosc2.Filter.BYTEDELTA else 0 for one in FILTERS[name]]
        flat, out = self.array.reshape(-1), self.out.reshape(-1)

        def compress() -> bytes:
            return blosc2.compress2(
                flat,
                codec=codec,
                clevel=level,
                filters=FILTERS[name],
                filters_meta=meta,
                nthreads=self.threads,
                typesize=size,
            )

        made: list[bytes] = []
        start = self.clock()
        made.append(compress())
        spent = self.clock() - start
        found = self.row(
            "blosc2",
            f"{codec.name.lower()} {level} {name}",
            len(made[0]),
            lambda: None,
            lambda: blosc2.decompress2(made[0], dst=out, nthreads=self.threads),
        )
        found.compress = self.array.nbytes / 1e9 / max(spent, 1e-9)
        return found

    def numcodecs(self, setting: str, codec: Any) -> Row:
        """One codec of zarr-python's, chunk by chunk."""
        encoded: list[Any] = [b""] * len(self.parts)

        def encode(_: Any, at: int) -> None:
            encoded[at] = codec.encode(np.ascontiguousarray(self.parts[at]))

        def decode(_: Any, at: int) -> None:
            codec.decode(encoded[at], self.outs[at])

        contexts = [None] * self.threads
        with ThreadPoolExecutor(self.threads) as pool:
            self.shared(encode, contexts, pool)
            return self.row(
                "numcodecs",
                setting,
                sum(len(memoryview(one).cast("B")) for one in encoded),
                lambda: self.shared(encode, contexts, pool),
                lambda: self.shared(decode, contexts, pool),
            )

    def all(self) -> list[Row]:
        """Ours, NumPy's copy, numcodecs, and every setting of blosc2."""
        rows = [self.drypoint()]
        copy = timed(lambda: np.copyto(self.out, self.array), self.repeats, self.clock)
        speed = self.array.nbytes / 1e9 / max(copy, 1e-9)
        rows.append(Row(self.data, "numpy", "copy", 1.0, speed, speed))
        numcodecs.blosc.use_threads = False
        rows.append(self.numcodecs("zstd 3", numcodecs.Zstd(level=3)))
        rows.append(
            self.numcodecs("blosc zstd 5 shuffle", numcodecs.Blosc("zstd", 5, numcodecs.Blosc.SHUFFLE))
        )
        for codec in CODECS:
            for name in FILTERS:
                levels = (5,) if codec == blosc2.Codec.ZLIB else LEVELS
                rows.extend(self.blosc2(codec, level, name) for level in levels)
        return rows


def verdict(rows: list[Row]) -> str:
    """What the targets ask: is a setting of blosc2 better in both, and how does our ratio stand to its best."""
    ours = rows[0]
    theirs = [row for row in rows if row.program == "blosc2"]
    named = [row for row in theirs if "bytedelta" not in row.setting]
    lines = []
    for label, some in (("shuffle, bitshuffle, delta", named), ("and bytedelta", theirs)):
        better = [row for row in some if row.beats(ours)]
        best = max(some, key=lambda row: row.ratio)
        factor = ours.ratio / best.ratio
        goal = (
            f" (target {RATIO_TARGET}: {'yes' if factor >= RATIO_TARGET else 'NO'})"
            if ours.data in NUMBERS
            else ""
        )
        words = (
            ", ".join(f"{row.setting} {row.ratio:.2f} at {row.decompress:.2f}" for row in better) or "none"
        )
        lines.append(
            f"    blosc2 with {label}: better in both: {words}; our ratio is {factor:.2f} of its best{goal}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", nargs="*", choices=[[], *DATA], help="data sets (all)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--chunk", type=int, default=1 << 20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    every: list[Row] = []
    for name in arguments.data or DATA:
        make, title = DATA[name]
        rows = Bench(name, make(), arguments.threads, arguments.chunk, arguments.repeats).all()
        every += rows
        print(f"{title}: ratio, compress and decompress GB/s, {arguments.threads} thread(s)")
        shown = rows[:4]
        fastest = 0.0
        for row in sorted(rows[4:], key=lambda row: -row.ratio):
            if row.decompress > fastest:
                fastest = row.decompress
                shown.append(row)
        for row in shown:
            print(
                f"    {row.ratio:10.3f} {row.compress:7.3f} {row.decompress:7.2f}  {row.program} {row.setting}"
            )
        print(verdict(rows), flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps([asdict(row) for row in every], indent=1))


if __name__ == "__main__":
    main()
