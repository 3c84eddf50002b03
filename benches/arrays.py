"""Whole arrays beside blosc2's NDArray, zarr-python in memory and NumPy: ratio, building, reading, and small slices.

    python benches/arrays.py [--threads 1] [--repeats 5] [--json FILE] [data set ...]

Run it with the interpreter of the peers' environment and `python/` on PYTHONPATH. Speeds are bytes of items over time: of
the processor for one thread, which a busy machine distorts less, of the clock for more. A slice is ten neighbouring items
(or a box of ten by ten); `first` is the median over places that were not looked at before, `again` the median of second
looks at the same. Each program has its own chunks; codecs are beside each other in `codecs_bench.py`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import blosc2
import drypoint as dp
import numpy as np
import zarr
from codecs_data import DATA

PLACES = 15


@dataclass
class Row:
    """One program on one data set. Speeds in 1e9 bytes a second, latencies in microseconds."""

    data: str
    program: str
    ratio: float
    build: float
    read: float
    first: float
    again: float


class Drypoint:
    name = "drypoint"

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def build(self, array: np.ndarray) -> Any:
        return dp.compress(array, threads=self.threads)

    def read(self, built: Any, out: np.ndarray) -> None:
        built.read(out=out, threads=self.threads)

    def ratio(self, built: Any) -> float:
        return built.ratio


class Blosc2:
    def __init__(
        self, threads: int, name: str, codec: blosc2.Codec, level: int, shuffle: blosc2.Filter
    ) -> None:
        self.name = f"blosc2 {name}"
        self.parameters = {"codec": codec, "clevel": level, "filters": [shuffle], "nthreads": threads}
        self.threads = threads

    def build(self, array: np.ndarray) -> Any:
        return blosc2.asarray(array, cparams=self.parameters, dparams={"nthreads": self.threads})

    def read(self, built: Any, out: np.ndarray) -> None:
        built.get_slice_numpy(out, ([0] * built.ndim, list(built.shape)))

    def ratio(self, built: Any) -> float:
        return built.schunk.cratio


class Zarr:
    name = "zarr"

    def __init__(self, threads: int) -> None:
        zarr.config.set({"threading.max_workers": threads, "async.concurrency": threads})

    def build(self, array: np.ndarray) -> Any:
        made = zarr.create_array(store={}, shape=array.shape, dtype=array.dtype)
        made[...] = array
        return made

    def read(self, built: Any, out: np.ndarray) -> None:
        np.copyto(out, built[...])

    def ratio(self, built: Any) -> float:
        return built.nbytes / built.nbytes_stored()


class NumPy:
    name = "numpy"

    def __init__(self, _threads: int) -> None:
        pass

    def build(self, array: np.ndarray) -> Any:
        return array.copy()

    def read(self, built: Any, out: np.ndarray) -> None:
        np.copyto(out, built)

    def ratio(self, built: Any) -> float:
        return 1.0


def programs(threads: int) -> list[Any]:
    return [
        Drypoint(threads),
        Blosc2(threads, "lz4:1+shuffle", blosc2.Codec.LZ4, 1, blosc2.Filter.SHUFFLE),
        Blosc2(threads, "zstd:5+bitshuffle", blosc2.Codec.ZSTD, 5, blosc2.Filter.BITSHUFFLE),
        Zarr(threads),
        NumPy(threads),
    ]


def shortest(work: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    best = float("inf")
    for _ in range(repeats):
        begin = clock()
        work()
        best = min(best, clock() - begin)
    return best


def places(shape: tuple[int, ...]) -> list[tuple[slice, ...]]:
    """So far from each other that hardly two of them are in one chunk of anybody's."""
    rng = np.random.default_rng(9)
    starts = [rng.integers(0, max(1, length - 10), PLACES) for length in shape]
    starts[0] = np.arange(PLACES) * ((shape[0] - 10) // PLACES)
    rng.shuffle(starts[0])
    return [tuple(slice(int(at), int(at) + 10) for at in start) for start in zip(*starts, strict=True)]


def latencies(built: Any, shape: tuple[int, ...]) -> tuple[float, float]:
    first, again = [], []
    for place in places(shape):
        begin = time.perf_counter()
        built[place]
        middle = time.perf_counter()
        built[place]
        again.append(time.perf_counter() - middle)
        first.append(middle - begin)
    return statistics.median(first) * 1e6, statistics.median(again) * 1e6


def measured(name: str, threads: int, repeats: int) -> list[Row]:
    array = DATA[name][0]()
    clock = time.process_time if threads == 1 else time.perf_counter
    rows = []
    for program in programs(threads):
        built = program.build(array)
        out = np.empty_like(array)
        program.read(built, out)
        assert np.array_equal(out, array, equal_nan=array.dtype.kind == "f"), program.name
        build = shortest(lambda program=program: program.build(array), repeats, clock)
        read = shortest(
            lambda program=program, built=built, out=out: program.read(built, out), repeats, clock
        )
        first, again = latencies(program.build(array), array.shape)
        size = array.nbytes / 1e9
        rows.append(Row(name, program.name, program.ratio(built), size / build, size / read, first, again))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="*", metavar="data set")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rows: list[Row] = []
    for name in given.data or list(DATA):
        here = measured(name, given.threads, given.repeats)
        rows += here
        print(f"\n{name}")
        print(
            f"  {'program':<26}{'ratio':>9}{'build GB/s':>12}{'read GB/s':>11}{'first µs':>10}{'again µs':>10}"
        )
        for row in here:
            speeds = f"{row.ratio:>9.2f}{row.build:>12.2f}{row.read:>11.2f}"
            print(f"  {row.program:<26}{speeds}{row.first:>10.1f}{row.again:>10.1f}")
    if given.json:
        given.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
