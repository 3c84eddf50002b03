"""Sparse arrays are in the budget, have a name there, and are what they say from outside too."""

from __future__ import annotations

import drypoint as dp
import numpy as np
from child import MB, run_child


def reserved():
    return dp.memory()["consumers"].get("sparse arrays", {"reserved": 0})["reserved"]


def test_the_ledger_names_them_until_they_are_closed():
    before = reserved()
    items = np.zeros((1000, 1000))
    items[::3] = 1.0
    array = dp.CooArray(items)
    assert array.nbytes <= reserved() - before <= 1.3 * array.nbytes
    view = array.data
    array.close()
    assert reserved() > before  # the view still shows the values
    del view
    assert reserved() == before


def test_more_than_the_budget_is_refused_and_leaves_nothing():
    program = """
import drypoint as dp, numpy as np
items = np.ones((3000, 2000))
few = dp.CooArray(([1.0], ([0], [0])), (3000, 2000))
dp.set_budget("30MB")
before = dp.memory()["reserved"]
result = []
for work in (lambda: dp.CooArray(items), few.to_dense, lambda: np.asarray(few)):
    try:
        work()
    except dp.BudgetExceeded as error:
        result.append(error.consumer)
result.append(dp.memory()["reserved"] - before)
"""
    assert run_child(program).result == ["sparse arrays", "dense array", "dense array", 0]


def test_snapshots_show_stored_and_dense_bytes():
    items = np.zeros((2000, 1000))
    items[::2] = 1.0
    array = dp.CsrArray(items)
    found = dp.holders(array)
    assert "CsrArray of 16.0 MB in 10.0 MB" in repr(found)
    assert found.retained >= array.nbytes
    array.close()
    assert "closed CsrArray" in repr(dp.holders(array))


def test_a_stream_with_duplicates_is_held_by_its_places():
    program = """
import drypoint as dp, numpy as np
def visits():
    rng = np.random.default_rng(1)
    for part in range(60):
        yield rng.integers(0, 300, 100_000, "u2"), rng.integers(0, 300, 100_000, "u2"), np.ones(100_000, "u4")
array = dp.CooArray.from_triplets(visits(), (300, 300), sum_duplicates=True)
result = [int(array.sum()), array.nnz, dp.memory()["consumers"]["sparse arrays"]["peak"]]
"""
    total, nnz, peak = run_child(program).result
    assert (total, nnz) == (6_000_000, 90_000)
    assert peak < 8 * MB  # 6 million entries would be 48 MB


def test_a_matrix_is_made_and_drawn_in_little_more_than_itself():
    program = """
import drypoint as dp, numpy as np
def entries():
    rng = np.random.default_rng(1)
    for part in range({parts}):
        yield rng.integers(0, 60_000, 100_000, "u2"), rng.integers(0, 60_000, 100_000, "u2"), np.ones(100_000, "f4")
matrix = dp.CsrArray.from_triplets(entries(), (60_000, 60_000))
figure = dp.spy(matrix)
peak = dp.memory()["consumers"]["sparse arrays"]["peak"]
result = [matrix.nnz, matrix.nbytes, int(np.asarray(figure.aggregate).sum()), peak]
"""
    small = run_child(program.format(parts=1))
    large = run_child(program.format(parts=40))
    nnz, stored, drawn, peak = large.result
    assert nnz == drawn and stored < 6.2 * nnz
    assert peak < (3 * 8 + 20) * nnz  # coordinates and values three times, and words of 16 bytes to sort
    assert large.peak_resident - small.peak_resident < 100 * nnz  # and blocks that wait to be used again
