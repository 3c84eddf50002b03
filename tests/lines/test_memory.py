"""What lines hold, told by the system and by the ledger."""

from __future__ import annotations

import json
import subprocess
import sys

import drypoint as dp
import numpy as np
import pytest


@pytest.fixture(scope="module")
def walks(tmp_path_factory):
    """Two million rows: 400 lines, each in pieces that lie apart."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(6)
    path = tmp_path_factory.mktemp("walks") / "walks.parquet"
    schema = pa.schema([("t", pa.float64()), ("v", pa.float64()), ("walk", pa.int32())])
    with pq.ParquetWriter(path, schema) as writer:
        for _ in range(20):
            steps = rng.standard_normal((400, 250)).cumsum(axis=1)
            table = pa.table(
                {
                    "t": np.tile(np.arange(250.0), 400),
                    "v": steps.ravel(),
                    "walk": np.repeat(np.arange(400, dtype="int32"), 250),
                },
                schema,
            )
            writer.write_table(table)
    return path


@pytest.mark.parametrize("more", [[], ["--group", "walk"], ["--reduce", "mean", "--of", "v"]])
def test_the_whole_process_stays_under_64_mb(walks, more, tmp_path):
    picture = tmp_path / "walks.png"
    command = [sys.executable, "-m", "drypoint", "draw", str(walks), "-x", "t", "-y", "v", "--mark", "line"]
    command += [*more, "--memory", "64MB", "-o", str(picture), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    told = json.loads(done.stdout)
    assert told["rows"] == 2_000_000
    assert told["peak_resident_bytes"] < 64_000_000
    assert picture.stat().st_size > 1000


def test_what_groups_take_is_in_the_budget():
    rows = 200_000
    data = {"x": np.linspace(0, 1, rows), "y": np.zeros(rows), "line": np.arange(rows)}
    canvas = dp.Canvas(50, 50, x_range=(0, 1), y_range=(-1, 1))
    assert np.asarray(canvas.line(data, "x", "y", group="line")).sum() == 0
    with pytest.raises(dp.BudgetExceeded):
        canvas.line(data, "x", "y", group="line", memory="16MB")
    # Fewer groups in as many rows fit.
    canvas.line({**data, "line": data["line"] % 1000}, "x", "y", group="line", memory="16MB")


def test_nothing_is_held_afterwards():
    data = {"x": np.arange(50_000.0), "y": np.arange(50_000.0) % 97, "line": np.arange(50_000) // 10}
    before = dp.memory()["reserved"]
    for _ in range(3):
        dp.Canvas(300, 200).line(data, "x", "y", group="line").close()
        dp.downsample(data["x"], data["y"], 400)
    assert dp.memory()["reserved"] <= before
