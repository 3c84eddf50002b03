"""The data sets that every contender draws, made once and kept in a cache folder.

Blocks of 2**20 rows come each from a generator seeded with (SEED, block), so any file can be made alone, in any
order, in a bounded number of bytes, and always holds the same rows; the first rows of the large sets are the small set.
A file is written under a temporary name and renamed when it is whole: two makers at once do no harm, and a killed one
leaves nothing that looks finished.

Seven of ten points lie in 28 Gaussian clusters, the rest is uniform, all in random order: the worst case for the caches
of whoever counts them. About one point in a thousand lies outside of the ranges that are drawn.

Run ``python data.py --list`` for the names and ``python data.py NAME...`` to make some of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SEED = 20261123
BLOCK = 1 << 20
CATEGORIES = ("alder", "birch", "cedar", "elder", "hazel", "larch", "maple", "rowan")
SIZES = {"1e7": 10_000_000, "1e8": 100_000_000}
COLUMNS = ("x", "y", "v", "c")
# pyarrow cuts row groups at 2**26 rows whatever it is asked for.
LARGEST_PYARROW_GROUP = 1 << 26


def blocks(rows: int) -> Iterator[dict]:
    """Yield the rows as dicts of arrays: x and y float64, v float32, c int8 codes into CATEGORIES."""
    import numpy as np

    shape = np.random.default_rng(SEED)
    centres = shape.uniform(-0.8, 0.8, (28, 2))
    spreads = shape.uniform(0.01, 0.12, (28, 2))
    for index, start in enumerate(range(0, rows, BLOCK)):
        rng = np.random.default_rng([SEED, index])
        member = rng.integers(0, 40, BLOCK, dtype=np.int8)  # 0..27 a cluster, 28..39 the uniform part
        uniform = np.flatnonzero(member >= 28)
        cluster = np.minimum(member, 27)
        columns = {}
        for axis, name in enumerate("xy"):
            values = rng.standard_normal(BLOCK)
            values *= spreads[cluster, axis]
            values += centres[cluster, axis]
            values[uniform] = rng.uniform(-1.0, 1.0, uniform.size)
            columns[name] = values
        columns["v"] = (rng.standard_normal(BLOCK, dtype=np.float32) * 3 + 20).astype(np.float32)
        columns["v"] += columns["x"].astype(np.float32)
        columns["c"] = member % len(CATEGORIES)
        count = min(BLOCK, rows - start)
        yield {name: values[:count] for name, values in columns.items()}


def arrow_table(block: dict):
    """The block as an Arrow table; c becomes a dictionary of strings."""
    import pyarrow as pa

    codes = pa.array(block["c"])
    return pa.table(
        {
            "x": block["x"],
            "y": block["y"],
            "v": block["v"],
            "c": pa.DictionaryArray.from_arrays(codes, pa.array(CATEGORIES)),
        }
    )


def rounded_to_4096(block: dict) -> dict:
    """The block with x and y on a grid of 4096 values, as measured data often are: a dictionary then pays."""
    import numpy as np

    return block | {name: np.round((block[name] + 1.5) * 1365.0) / 1365.0 - 1.5 for name in "xy"}


def write_parquet(path: Path, rows: int, change: Callable[[dict], dict] | None = None, **options) -> None:
    """Write one row group for each block, with pyarrow's own defaults except for `options`."""
    import pyarrow.parquet as pq

    writer = None
    try:
        for block in blocks(rows):
            table = arrow_table(change(block) if change else block)
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, **options)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def write_one_group(path: Path, rows: int) -> None:
    """Write all rows as one row group.

    A writer has to keep a row group until it is complete. pyarrow writes column after column from mapped arrays, which
    costs pages the system can take back; above its limit Polars writes, which holds the group (some gigabytes, once).
    """
    if rows <= LARGEST_PYARROW_GROUP:
        import numpy as np
        import pyarrow.parquet as pq

        size = next(name for name, count in SIZES.items() if count == rows)
        mapped = {name: np.load(make(f"points_{size}_{name}.npy"), mmap_mode="r") for name in COLUMNS}
        pq.write_table(arrow_table(mapped), path, row_group_size=rows)
        return
    import polars as pl

    size = next(name for name, count in SIZES.items() if count == rows)
    pl.read_parquet(make(f"points_{size}_snappy.parquet")).rechunk().write_parquet(
        path, compression="snappy", row_group_size=rows
    )


