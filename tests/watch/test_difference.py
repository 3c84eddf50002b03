"""Two runs compared: a cure makes a finding go, moved lines are no change, noise is no change."""

from __future__ import annotations

import random

import pytest
import watched
from drypoint._watch.difference import Difference, matches
from drypoint._watch.document import Document
from hypothesis import given
from hypothesis import strategies as st


def compare(before, after):
    return Difference(Document(before), Document(after))


def cured():
    """The sample after the line with the leak was mended, two lines further down."""
    plain = watched.plain(turns=40, kept=3_000)
    plain["findings"] = [found for found in plain["findings"] if found["verdict"] != "leak"]
    for row in plain["findings"] + plain["by_line"]:
        if row["line"]:
            file, number = row["line"].split(":")
            row["line"] = f"{file}:{int(number) + 2}"
    return plain


def test_a_cure_makes_the_finding_go_and_moved_lines_are_the_same():
    difference = compare(watched.plain(), cured())
    assert [found["verdict"] for found in difference.gone] == ["leak"]
    assert (difference.new, difference.changed, difference.same) == ([], [], 3)
    assert [(a["line"], b["line"]) for a, b in difference.lines] == [("app.py:42", "app.py:44")]


def test_the_other_way_round_it_is_new():
    difference = compare(cured(), watched.plain())
    assert [found["verdict"] for found in difference.new] == ["leak"]
    assert (difference.gone, difference.changed, difference.same) == ([], [], 3)


def test_the_same_run_does_not_differ():
    difference = compare(watched.plain(), watched.plain())
    assert (difference.new, difference.gone, difference.changed, difference.lines) == ([], [], [], [])
    assert difference.same == 4
    assert all(before == after for _, before, after in difference.sizes)


def test_noise_is_no_change_and_bytes_of_a_turn_count_before_those_of_the_run():
    before, after = watched.plain(), watched.plain()
    after["findings"][1]["bytes"] *= 3  # a run three times as long
    after["findings"][1]["bytes_per_turn"] += 60_000
    after["findings"][2]["bytes"] = int(after["findings"][2]["bytes"] * 1.08)
    assert compare(before, after).changed == []
    after["findings"][1]["bytes_per_turn"] *= 2
    after["findings"][2]["bytes"] *= 2
    changed = compare(before, after).changed
    assert [found["verdict"] for found, _ in changed] == ["leak", "allocator"]


def test_a_leak_that_became_a_cache_is_one_change():
    after = watched.plain()
    after["findings"][1] |= {"verdict": "cache", "holder": None}
    difference = compare(watched.plain(), after)
    assert [(a["verdict"], b["verdict"]) for a, b in difference.changed] == [("leak", "cache")]
    assert (difference.new, difference.gone, difference.same) == ([], [], 3)


def test_lines_that_only_one_run_has():
    after = watched.plain()
    row = after["by_line"].pop(2)
    after["by_line"].append({**row, "function": "mosaic", "live": 70_000_000, "peak": 80_000_000})
    after["by_line"].append({**row, "function": "tiny", "live": 0, "peak": 900, "per_turn": None})
    lines = compare(watched.plain(), after).lines
    assert [(a and a["function"], b and b["function"]) for a, b in lines] == [
        (None, "mosaic"),
        ("blend", None),
    ]


def test_plain_data_holds_all():
    told = compare(watched.plain(), cured()).to_dict()
    assert told["before"]["turns"]["count"] == 23 and told["after"]["turns"]["count"] == 40
    assert told["sizes"][0]["change"] == told["sizes"][0]["after"] - told["sizes"][0]["before"] < -50_000_000
    assert told["findings"]["same"] == 3 and len(told["findings"]["gone"]) == 1
    assert told["by_line"][0]["after"]["per_turn"] == 3_000


ROWS = st.lists(st.fixed_dictionaries({"a": st.integers(0, 3), "b": st.integers(0, 2)}), max_size=8)
KEYS = [lambda row: (row["a"], row["b"]), lambda row: row["a"]]


@given(ROWS, ROWS)
def test_every_row_is_paired_once_or_left(before, after):
    pairs, gone, new = matches(before, after, KEYS)

    def same(rows):
        return sorted(map(id, rows))

    assert same([a for a, _ in pairs] + gone) == same(before)
    assert same([b for _, b in pairs] + new) == same(after)
    assert all(a["a"] == b["a"] for a, b in pairs)


@given(ROWS, st.randoms())
def test_a_list_in_another_order_is_the_same_list(rows, order: random.Random):
    shuffled = order.sample(rows, len(rows))
    pairs, gone, new = matches(rows, shuffled, KEYS)
    assert gone == new == [] and all(a == b for a, b in pairs)


@pytest.mark.parametrize("make", [watched.quiet, watched.hostile])
def test_any_two_runs_compare(make):
    there, back = compare(watched.plain(), make()), compare(make(), watched.plain())
    assert len(there.new) == len(back.gone) and len(there.gone) == len(back.new)
    assert len(there.lines) == len(back.lines)
