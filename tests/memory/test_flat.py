"""Drawing again and again leaves everything as it was: memory, descriptors, threads."""

from __future__ import annotations

import numpy as np
import pytest
from child import MB, run_child

TURNS = {
    "arrays": "draw(points)._repr_png_()",
    "parquet": "draw(folder + '/a.parquet')._repr_png_()",
    "csv": "draw(folder + '/a.csv')._repr_png_()",
    "npy": "draw(folder + '/a.npy')._repr_png_()",
    "feather": "draw(folder + '/a.feather')._repr_png_()",
    "arrow table": "draw(table)._repr_png_()",
    "generator": "draw(part for part in [pairs, pairs + 1])",
    "exact generator": "draw((part for part in [pairs, pairs + 1]), exact=True)",
    "categories": "draw({**points, 'c': kinds}, color=dp.by('c'))._repr_png_()",
    "png, svg, pdf": """
figure = draw(points)
for end in ("png", "svg", "pdf"):
    figure.save(folder + "/out." + end)""",
    "aggregate": """
dp.Canvas(60, 40).points(points, "x", "y", dp.std("x")).save(folder + "/out.npz")
dp.Aggregate.load(folder + "/out.npz")""",
    "a loop left early": """
for batch in dp.scan(folder + "/a.csv").batches(rows=100):
    break""",
    "errors": """
for wrong in (folder + "/none.csv", folder + "/bad.parquet", {"x": points["x"]}, iter([])):
    try:
        draw(wrong)
    except (dp.SourceNotFound, dp.CorruptData, dp.MissingColumn, dp.EmptyData):
        pass
    else:
        raise AssertionError(wrong)""",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.feather
    import pyarrow.parquet

    folder = tmp_path_factory.mktemp("flat")
    pairs = np.random.default_rng(0).normal(size=(20_000, 2))
    table = pa.table({"x": pairs[:, 0], "y": pairs[:, 1]})
    pyarrow.parquet.write_table(table, folder / "a.parquet")
    pyarrow.csv.write_csv(table, folder / "a.csv")
    pyarrow.feather.write_feather(table, folder / "a.feather")
    np.save(folder / "a.npy", pairs)
    whole = (folder / "a.parquet").read_bytes()
    (folder / "bad.parquet").write_bytes(whole[:4] + bytes(20_000) + whole[20_004:])
    return folder


@pytest.mark.parametrize("turn", TURNS)
def test_two_hundred_turns_leave_nothing(folder, turn):
    prelude = "import pyarrow.feather\ntable = pyarrow.feather.read_table(folder + '/a.feather')"
    body = TURNS[turn].strip().replace("\n", "\n    ")
    child = run_child(
        f"""
import os, time
import numpy as np
import drypoint as dp
folder = {str(folder)!r}
pairs = np.load(folder + "/a.npy")
points = {{"x": pairs[:, 0].copy(), "y": pairs[:, 1].copy()}}
kinds = ["oak", "ash", "elm", "yew"] * 5000
{prelude if "table" in TURNS[turn] else ""}
def draw(source, **more):
    return dp.draw(source, x="x", y="y", width=400, height=300, threads=2, **more)
def turn():
    {body}
def state():
    # A thread that was told to end may need an instant for it.
    for _ in range(100):
        if len(os.listdir("/proc/self/task")) == tasks:
            break
        time.sleep(0.01)
    resident = int(open("/proc/self/statm").read().split()[1]) * 4096
    return [resident, len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), dp.memory()["reserved"]]
tasks = len(os.listdir("/proc/self/task"))
for _ in range(40):
    turn()
before = state()
for _ in range(200):
    turn()
result = [before, state()]
"""
    )
    before, after = child.result
    assert after[0] - before[0] < 2 * MB, "resident"
    assert after[1:] == before[1:], "descriptors, threads, reserved"
