"""A watched run as a file: whole or not at all, and refused in one sentence where it is not what it should be."""

from __future__ import annotations

import copy
import json
import os

import drypoint as dp
import pytest
import watched
from child import run_child
from drypoint._watch import shape
from drypoint._watch.document import Document, place
from drypoint._watch.verdicts import VERDICTS
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("make", [watched.plain, watched.quiet, watched.hostile])
def test_what_is_saved_is_loaded(make, tmp_path):
    path = tmp_path / "run.json"
    document = Document(make())
    document.save(path)
    assert Document.load(path) == document
    assert Document.load(path).plain == make()
    assert json.loads(path.read_text())["version"] == 1
    assert os.listdir(tmp_path) == ["run.json"]


def test_what_was_there_stays_when_it_cannot_be_written(tmp_path):
    path = tmp_path / "nowhere" / "run.json"
    with pytest.raises(dp.OutputError):
        Document(watched.plain()).save(path)
    here = tmp_path / "run.json"
    here.write_text("before")
    broken = Document(watched.plain())
    broken.plain["more"] = {1, 2}
    with pytest.raises(TypeError):
        broken.save(here)
    assert here.read_text() == "before"


def spoilt(*path, value=...):
    """The sample with one member set, or taken out."""
    plain = copy.deepcopy(watched.plain())
    *way, last = path
    inner = plain
    for step in way:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return plain


WRONG = [
    ([1], "the document is not an object"),
    ({}, "it has no version"),
    (spoilt("version", value=2), "it is of version 2, this Drypoint reads version 1"),
    (spoilt("version", value=True), "it is of version True"),
    (spoilt("version", value="9" * 99), "of version '999"),
    (spoilt("resident"), "it has no resident"),
    (spoilt("resident", "peak"), "it has no resident.peak"),
    (spoilt("resident", "peak", value="61 MB"), "resident.peak is not a number"),
    (spoilt("seconds", value=True), "seconds is not a number"),
    (spoilt("seconds", value=2**70), "seconds is out of range"),
    (spoilt("live", value=[]), "live is not an object"),
    (spoilt("command", value="app.py"), "command is not a list"),
    (spoilt("command", 1, value=20), "command[1] is not a text"),
    (spoilt("turns", "how", value="guessed"), "turns.how is 'guessed', not one of found, told, none"),
    (spoilt("findings", 2, "verdict", value="drip"), "findings[2].verdict is 'drip', not one of leak,"),
    (spoilt("findings", 1, "message", value=None), "findings[1].message is not a text"),
    (spoilt("findings", 0, "evidence", value=["a", 2]), "findings[0].evidence[1] is not a text"),
    (spoilt("unseen", value="the heap"), "unseen is not a list"),
    (spoilt("unseen", value=["The heap.", 1]), "unseen[1] is not a text"),
    (spoilt("by_line", 1, "kind"), "it has no by_line[1].kind"),
    (spoilt("timeline", "live", 3), "differ in length (seconds 184, resident 184, live 183"),
    (spoilt("timeline", "turns"), "it has no timeline.turns"),
]


@pytest.mark.parametrize(("plain", "told"), WRONG, ids=[told[:40] for _, told in WRONG])
def test_a_wrong_shape_is_told_with_its_place(plain, told, tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(plain))
    with pytest.raises(dp.CorruptData) as error:
        Document.load(path)
    assert told in str(error.value) and str(path) in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(dp.BadArgument) as error:
        Document(plain)
    assert told in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        json.dumps(watched.plain()).encode()[:-40],
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xfe\x00",
        b'{"version": NaN}',
        b"[" * 100_000,
        b'{"version": ' + b"1" * 5000 + b"}",
    ],
    ids=["empty", "brace", "cut", "png", "bytes", "nan", "deep", "long"],
)
def test_damaged_files_are_told(text, tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(text)
    with pytest.raises(dp.CorruptData, match=r"run\.json is no file of a watch"):
        Document.load(path)


def test_no_file_and_no_right_to_read(tmp_path):
    with pytest.raises(dp.SourceNotFound, match="No such file"):
        Document.load(tmp_path / "absent.json")
    with pytest.raises(dp.SourceNotFound, match="directory"):
        Document.load(tmp_path)


def test_what_may_be_left_out_and_what_is_added_is_let_through():
    plain = watched.plain()
    for name in ("line", "function", "holder", "chain", "fix", "bytes_per_turn", "count"):
        plain["findings"][0][name] = None
        del plain["findings"][1][name]
    assert "unseen" not in plain and Document(plain).unseen == []
    plain["unseen"] = None
    assert Document(plain).unseen == []
    plain["later"] = {"a": 1}
    plain["findings"][0]["later"] = [1]
    assert Document(plain)["later"] == {"a": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(watched.plain())), JSON)
