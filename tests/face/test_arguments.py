"""Wrong arguments: whatever comes, one clear sentence of a documented class that names the argument."""

from __future__ import annotations

import re

import drypoint as dp
import numpy as np
import pytest
from drypoint import _arguments

POINTS = {"x": np.arange(10.0), "y": np.arange(10.0), "v": np.arange(10.0), "c": ["a", "b"] * 5}
CANVAS = dp.Canvas(20, 10)
#: Words of a failed conversion, which tell a caller nothing.
GIBBERISH = re.compile(
    r"interpreted as|is not an instance of|argument '|converted|integral type|codec|ambiguous|<class"
)


@pytest.fixture(scope="module")
def counts():
    return CANVAS.points(POINTS, "x", "y")


@pytest.fixture(scope="module")
def by_kind():
    return CANVAS.points(POINTS, "x", "y", dp.by("c"))


def draw(**options):
    return dp.draw(POINTS, **{"x": "x", "y": "y", **options})


NOTHING_FITS = [b"abc", object(), {}, 1j, np.arange(3), "\ud800", (1, 2, 3), [None], float("nan")]
NO_NUMBER = [*NOTHING_FITS, "abc", "", [], (1, 2)]
NO_WHOLE = [*NO_NUMBER, 1.5, -(10**30), 10**30, -1, np.float64(2.5)]
NO_TEXT = [*NOTHING_FITS, 1, 1.5, [], True]
NO_WORD = [*NO_TEXT, "abc", "", "\0"]

DRAW = {
    "x": NO_WORD,
    "color": NO_WORD,
    "width": NO_WHOLE,
    "height": NO_WHOLE,
    "title": NO_TEXT,
    "caption": NO_TEXT,
    "x_label": NO_TEXT,
    "y_label": NO_TEXT,
    "x_range": [
        *NO_WORD,
        (1, "a"),
        ("a", "b"),
        (None, None),
        (2, 1),
        (1, 1),
        (0, float("inf")),
        (0, 10**400),
    ],
    "x_scale": NO_WORD,
    "cmap": NO_WORD,
    "how": NO_WORD,
    "span": [*NO_WORD, (1,), (2, 1), (float("nan"), 1), ("a", "b"), (None, 1)],
    "spread": [*NO_WHOLE, 101],
    "theme": NO_WORD,
    "scale": [*NO_NUMBER, 0, -1, 9, float("inf"), 10**400, True],
    "memory": [*NO_WORD[:-4], "lots", 1.5, -1, 0, 10**30],
    "threads": [*NO_WHOLE, 0, True],
    "exact": [*NO_NUMBER, 1, 0],
    "progress": NO_NUMBER,
}


@pytest.mark.parametrize("name", DRAW)
def test_arguments_of_draw(name):
    for value in DRAW[name]:
        with pytest.raises(dp.DrypointError) as caught:
            draw(**{name: value})
        message = str(caught.value)
        assert message and "\n" not in message and not GIBBERISH.search(message), (value, message)


SHADE = {
    "cmap": [*NO_WORD, [], ["red", 1], ["red", "bleu"], [(0, 0, 300)], [(0, 0)], {}, {"a": "bleu"}],
    "how": NO_WORD,
    "span": DRAW["span"],
    "background": NO_WORD,
    "spread": DRAW["spread"],
    "min_alpha": [*NO_WHOLE, 256],
}


@pytest.mark.parametrize("name", SHADE)
def test_arguments_of_shade(name, counts, by_kind):
    for value in SHADE[name]:
        for aggregate in (counts, by_kind):
            with pytest.raises(dp.DrypointError) as caught:
                aggregate.shade(**{name: value})
            assert not GIBBERISH.search(str(caught.value)), (value, caught.value)


