"""Tables of categories against a slow count in Python, whatever the source, the threads and the order."""

from __future__ import annotations

from collections import Counter

import drypoint as dp
import numpy as np
import pytest

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"]


def rows(n=5000, seed=6):
    rng = np.random.default_rng(seed)
    day = np.array(DAYS)[np.minimum(rng.geometric(0.4, n) - 1, 4)]
    kind = np.array(["tea", "coffee", "élan"])[rng.integers(0, 3, n)]
    return {
        "day": day.tolist(),
        "kind": kind.tolist(),
        "hour": rng.uniform(0, 24, n),
        "price": rng.integers(0, 50, n).astype(float),
        "month": rng.integers(1, 13, n),
    }


def parts(data, size=700):
    for start in range(0, len(data["hour"]), size):
        yield {name: column[start : start + size] for name, column in data.items()}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("streamed", [False, True])
def test_pairs_are_counted(threads, streamed):
    data = rows()
    source = parts(data) if streamed else data
    found = dp.Canvas().heatmap(source, "day", "kind", threads=threads)
    pairs = Counter(zip(data["day"], data["kind"], strict=True))
    assert found.x_categories == sorted(DAYS)
    assert found.y_categories == ["élan", "tea", "coffee"]  # the first is on top, the last row
    expected = [[pairs[day, kind] for day in found.x_categories] for kind in found.y_categories]
    assert np.asarray(found).tolist() == expected
    assert (found.rows, found.skipped) == (5000, 0)


@pytest.mark.parametrize("fold", ["mean", "max", "std", "first", "last", "sum"])
def test_every_fold_equals_that_of_the_rows_of_a_pair(fold):
    data = rows()
    found = dp.Canvas().heatmap(data, "day", "kind", getattr(dp, fold)("price"))
    day, kind = np.array(data["day"]), np.array(data["kind"])
    slow = {"first": lambda v: v[0], "last": lambda v: v[-1]}.get(fold) or getattr(np, fold)
    for row, name in enumerate(found.y_categories):
        for column, other in enumerate(found.x_categories):
            here = data["price"][(day == other) & (kind == name)]
            assert np.asarray(found)[row, column] == pytest.approx(slow(here), rel=1e-12)


def test_categories_stand_in_the_order_asked_for():
    data = rows()
    by_count = [day for day, _ in Counter(data["day"]).most_common()]
    found = dp.Canvas().heatmap(parts(data), "day", "kind", order="count")
    assert found.x_categories == by_count
    met = list(dict.fromkeys(data["day"]))
    for threads in (1, 3):
        found = dp.Canvas().heatmap(data, "day", "kind", order="appearance", threads=threads)
        assert found.x_categories == met
    first = dict.fromkeys(data["kind"])
    assert found.y_categories[::-1] == list(first)


def test_numbers_are_binned_beside_categories():
    data = rows()
    found = dp.Canvas(24, 9, x_range=(0, 24)).heatmap(data, "hour", "day")
    assert (np.asarray(found).shape, found.x_categories) == ((5, 24), [])
    for row, day in enumerate(found.y_categories):
        here = data["hour"][np.array(data["day"]) == day]
        np.testing.assert_array_equal(np.asarray(found)[row], np.histogram(here, 24, (0, 24))[0])
    # Without a range it is looked for first, in a stream too.
    whole = np.asarray(dp.Canvas(10, 9).heatmap(data, "hour", "day"))
    np.testing.assert_array_equal(np.asarray(dp.Canvas(10, 9).heatmap(parts(data), "hour", "day")), whole)
    assert whole.sum() == 5000


def test_integers_are_categories_where_that_is_said():
    data = rows()
    found = dp.Canvas().heatmap(data, "month", "kind", categories=["month"])
    assert found.x_categories == [str(month) for month in range(1, 13)]
    assert np.asarray(found).sum() == 5000


def test_a_plane_for_each_category_of_a_third_column():
    data = rows()
    both = dp.Canvas().heatmap(data, "day", "kind", dp.by("month", dp.count()))
    assert np.asarray(both).shape == (3, 5, 12)
    np.testing.assert_array_equal(
        np.asarray(both).sum(axis=2), np.asarray(dp.Canvas().heatmap(data, "day", "kind"))
    )


def test_tables_are_saved_and_merged_with_their_categories(tmp_path):
    data = rows()
    table = dp.Canvas().heatmap(data, "day", "kind", dp.mean("price"))
    table.save(tmp_path / "table.npz")
    loaded = dp.Aggregate.load(tmp_path / "table.npz")
    assert (loaded.x_categories, loaded.y_categories) == (table.x_categories, table.y_categories)
    np.testing.assert_allclose(np.asarray(loaded + table), np.asarray(table))
    other = dp.Canvas().heatmap({**data, "day": ["Sun"] * 5000}, "day", "kind", dp.mean("price"))
    with pytest.raises(dp.BadArgument, match="different canvases"):
        table + other


def test_rows_without_a_category_are_skipped_and_counted():
    found = dp.Canvas().heatmap({"a": ["x", None, "y"], "b": ["p", "p", None]}, "a", "b")
    assert (found.rows, found.skipped, np.asarray(found).tolist()) == (3, 2, [[1, 0]])


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "says"),
    [
        ("dayy", "kind", {}, dp.MissingColumn, "did you mean"),
        ("day", "kind", {"order": "size"}, dp.BadArgument, "order"),
        ("day", "kind", {"max_categories": 2}, dp.BadArgument, "more than 2 categories"),
        ("day", "kind", {"categories": ["hour"]}, dp.MissingColumn, "neither x"),
        ("day", "kind", {"categories": "hour"}, dp.BadArgument, "list of names"),
        ("day", "hour", {"categories": ["hour"]}, dp.NotNumeric, "categories are text"),
        ("day", "kind", {"max_categories": 100_000}, dp.BadArgument, "too many"),
    ],
)
def test_bad_input_has_one_clear_error(x, y, options, error, says):
    with pytest.raises(error, match=says):
        dp.Canvas().heatmap(rows(100), x, y, **options)