def write_npy(path: Path, rows: int, column: str) -> None:
    """Write one column as an .npy file, block by block."""
    import numpy as np

    dtype = {"x": "<f8", "y": "<f8", "v": "<f4", "c": "|i1"}[column]
    with path.open("wb") as file:
        header = {"descr": dtype, "fortran_order": False, "shape": (rows,)}
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks(rows):
            file.write(block[column].astype(dtype, copy=False).data)


def write_csv(path: Path, rows: int) -> None:
    """Write ``x,y`` with six decimals and a header line."""
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("x,y\n")
        for block in blocks(rows):
            for start in range(0, len(block["x"]), 65536):
                part = slice(start, start + 65536)
                pairs = zip(block["x"][part].tolist(), block["y"][part].tolist(), strict=True)
                file.writelines([f"{x:.6f},{y:.6f}\n" for x, y in pairs])


def recipes() -> dict[str, Callable[[Path], None]]:
    """Name each file that can be made, with the function that writes it to a path."""
    made: dict[str, Callable[[Path], None]] = {}
    float_columns = ["x", "y", "v"]
    for size, rows in SIZES.items():
        parquet = {
            "snappy": {},
            "zstd": {"compression": "zstd"},
            "dictionary": {"change": rounded_to_4096},
            "split": {"compression": "zstd", "use_dictionary": ["c"], "use_byte_stream_split": float_columns},
            "bigpages": {"use_dictionary": ["c"], "data_page_size": 8 << 20, "max_rows_per_page": BLOCK},
        }
        for kind, options in parquet.items():
            made[f"points_{size}_{kind}.parquet"] = lambda path, rows=rows, options=options: write_parquet(
                path, rows, **options
            )
        made[f"points_{size}_onegroup.parquet"] = lambda path, rows=rows: write_one_group(path, rows)
        for column in COLUMNS:
            made[f"points_{size}_{column}.npy"] = lambda path, rows=rows, column=column: write_npy(
                path, rows, column
            )
    made["points_1e7.csv"] = lambda path: write_csv(path, SIZES["1e7"])
    return made


def folder() -> Path:
    """The cache folder: DRYPOINT_BENCH_DATA, or .bench/data in the project."""
    given = os.environ.get("DRYPOINT_BENCH_DATA")
    return Path(given) if given else Path(__file__).resolve().parent.parent / ".bench" / "data"


def make(name: str) -> Path:
    """Return the path of a data file, making the file first where it is not there yet."""
    path = folder() / name
    if path.exists():
        return path
    write = recipes().get(name)
    if write is None:
        raise SystemExit(f"data.py: no data set is called {name!r}; see --list")
    path.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    partial = path.with_name(f"{name}.{os.getpid()}.partial")
    try:
        write(partial)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    seconds = time.perf_counter() - started
    print(f"made {name}: {path.stat().st_size / 1e6:.0f} MB in {seconds:.0f} s", file=sys.stderr, flush=True)
    return path


def main() -> None:
    """Make the named files and print their sizes as one JSON object."""
    parser = argparse.ArgumentParser(description="make the benchmark's data sets")
    parser.add_argument("names", nargs="*", help="files to make")
    parser.add_argument("--list", action="store_true", help="list the files that can be made")
    options = parser.parse_args()
    if options.list:
        print("\n".join(recipes()))
        return
    print(json.dumps({name: make(name).stat().st_size for name in options.names}))


if __name__ == "__main__":
    main()