OTHERS = {
    "scan": (
        dp.scan,
        [None, 1, 1.5, b"abc", object(), np.array(3.0), "", "a\0b", "\ud800", np.zeros((2, 2, 2))],
    ),
    "types": (lambda value: dp.scan("a.csv", types=value), ["abc", 1, [1], {1: "text"}, {"x": 1}]),
    "delimiter": (lambda value: dp.scan("a.csv", delimiter=value), [*NO_TEXT, "ab", ""]),
    "header": (lambda value: dp.scan("a.csv", header=value), ["yes", 1, [], {}]),
    "options of no file": (lambda value: dp.scan(value, delimiter=";"), [POINTS, dp.scan(POINTS), iter([])]),
    "extent": (lambda value: dp.scan(POINTS).extent(value), NO_WORD),
    "columns": (lambda value: dp.scan(POINTS).batches(value), ["x", 1, [1], np.arange(3)]),
    "rows": (lambda value: dp.scan(POINTS).batches(None, value), [*NO_WHOLE, 0]),
    "set_budget": (dp.set_budget, [*NO_WORD, None, 0, -1, 1.5, 10**30]),
    "mean": (dp.mean, [*NO_TEXT, None]),
    "by": (dp.by, [*NO_TEXT, None]),
    "by's fold": (lambda value: dp.by("c", value), [*NO_WORD, dp.by("c")]),
    "save": (draw().save, [None, 1, 1.5, [], object(), "", "\0.png", "\ud800.png", "a.gif", "png", ".png"]),
    "Image.save": (draw().image().save, [None, 1, "", "a.gif", "\ud800.png"]),
    "Aggregate.save": (draw().aggregate.save, [None, 1, "", "a.npy", "\ud800.npz"]),
    "Aggregate.load": (dp.Aggregate.load, [None, 1, "", "\0", "nothing.npz", "."]),
    "constructors": (lambda value: [dp.Aggregate, dp.Image, dp.Source][value](value), [0, 1, 2]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_arguments_of_others(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    function, values = OTHERS[name]
    for value in values:
        with pytest.raises(dp.DrypointError) as caught:
            function(value)
        assert not GIBBERISH.search(str(caught.value)), (value, caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_batch_is_indexed_by_names():
    batch = next(iter(dp.scan(POINTS)))
    with pytest.raises(TypeError, match="name of a column"):
        batch[0]
    with pytest.raises(dp.MissingColumn, match="nothing"):
        batch["nothing"]


def test_the_nearest_word_is_named():
    with pytest.raises(dp.BadArgument, match="did you mean 'eq_hist'"):
        draw(how="eqhist")
    with pytest.raises(dp.BadArgument, match="did you mean 'dark'"):
        draw(theme="darc")


def test_numpy_numbers_are_numbers():
    figure = draw(
        width=np.int64(300),
        height=np.uint8(200),
        threads=np.int32(1),
        scale=np.float32(1),
        exact=np.bool_(True),
        spread=np.int8(1),
        span=np.array([0, 3]),
        x_range=np.array([0, 9]),
    )
    assert figure.aggregate.rows == 10


def test_closed_things_cannot_be_entered(counts):
    for thing in (
        CANVAS.points(POINTS, "x", "y"),
        counts.shade(),
        draw(),
        dp.scan(POINTS),
        dp.scan(iter([POINTS])),
    ):
        thing.close()
        thing.close()
        with pytest.raises(dp.ClosedError, match=f"this {type(thing).__name__} is closed"), thing:
            pass


def test_merging_tells_both_reductions(counts):
    with pytest.raises(dp.BadArgument, match=r"count\(\) and mean\('v'\)"):
        counts + CANVAS.points(POINTS, "x", "y", dp.mean("v"))


def test_a_lower_budget_than_what_is_held_is_refused():
    held = dp.Canvas(1000, 1000, x_range=(0, 9), y_range=(0, 9)).points(POINTS, "x", "y")
    before = dp.memory()["budget"]
    with pytest.raises(dp.BudgetExceeded, match="what is held already") as caught:
        dp.set_budget("1MB")
    assert caught.value.requested >= held.nbytes and caught.value.limit == 1_000_000
    assert dp.memory()["budget"] == before


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        (["a"], "word must be 'a', not 'z'"),
        (("a", "b"), "word must be 'a' or 'b', not 'z'"),
        (["a", "b", "c"], "word must be 'a', 'b' or 'c', not 'z'"),
    ],
)
def test_choices_are_listed_as_a_sentence(choices, told):
    with pytest.raises(dp.BadArgument, match=f"^{told}$"):
        _arguments.choice("z", "word", choices)