def test_any_member_replaced_is_accepted_or_told(name, value):
    plain = {**watched.plain(), name: value}
    told = shape.complaint(plain)
    assert told is None or (name in told and "\n" not in told)


def test_faults_come_before_notes_and_most_bytes_first():
    document = Document(watched.plain())
    assert [found["verdict"] for found in document.faults] == ["leak", "garbage", "handle"]
    assert [found["verdict"] for found in document.notes] == ["allocator"]
    assert repr(document) == "<watched app.py --title 'two words' 23: 3 faults, 1 notes>"


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ({"count": 1, "how": "found", "line": None, "function": None}, "1 turn found"),
        (
            {"count": 23, "how": "found", "line": "a.py:9", "function": "main"},
            "23 turns found at a.py:9 in main",
        ),
        ({"count": 2_000, "how": "told", "line": None, "function": None}, "2,000 turns, as the program told"),
        ({"count": 0, "how": "none", "line": None, "function": None}, "no turns found"),
    ],
)
def test_turns_in_words(turns, told):
    assert Document({**watched.plain(), "turns": turns}).turns == told


def test_place():
    assert place({}) is None
    assert place({"line": "a.py:1"}) == "a.py:1"
    assert place({"line": None, "function": "f"}) == "in f"


def test_verdicts_are_those_that_are_documented(request):
    page = request.config.rootpath / "docs" / "verdicts.md"
    text = page.read_text()
    for word in VERDICTS:
        assert f"\n## {word}\n" in text


def test_what_an_observer_makes_is_a_document():
    """A program that keeps views of arrays, observed in a process of its own; the document is shown in every way."""
    found = run_child("""
import numpy as np
from drypoint._watch import page, terminal
from drypoint._watch.document import Document
from drypoint._watch.observer import Observer
observer, kept = Observer(), []
observer.start()
for turn in range(12):
    kept.append(np.ones((400, 400))[:4])
    observer.turn()
plain = {"command": ["app.py"], "exit": {"code": 0, "reason": "finished"}, **observer.stop()}
document = Document(plain)
text = page.render(document)
result = [found["verdict"] for found in document.faults], terminal.render(document), "<h2 id=\\"by-line\\">" in text
""").result
    verdicts, text, has_lines = found
    assert "leak" in verdicts and has_lines
    assert "12 turns, as the program told" in text and "\nLEAK  " in text and "by line" in text


WATCHED = """
import drypoint as dp
from drypoint._lifetime import reuse
from drypoint._watch.observer import Observer
observer, kept = Observer(), []
{before}
observer.start()
for turn in range(12):
    kept.append(bytearray(100_000))
    observer.turn()
{after}
plain = observer.stop()
result = plain["unseen"], plain["findings"], len(observer.looks)
"""


def test_a_watch_that_saw_all_has_nothing_unseen():
    unseen, _, looks = run_child(WATCHED.format(before="", after="")).result
    assert unseen == [] and looks > 1


def test_looks_that_the_budget_refused_are_told():
    full = "dp.set_budget('10kB')"
    unseen, findings, looks = run_child(WATCHED.format(before=full, after="")).result
    assert (findings, looks) == ([], 0)
    (told,) = unseen
    assert told.startswith(
        "The heap could not be looked at, so that most findings are not told: heap snapshot asked"
    )
    assert "the budget of 10000 B" in told and told.endswith(".")
    unseen, _, looks = run_child(WATCHED.format(before="", after=full)).result
    (told,) = unseen
    assert told.startswith("Not all looks at the heap could be taken: heap snapshot asked") and looks > 0


def test_arrays_of_another_allocator_are_told():
    refuse = """
def pool_process(on):
    raise dp.HandlerConflict('NumPy\\'s memory is managed by "shifted" already. Set its own handler again first')
reuse.pool_process = pool_process
"""
    (told,), _, looks = run_child(WATCHED.format(before=refuse, after="")).result
    assert told.startswith(
        'Which lines made large arrays is not known: NumPy\'s memory is managed by "shifted"'
    )
    assert told.endswith("first.") and looks > 1
