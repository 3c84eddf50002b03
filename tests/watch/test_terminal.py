"""A watched run as text: as wide as it may be, coloured only where it may be, and nothing in it that a terminal obeys."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import termios

import pytest
import watched
from drypoint._watch import cells, terminal
from drypoint._watch.document import Document
from hypothesis import given
from hypothesis import strategies as st

SGR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("make", [watched.plain, watched.quiet, watched.hostile])
@pytest.mark.parametrize("columns", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(make, columns):
    text = terminal.render(Document(make()), columns)
    widest = max(text.splitlines(), key=cells.width)
    # A table that cannot be cut any further stays as it is in a terminal of 40 cells.
    assert cells.width(widest) <= (columns if columns > 40 else 80), widest
    for line in text.splitlines():
        assert line.isprintable() and line == line.rstrip()


@pytest.mark.parametrize("make", [watched.plain, watched.quiet, watched.hostile])
def test_colours_add_nothing_but_colours(make):
    document = Document(make())
    assert SGR.sub("", terminal.render(document, 80, color=True)) == terminal.render(document, 80)
    assert "\x1b" not in terminal.render(document, 80)


def test_what_is_told():
    text = terminal.render(Document(watched.plain()), 100)
    head, *blocks = text.split("\n\n")
    assert head.splitlines() == [
        "app.py --title 'two words' 23",
        "  23 turns found at app.py:97 in main, 1.84 s",
        "  resident 61.0 MB → at most 137 MB → 137 MB",
        "  large arrays at most 63.6 MB, 63.6 MB at the end",
    ]
    assert blocks[0].splitlines() == [
        "LEAK  63.6 MB · +2.8 MB a turn · app.py:42 in step",
        "  ICONS (module global, list) holds 23 views of 3.1 kB; each keeps its base frame of 2.8 MB alive",
        "  (made at app.py:42 in step). Store frame[...].copy() instead.",
        "  held by  module __main__ → ICONS[3].base",
        "  because  23 made, 23 alive; grew in each of 3 intervals (95% sure)",
    ]
    assert [block.split()[0] for block in blocks] == [
        "LEAK",
        "GARBAGE",
        "HANDLE",
        "no",
        "ALLOCATOR",
        "by",
        "by",
    ]
    lines = blocks[-1].splitlines()
    assert lines[1].split() == ["line", "kind", "made", "a", "turn", "at", "the", "end", "at", "most"]
    assert lines[2].split()[:4] == ["app.py:42", "in", "step", "numpy.ndarray"]
    assert [line.split()[0] for line in lines[2:]] == ["app.py:42", "app.py:77", "app.py:61"]


def test_a_cure_that_the_sentence_does_not_hold_follows_it():
    plain = watched.plain()
    plain["findings"] = [{**plain["findings"][1], "fix": "Call plt.close(fig) after saving."}]
    text = terminal.render(Document(plain), 120)
    assert "copy() instead.\n  Call plt.close(fig) after saving.\n  held by" in text


def test_nothing_found_is_one_line():
    blocks = terminal.render(Document(watched.quiet())).split("\n\n")
    assert blocks[1:] == ["Nothing found: no leak, no open handle, no waste."]


def test_what_could_not_be_seen_is_told_last_and_quietly():
    plain = {**watched.plain(), "unseen": ["The heap could not be looked at.", "Lines are not known."]}
    told = "not seen\n  The heap could not be looked at.\n  Lines are not known."
    blocks = terminal.render(Document(plain)).split("\n\n")
    assert blocks[-3] == told and blocks[-2].startswith("by kind")
    assert "\x1b[2m  Lines are not known.\x1b[0m" in terminal.render(Document(plain), color=True)
    plain = {**watched.quiet(), "unseen": plain["unseen"]}
    assert terminal.render(Document(plain)).split("\n\n")[1:] == [
        "Nothing found in what could be seen.",
        told,
    ]


def test_notes_alone_are_no_fault():
    plain = watched.plain()
    plain["findings"] = [found for found in plain["findings"] if found["verdict"] == "allocator"]
    assert "\n\nNothing to change. Good to know:\n\nALLOCATOR" in terminal.render(Document(plain))


def test_a_program_that_failed_says_so():
    plain = watched.plain()
    plain["exit"] = {"code": 1, "reason": "raised ValueError: no such month"}
    assert "1.84 s, raised ValueError: no such month\n" in terminal.render(Document(plain))


def test_tables_have_twelve_rows_and_say_how_many_more():
    plain = watched.plain()
    plain["by_line"] = [{**plain["by_line"][0], "line": f"app.py:{n}", "peak": n} for n in range(1, 1501)]
    lines = terminal.render(Document(plain)).split("\n\n")[-1].splitlines()
    assert len(lines) == 2 + 12 + 1
    assert lines[2].startswith("  app.py:1500 ") and lines[-1] == "  and 1,488 more"


@pytest.mark.parametrize(
    ("stream", "environment", "colours"),
    [
        (Terminal, {}, True),
        (Terminal, {"NO_COLOR": "1"}, False),
        (Terminal, {"NO_COLOR": ""}, True),
        (Terminal, {"TERM": "dumb"}, False),
        (io.StringIO, {}, False),
    ],
)
def test_colours_are_for_terminals(stream, environment, colours, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "90")
    out = stream()
    terminal.write(Document(watched.plain()), out)
    assert ("\x1b[1;31mLEAK\x1b[0m" in out.getvalue()) == colours
    assert max(map(len, SGR.sub("", out.getvalue()).splitlines())) <= 90


@pytest.mark.parametrize(
    ("given", "terminal_has", "cells"),
    [
        (None, 100, 100),
        ("90", 100, 90),
        ("none", 70, 70),
        ("0", 70, 70),
        ("1", 70, 40),
        (None, 400, 120),
        (None, 0, 80),
    ],
)
def test_cells_are_those_of_the_stream(given, terminal_has, cells, monkeypatch):
    """Of the terminal that the text goes to, not of standard output."""
    monkeypatch.delenv("COLUMNS", raising=False)
    if given is not None:
        monkeypatch.setenv("COLUMNS", given)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, terminal_has, 0, 0))
    with open(theirs, "w") as stream:
        assert terminal.columns(stream) == cells
    os.close(ours)


def test_cells_of_what_is_no_terminal(monkeypatch, tmp_path):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert terminal.columns(io.StringIO()) == 80
    with open(tmp_path / "text", "w") as stream:
        assert terminal.columns(stream) == 80


@given(st.text())
def test_printable_text_is_one_line_and_only_shown(text):
    shown = cells.printable(text)
    assert shown.isprintable()
    if text.isascii() and text.isprintable():
        assert shown.split() == text.split()


@given(st.text(alphabet="ab 図é\u0301", max_size=60).map(cells.printable), st.integers(3, 20))
def test_wrapped_lines_fit_and_lose_nothing(text, room):
    lines = cells.wrap(text, room)
    assert all(cells.width(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.text(alphabet="ab/図", max_size=30), st.integers(3, 20))
def test_what_is_cut_fits_and_keeps_its_end(text, room):
    shown = cells.fit(text, room)
    assert cells.width(shown) <= room
    assert shown == text or (shown[0] == "…" and text.endswith(shown[1:]))
