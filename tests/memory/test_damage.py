"""A damaged file is an error or rows, and never takes the memory that its numbers promise."""

from __future__ import annotations

import numpy as np
import pytest
from child import MB, run_child

ROWS = 3000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.feather
    import pyarrow.parquet

    folder = tmp_path_factory.mktemp("damaged")
    rng = np.random.default_rng(1)
    x = rng.normal(size=ROWS)
    table = pa.table(
        {"x": x, "y": rng.integers(0, 9, ROWS), "c": pa.array(["oak", "ash", "élan"] * (ROWS // 3))}
    )
    for codec in ("snappy", "gzip", "zstd", "lz4"):
        pyarrow.parquet.write_table(
            table, folder / f"{codec}.parquet", compression=codec, row_group_size=1000
        )
    delta = {"x": "DELTA_BINARY_PACKED", "y": "PLAIN", "c": "DELTA_LENGTH_BYTE_ARRAY"}
    whole = table.set_column(0, "x", pa.array(range(ROWS)))
    pyarrow.parquet.write_table(
        whole, folder / "delta.parquet", compression="none", use_dictionary=False, column_encoding=delta
    )
    for codec in ("uncompressed", "lz4", "zstd"):
        pyarrow.feather.write_feather(table, folder / f"{codec}.feather", compression=codec)
    with pa.ipc.new_stream(folder / "a.arrows", table.schema) as writer:
        writer.write_table(table)
    pyarrow.csv.write_csv(table, folder / "a.csv")
    for codec, end in (("gzip", "gz"), ("zstd", "zst")):
        with pa.output_stream(folder / f"a.csv.{end}", compression=codec) as stream:
            pyarrow.csv.write_csv(table, stream)
    np.save(folder / "a.npy", np.column_stack([x, x]))
    np.savez(folder / "a.npz", x=x, y=x)
    np.savez_compressed(folder / "packed.npz", x=x, y=x)
    return folder


NAMES = [
    *(f"{codec}.parquet" for codec in ("snappy", "gzip", "zstd", "lz4", "delta")),
    *(f"{codec}.feather" for codec in ("uncompressed", "lz4", "zstd")),
    *("a.arrows", "a.csv", "a.csv.gz", "a.csv.zst", "a.npy", "a.npz", "packed.npz"),
]


@pytest.mark.parametrize("name", NAMES)
def test_damage_takes_little_memory(folder, name):
    """Bytes changed at random, most of them where lengths are: in the first and the last thousand."""
    child = run_child(
        f"""
import random
import drypoint as dp
whole = open({str(folder / name)!r}, "rb").read()
path = {str(folder / ("damaged-" + name))!r}
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
def read():
    with dp.scan(path) as source:
        for number, batch in enumerate(source.batches(rows=500)):
            if number == 100: break
    dp.draw(path, x="x", y="y", width=400, height=300, memory="48MB")
dp.set_budget("64MB")
def damage(random):
    data = bytearray(whole)
    for _ in range(random.choice([1, 1, 2, 8])):
        span = random.choice([(0, 1000), (len(data) - 1000, len(data)), (0, len(data))])
        place = min(max(random.randrange(*span), 0), len(data) - 1)
        value = random.choice([0, 0x7F, 0x80, 0xFF, random.randrange(256)])
        for at in range(place, min(place + random.choice([1, 1, 4, 8]), len(data))):
            data[at] = value
    return data[: random.randrange(len(data))] if random.random() < 0.1 else data
open(path, "wb").write(whole)
read()
before, errors = resident(), 0
for seed in range(150):
    open(path, "wb").write(damage(random.Random(seed)))
    try:
        read()
    except dp.DrypointError:
        errors += 1
result = [before, errors, dp.memory()["reserved"]]
"""
    )
    before, errors, reserved = child.result
    assert errors > 0
    assert child.stderr == ""
    assert reserved == 0
    assert child.peak_resident < before + 64 * MB + 16 * MB
