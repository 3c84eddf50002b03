"""What is held now and was not before: by whom, how much, and what is no growth."""

from __future__ import annotations

import drypoint as dp
import numpy as np
from drypoint._report.growth import grown_since

MB = 1_000_000
KEPT: list[object] = []
HERE = f"module {__name__} → "


class Holder:
    """Something with attributes."""


def mine(before: dp.Snapshot) -> dict[str, dict[str, object]]:
    """Growth of the names of this module."""
    _, grown = grown_since(before)
    return {row["name"].removeprefix(HERE): row for row in grown if row["name"].startswith(HERE)}


def test_a_list_that_grew_is_told_once_with_the_line_of_what_it_got():
    KEPT[:] = [bytearray(MB)]
    with dp.scope(close=False):
        before = dp.snapshot()
        KEPT.extend(np.ones(MB) for _ in range(3))
        found = mine(before)
    assert set(found) == {"KEPT"}
    assert 24 * MB <= found["KEPT"]["bytes"] < 24.1 * MB and found["KEPT"]["type"] == "list"
    assert found["KEPT"]["line"].startswith("test_growth.py:")
    KEPT.clear()


def test_another_of_the_same_size_is_no_growth():
    KEPT[:] = [np.ones(MB)]
    before = dp.snapshot()
    KEPT[:] = [np.ones(MB)]
    assert mine(before) == {}
    KEPT[:] = [np.ones(2 * MB)]
    assert 8 * MB <= mine(before)["KEPT[0]"]["bytes"] < 8.1 * MB
    KEPT.clear()


def test_another_name_is_no_growth():
    thing = bytearray(2 * MB)
    before = dp.snapshot()
    KEPT.append(thing)
    del thing
    assert mine(before) == {}
    KEPT.clear()


def test_an_object_stands_for_the_dict_of_its_attributes():
    before = dp.snapshot()
    held = Holder()
    held.first, held.second = bytearray(MB), bytearray(MB)
    KEPT.append(held)
    del held
    (row,) = mine(before).values()
    assert row["name"] == f"{HERE}KEPT[0]" and row["type"].endswith("Holder")
    assert 2 * MB <= row["bytes"] < 2.1 * MB
    KEPT.clear()


def test_garbage_and_the_looks_themselves_are_not_told():
    before = dp.snapshot()
    cycle: list[object] = [bytearray(3 * MB)]
    cycle.append(cycle)
    del cycle
    _, grown = grown_since(before)
    assert not [row for row in grown if "napshot" in row["name"] or row["bytes"] > 2 * MB], grown
