"""The line of the program's own that made a thing: found by the compiled walk as by a plain one, wherever it stands."""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import os
import subprocess
import sys
import threading
import weakref
from os import path

import drypoint as dp
import pytest
from child import run_child
from drypoint import _core

OURS = path.dirname(dp.__file__) + path.sep
STANDARD = path.dirname(path.realpath(os.__file__)) + path.sep


def naive():
    """What `_core.place` should say, by a walk over the frames that anybody can read."""
    frame = sys._getframe(1)
    for _ in range(60):
        code = frame.f_code
        if is_own(code.co_filename):
            name = "" if code.co_name == "<module>" else f" in {code.co_name}"
            return f"{path.basename(code.co_filename)}:{frame.f_lineno}{name}"
        frame = frame.f_back
        if frame is None:
            return None
    return None


def is_own(file):
    if file.startswith("<"):
        return file in ("<stdin>", "<string>") or file.startswith(("<ipython-input", "<python-input"))
    installed = any(f"/{name}/" in file for name in ("site-packages", "dist-packages"))
    return not (installed or file.startswith(OURS) or path.realpath(file).startswith(STANDARD))


def made_at(file, source):
    """Run source as if it stood in a file, and return what its ``made`` is."""
    space = {"_core": _core, "naive": naive}
    exec(compile(source, file, "exec"), space)
    return space["made"]


ALL = "[_core.place(), _core.place(portable=True), naive()]"

#: The place as all three find it, asked for by a library.
three = made_at("/x/site-packages/three.py", f"made = lambda: {ALL}")


def agreed(found):
    assert len(set(found)) == 1, found
    return found[0]


def here():
    return three()


def decorated(function):
    @functools.wraps(function)
    def call():
        return function()

    return call


@decorated
def in_decorator():
    return three()


def generator():
    yield 1
    yield three()


class Maker:
    def __init__(self):
        self.found = three()

    @property
    def asked(self):
        return three()


def in_thread():
    found = []
    thread = threading.Thread(target=lambda: found.extend(here()))
    thread.start()
    thread.join()
    return found


def in_handler():
    try:
        raise KeyError
    except KeyError:
        return here()
    finally:
        assert agreed(here())


def in_library():
    with contextlib.ExitStack() as stack:
        found = []
        stack.callback(lambda: found.extend(here()))
    return found


SHAPES = {
    "function": (here, "here"),
    "decorator": (in_decorator, "in_decorator"),
    "lambda": (lambda: three(), "<lambda>"),
    "generator": (lambda: list(generator())[1], "generator"),
    "method": (lambda: Maker().found, "__init__"),
    "property": (lambda: Maker().asked, "asked"),
    "thread": (in_thread, "here"),
    "handler": (in_handler, "here"),
    "library": (in_library, "here"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_line_is_that_of_a_plain_walk(shape):
    act, function = SHAPES[shape]
    found = agreed(act())
    assert found.startswith("test_places.py:") and found.endswith(f" in {function}")
    assert agreed(act()) == found


def test_each_line_of_a_function_is_a_place_of_its_own():
    first = three()
    second = agreed(three())
    assert agreed(first) != second
    assert [agreed(three()), agreed(three())] == [agreed(three())] * 2


def test_a_call_over_several_lines_and_a_comprehension():
    found = [
        three(
        ),
        *[three() for _ in range(1)],
        *(lambda: [
            three()])(),
    ]  # fmt: skip
    assert [agreed(places).split()[-1] for places in found][::2] == [naive().split()[-1], "<lambda>"]
    assert agreed(found[1])


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("/home/somebody/app.py", "app.py:2"),
        ("<string>", "<string>:2"),
        ("<stdin>", "<stdin>:2"),
        ("<ipython-input-3-abc>", "<ipython-input-3-abc>:2"),
        ("<python-input-7>", "<python-input-7>:2"),
        ("relative.py", "relative.py:2"),
        ("", ":2"),
        ("/tmp/näme with space\udce9.py", None),
        ("<frozen app>", False),
        ("<template>", False),
        ("/usr/lib/python3/dist-packages/lib.py", False),
        ("/home/x/.venv/lib/python3.11/site-packages/lib/core.py", False),
        (OURS + "_lifetime/new.py", False),
        (path.join(STANDARD, "not_there.py"), False),
        (path.join(STANDARD, "json", "..", "abc.py"), False),
    ],
)
def test_what_is_the_programs_own(file, place):
    """False stands for a library: the line is then that of its caller here."""
    found = made_at(file, f"\nmade = {ALL}")
    if place is None:  # a name that no one can read whole: the line is right, and there is no error
        assert found[0] == found[1] and found[0].endswith("py:2")
    elif place is False:
        assert agreed(found).endswith("in made_at")
    else:
        assert agreed(found) == place


