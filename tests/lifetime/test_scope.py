"""Scopes: what is made inside is closed at the end, last made first, whatever happens on the way."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import traceback
from typing import ClassVar

import drypoint as dp
import pytest
from drypoint._lifetime import constructions


class Door:
    """A resource of the program: closed once, in an order that can be seen."""

    log: ClassVar[list[str]] = []

    def __init__(self, name="door", fails=None):
        self.name = name
        self.fails = fails
        self.open = True

    def shut(self):
        Door.log.append(self.name)
        self.open = False
        if self.fails is not None:
            raise self.fails


@pytest.fixture(autouse=True)
def doors():
    Door.log = []
    with dp.register_closer(Door, Door.shut):
        yield


def test_last_made_is_closed_first():
    with dp.scope():
        doors = [Door("a"), Door("b"), Door("c")]
    assert Door.log == ["c", "b", "a"]
    assert not any(door.open for door in doors)


def test_what_dies_by_itself_is_not_held_and_not_closed():
    with dp.scope() as scope:
        Door("fleeting")
        Door("fleeting")
        kept_alive = Door("stays")
    assert Door.log == ["stays"]
    report = scope.report()
    assert (report["made"], report["gone"], report["closed"]) == ({"Door": 3}, {"Door": 2}, {"Door": 1})
    assert not kept_alive.open


def test_nothing_is_closed_outside_scopes_nor_with_close_false():
    outside = Door("outside")
    with dp.scope(close=False) as scope:
        inside = Door("inside")
    assert outside.open and inside.open
    assert scope.report()["left"] == {"Door": 1}


def test_inner_scopes_end_first_and_hand_on_what_is_kept():
    with dp.scope("outer"):
        first = Door("first")
        with dp.scope("inner") as inner:
            assert inner.keep(Door("kept")) is not None
            kept = inner.keep([Door("in a list")])
            Door("dies")
            inner_door = Door("inner")
        assert Door.log == ["inner"] and kept[0].open and first.open and not inner_door.open
    assert Door.log == ["inner", "in a list", "first"]


def test_what_is_kept_at_the_outermost_is_never_closed():
    with dp.scope() as scope:
        door = scope.keep(Door())
    gc.collect()
    assert door.open and scope.report()["kept"] == {"Door": 1}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda door: {"deep": [(door,)]},
        lambda door: _holder(door),
        lambda door: lambda: door,
        lambda door: door.shut,
        lambda door: _generator(door),
        lambda door: __import__("functools").partial(print, door),
        lambda door: __import__("collections").deque([door]),
        lambda door: _slotted(door),
    ],
    ids=["containers", "instance", "closure", "method", "generator", "partial", "deque", "slots"],
)
def test_keep_reaches(wrap):
    with dp.scope() as scope:
        door = Door()
        scope.keep(wrap(door))
    assert door.open


def _generator(door):
    yield door


class _Holder:
    pass


def _holder(door):
    holder = _Holder()
    holder.inside = _Holder()
    holder.inside.door = door
    return holder


class _Slotted:
    __slots__ = ("door",)


def _slotted(door):
    slotted = _Slotted()
    slotted.door = door
    return slotted


def test_keeping_something_else_is_fine():
    with dp.scope() as scope:
        stranger = object()
        assert scope.keep(stranger) is stranger
        assert scope.keep(None) is None
        door = Door()
    assert not door.open


def test_a_cycle_among_what_is_kept_ends_the_walk():
    ring = []
    ring.append(ring)
    with dp.scope() as scope:
        door = Door()
        ring.append(door)
        scope.keep(ring)
    assert door.open


# Constructors


def test_a_constructor_that_fails_makes_nothing():
    class Fails(Door):
        def __init__(self):
            raise OSError("no door")

    with dp.register_closer(Fails, Fails.shut), dp.scope() as scope, pytest.raises(OSError, match="no door"):
        Fails()
    assert scope.report()["made"] == {} and Door.log == []


def test_a_subclass_is_told_once():
    class Gate(Door):
        def __init__(self):
            super().__init__("gate")
            Door.__init__(self, "gate again")

    with dp.register_closer(Gate, Gate.shut), dp.scope() as scope:
        gate = Gate()
    assert scope.report()["made"] == {"Gate": 1}
    assert Door.log == ["gate again"] and not gate.open


def test_the_originals_come_back():
    before = Door.__init__
    while constructions.watching():
        constructions.unwatch()
    original = Door.__init__
    with dp.scope():
        assert Door.__init__ is not original
        assert Door.__init__.__wrapped__ is original
    constructions.unwatch()
    assert Door.__init__ is original and Door.__dict__["__init__"] is original
    assert before is not original


def test_a_wrap_of_somebody_else_is_left_in_place():
    while constructions.watching():
        constructions.unwatch()
    original = Door.__init__
    with dp.scope():
        ours = Door.__init__

        def theirs(self, *args):
            ours(self, *args)

        Door.__init__ = theirs
        try:
            constructions.unwatch()
            assert Door.__init__ is theirs
            door = Door("through theirs")
        finally:
            Door.__init__ = original
    assert door.open and Door.log == []


def test_wraps_are_invisible(recwarn):
    import inspect
    import pickle
    import warnings

    class Warns:
        def __init__(self, *, loud=True):
            """Make it."""
            warnings.warn("made", UserWarning, stacklevel=2)

    with dp.register_closer(Warns, lambda thing: None), dp.scope():
        Warns()
        assert str(inspect.signature(Warns)) == "(*, loud=True)"
        assert Warns.__init__.__doc__ == "Make it." and Warns.__init__.__name__ == "__init__"
        with pytest.raises(TypeError) as error:
            Warns(1)
        assert pickle.loads(pickle.dumps(Door("pickled"))).name == "pickled"
    assert [warning.filename for warning in recwarn] == [__file__]
    assert all("drypoint" not in frame.filename for frame in traceback.extract_tb(error.value.__traceback__))


# Exceptions


def test_an_exception_goes_on_and_closes_everything():
    with pytest.raises(KeyError, match="work"), dp.scope():
        door = Door()
        raise KeyError("work")
    assert not door.open


def test_errors_of_closers_are_gathered():
    with pytest.raises(dp.CloseError) as caught, dp.scope("house") as scope:
        doors = [Door("a", ValueError("stuck")), Door("b"), Door("c", OSError("locked"))]
    assert Door.log == ["c", "b", "a"] and not any(door.open for door in doors)
    assert [type(error) for error in caught.value.exceptions] == [OSError, ValueError]
    assert isinstance(caught.value, ExceptionGroup) and isinstance(caught.value, dp.DrypointError)
    assert "2 of the things of scope 'house' could not be closed" in str(caught.value)
    assert "while closing Door" in caught.value.exceptions[0].__notes__[0]
    assert scope.report()["left"] == {"Door": 2}
    matching, rest = caught.value.split(OSError)
    assert isinstance(matching, dp.CloseError) and len(rest.exceptions) == 1


def test_errors_of_closers_never_hide_the_exception_under_way():
    with pytest.raises(KeyError, match="work") as caught, dp.scope("house"):
        doors = [Door("a", ValueError("stuck")), Door("b")]
        raise KeyError("work")
    assert Door.log == ["b", "a"] and len(doors) == 2
    assert any("stuck" in note and "house" in note for note in caught.value.__notes__)


def test_an_interrupt_while_closing_goes_on_after_the_rest():
    with pytest.raises(KeyboardInterrupt) as caught, dp.scope():
        doors = [Door("a"), Door("b", KeyboardInterrupt()), Door("c", ValueError("stuck"))]
    assert Door.log == ["c", "b", "a"] and len(doors) == 3
    assert any("stuck" in note for note in caught.value.__notes__)


def test_failing_is_told_to_closers_that_ask():
    told = []
    with dp.register_closer(Door, lambda door, failing: told.append(failing)):
        with dp.scope():
            doors = [Door()]
        with pytest.raises(KeyError), dp.scope():
            doors.append(Door())
            raise KeyError
    assert told == [False, True] and len(doors) == 2


def test_what_a_closer_makes_is_not_lost():
    made = []
    with dp.register_closer(Door, lambda door: made.append(Door("made while closing")) if not made else None):
        with dp.scope("outer") as outer, dp.scope("inner"):
            door = Door()
        assert outer.report()["made"] == {"Door": 2} and door is not None


# Slips


def test_entered_twice():
    scope = dp.scope("mine")
    with scope, pytest.raises(dp.ScopeError, match="'mine' was entered before"):
        scope.__enter__()
    with pytest.raises(dp.ScopeError, match="'mine' is closed and cannot be entered again"):
        scope.__enter__()


def test_closed_twice_and_too_early():
    scope = dp.scope("mine")
    with pytest.raises(dp.ScopeError, match="was not entered"):
        scope.close()
    with scope:
        door = Door()
        scope.close()
        assert not door.open
        with pytest.raises(dp.ScopeError, match="closed already"):
            scope.close()
        with pytest.raises(dp.ScopeError, match="keep things before it ends"):
            scope.keep(door)
    assert Door.log == ["door"]


def test_left_before_an_inner_one_closes_its_things_all_the_same():
    outer, inner = dp.scope("outer"), dp.scope("inner")
    outer.__enter__()
    first = Door("first")
    inner.__enter__()
    second = Door("second")
    with pytest.raises(dp.ScopeError, match="'outer' was left before 'inner'"):
        outer.__exit__(None, None, None)
    assert not first.open and second.open
    with pytest.raises(dp.ScopeError, match="'inner' was left where it is not current"):
        inner.__exit__(None, None, None)
    assert not second.open
    assert constructions.current.get() is None


def test_left_on_another_thread_closes_its_things_all_the_same():
    scope = dp.scope("mine")
    scope.__enter__()
    door = Door()
    errors = []

    def leave():
        try:
            scope.__exit__(None, None, None)
        except dp.ScopeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    assert errors == ["scope 'mine' was left on another thread than it was entered on"] and not door.open
    later = Door("later")  # the closed scope is still this context's: what is made goes to those around it
    assert later.open
    constructions.current.set(None)


@pytest.mark.parametrize("arguments", [{"name": 3}, {"name": b"x"}, {"close": "yes"}, {"close": 1}])
@pytest.mark.parametrize("make", [dp.scope, lambda **a: dp.each([], **a), lambda **a: dp.scoped(**a)])
def test_bad_arguments(make, arguments):
    with pytest.raises(dp.BadArgument, match=next(iter(arguments))):
        make(**arguments)


# Threads, tasks, contexts


def test_each_thread_has_its_own_scope():
    seen = {}

    def work(name):
        with dp.scope(name):
            door = Door(name)
            barrier.wait(10)
            assert door.open
            barrier.wait(10)
        seen[name] = door.open

    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(4)]
    with dp.scope("main"):
        mine = Door("main")
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert mine.open
    assert seen == {str(number): False for number in range(4)}


def test_a_plain_thread_started_inside_is_outside():
    doors = []
    with dp.scope():
        thread = threading.Thread(target=lambda: doors.append(Door("thread")))
        thread.start()
        thread.join()
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(lambda: doors.append(Door("copied")),))
        thread.start()
        thread.join()
    assert [door.open for door in doors] == [True, False]


def test_tasks_inherit_and_nest():
    async def work(name):
        async with dp.scope(name):
            door = Door(name)
            await asyncio.sleep(0.01)
            assert door.open
        return door

    async def main():
        async with dp.scope("main"):
            mine = Door("mine")
            doors = await asyncio.gather(work("a"), work("b"), work("c"))
            assert mine.open and not any(door.open for door in doors)
            await asyncio.create_task(plain())
        assert not mine.open and not kept[0].open

    kept = []

    async def plain():
        kept.append(Door("inherited"))

    asyncio.run(main())


def test_a_task_that_outlives_the_scope_uses_the_next_open_one():
    async def late():
        await asyncio.sleep(0.02)
        return Door("late")

    async def main():
        async with dp.scope("outer"):
            async with dp.scope("inner"):
                task = asyncio.create_task(late())
            door = await task
            assert door.open
        assert not door.open

    asyncio.run(main())


def test_a_dropped_generator_may_end_anywhere():
    def numbers():
        with dp.scope("in a generator"):
            door = Door("inside")
            doors.append(door)
            yield 1
            yield 2

    doors = []
    generator = numbers()
    contextvars.copy_context().run(next, generator)
    thread = threading.Thread(target=generator.close)
    thread.start()
    thread.join()
    assert not doors[0].open

    generator = numbers()
    contextvars.copy_context().run(next, generator)
    ring = [generator]
    ring.append(ring)
    del generator, ring
    gc.collect()
    assert not doors[1].open
