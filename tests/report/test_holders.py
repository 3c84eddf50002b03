"""The names by which an object is held, as a person would say them."""

import collections
import functools
import threading

import drypoint as dp
import numpy as np
import pytest

MB = 1_000_000
ICONS = []
TABLE = {}
CACHE = {}


def made():
    return bytearray(MB)


HERE = f"module {__name__}"


class Viewer:
    """Holds by an attribute."""

    shown = None

    def __init__(self, pixels):
        self.pixels = pixels

    def redraw(self):
        """For a bound method."""


class Slots:
    """Holds by a slot."""

    __slots__ = ("pixels",)

    def __init__(self, pixels):
        self.pixels = pixels


@functools.lru_cache
def page(number):
    return made()


def collect(thing, into=[]):  # noqa: B006
    into.append(thing)


def closing(pixels):
    return lambda: pixels


def frames():
    frame = made()
    yield 1
    yield frame


def failing():
    canvas = made()
    raise ValueError(len(canvas))


def failed():
    try:
        failing()
    except ValueError as error:
        return error


def in_list():
    ICONS.extend([1, made()])
    return ICONS[1]


def in_table():
    TABLE["big", 3] = made()
    return TABLE["big", 3]


def in_closure():
    pixels = made()
    TABLE["draw"] = closing(pixels)
    return pixels


def in_generator():
    reader = frames()
    next(reader)
    TABLE["reader"] = reader
    return reader.gi_frame.f_locals["frame"]


def in_traceback():
    TABLE["error"] = failed()
    return TABLE["error"].__traceback__.tb_next.tb_frame.f_locals["canvas"]


def in_class():
    Viewer.shown = made()
    return Viewer.shown


def as_default():
    thing = made()
    collect(thing)
    return thing


def as_base():
    array = np.ones(MB)
    TABLE["crop"] = array[:3]
    return array


def by(make):
    def held():
        thing = made()
        TABLE["one"] = make(thing)
        return thing

    return held


HELD = {
    in_list: f"{HERE} → ICONS[1]",
    in_table: f"{HERE} → TABLE[('big', 3)]",
    in_closure: f"{HERE} → TABLE['draw'] → closure variable pixels of closing.<locals>.<lambda>",
    in_generator: f"{HERE} → TABLE['reader'] → generator frames() local frame",
    in_traceback: f"{HERE} → TABLE['error'].__traceback__ → local canvas of failing",
    in_class: f"{HERE} → Viewer.shown",
    as_default: f"{HERE} → collect → default argument into of collect[0]",
    as_base: f"{HERE} → TABLE['crop'].base",
    by(Viewer): f"{HERE} → TABLE['one'].pixels",
    by(Slots): f"{HERE} → TABLE['one'].pixels",
    by(lambda thing: Viewer(thing).redraw): f"{HERE} → TABLE['one'].__self__.pixels",
    by(lambda thing: collections.deque([0, thing])): f"{HERE} → TABLE['one'][1]",
    by(lambda thing: functools.partial(len, thing)): f"{HERE} → TABLE['one'].args[0]",
    by(memoryview): f"{HERE} → TABLE['one'].obj",
    lambda: page(3): f"{HERE} → page → cache of page",
}


@pytest.mark.parametrize("make, told", HELD.items())
def test_a_chain_is_what_a_person_would_say(make, told):
    thing = make()
    try:
        chains = dp.holders(thing, count=10).chains
        assert told in chains, chains
    finally:
        ICONS.clear()
        TABLE.clear()
        page.cache_clear()
        Viewer.shown = None
        collect.__defaults__[0].clear()


def test_variables_of_running_calls_are_named():
    def draw():
        canvas = made()
        return dp.holders(canvas)

    assert "frame draw() local canvas" in draw().chains


def test_variables_of_other_threads_are_named():
    began, end = threading.Event(), threading.Event()

    def serve():
        request = made()
        CACHE["request"] = id(request)
        TABLE["request"] = request
        began.set()
        end.wait()

    thread = threading.Thread(target=serve, name="worker")
    thread.start()
    began.wait()
    try:
        chains = dp.holders(TABLE.pop("request"), count=10).chains
        assert "thread worker: frame serve() local request" in chains, chains
    finally:
        end.set()
        thread.join()


def test_what_nobody_else_holds_is_told():
    told = repr(dp.holders(made()))
    assert told.startswith("bytearray, 1.0 MB; 1.0 MB would go with it\n  held by nothing but the caller"), (
        told
    )