def test_a_link_into_the_standard_library_is_followed(tmp_path):
    link = tmp_path / "link.py"
    link.symlink_to(path.realpath(os.__file__))
    found = made_at(str(link), f"\nmade = {ALL}")
    assert agreed(found).endswith("in made_at")


@pytest.mark.parametrize(("depth", "near"), [(3, True), (55, True), (70, False)])
def test_no_more_than_sixty_frames_are_walked(depth, near):
    source = "def made(depth, ask):\n    return made(depth - 1, ask) if depth else ask()"
    dive = made_at("/x/site-packages/deep.py", source)
    for ask in (_core.place, functools.partial(_core.place, portable=True)):
        found = dive(depth, ask)
        assert (found is not None) == near
        assert not near or found.endswith("in test_no_more_than_sixty_frames_are_walked")


def test_deep_recursion_of_the_program_itself():
    def dive(depth):
        return dive(depth - 1) if depth else here()

    assert agreed(dive(900)).endswith("in here")


def test_a_program_from_standard_input_and_from_the_command_line():
    program = "from drypoint import _core\n\nprint(_core.place())\n"
    for arguments, name in ((["-"], "<stdin>"), (["-c", program], "<string>")):
        done = subprocess.run(
            [sys.executable, *arguments], input=program, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == f"{name}:3"


def test_a_library_that_calls_back():
    found = []
    json.dumps(object(), default=lambda _: found.extend(three()))
    assert agreed(found).endswith("in <lambda>")


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_left_as_it_was_and_does_not_run(on):
    log = []

    def told(phase, info):
        log.append(phase)

    def deep(depth, ask):
        if depth:
            return deep(depth - 1, ask)
        before = len(log)
        ask()
        return len(log) - before

    before, thresholds = gc.isenabled(), gc.get_threshold()
    gc.callbacks.append(told)
    try:
        gc.set_threshold(1, 1, 1)
        (gc.enable if on else gc.disable)()
        assert deep(30, _core.place) == 0
        assert deep(30, functools.partial(_core.place, portable=True)) == 0
        assert gc.isenabled() == on
    finally:
        gc.callbacks.remove(told)
        gc.set_threshold(*thresholds)
        (gc.enable if before else gc.disable)()


def test_codes_of_libraries_are_not_kept_for_ever():
    codes = []
    for number in range(5_000):
        made = made_at(f"/x/site-packages/made{number}.py", "def made(ask):\n    return ask()")
        assert made(_core.place).endswith("in test_codes_of_libraries_are_not_kept_for_ever")
        codes.append(weakref.ref(made.__code__))
    del made
    gc.collect()
    assert sum(code() is not None for code in codes) <= 4_096


def test_more_lines_than_there_are_numbers():
    """Beyond 16,383 a line has no number, and its text is still right; codes of those are not kept."""
    child = run_child("""
import gc, weakref
from drypoint import _core
wrong, codes = [], []
for number in range(21_000):
    space = {"place": _core.place}
    exec(compile(f"def made():\\n    return place()", f"/home/x/made{number}.py", "exec"), space)
    if space["made"]() != f"made{number}.py:2 in made":
        wrong.append(number)
    codes.append(weakref.ref(space["made"].__code__))
del space
gc.collect()
result = [wrong, sum(code() is not None for code in codes) <= 16_383 + 4_096]
""")
    assert child.result == [[], True]


def test_a_scope_says_where_a_thing_was_made():
    class Door:
        pass

    with dp.register_closer(Door, lambda door: None), dp.scope(close=False) as scope:
        door = Door()
        line = sys._getframe().f_lineno - 1
    assert f"test_places.py:{line} in test_a_scope_says_where_a_thing_was_made" in str(scope.report())
    del door
