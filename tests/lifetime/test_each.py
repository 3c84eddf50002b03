"""A scope for each turn of a loop: the item stays open, what the turn makes does not."""

from __future__ import annotations

import asyncio
import gc
import tempfile

import drypoint as dp
import pytest
from drypoint._lifetime import constructions


def temporary():
    return tempfile.TemporaryFile()


def test_each_turn_closes_its_own():
    files = []
    for number in dp.each(range(3)):
        assert all(file.closed for file in files)
        files.append(temporary())
        assert not files[-1].closed and len(files) == number + 1
    assert all(file.closed for file in files)
    assert constructions.current.get() is None


def test_what_the_iterable_opens_stays_open():
    def lines():
        with temporary() as file:
            file.write(b"a\nb\nc\n")
            file.seek(0)
            yield from file

    assert [line for line in dp.each(lines())] == [b"a\n", b"b\n", b"c\n"]


@pytest.mark.parametrize("how", ["break", "return", "raise"])
def test_leaving_the_loop_ends_the_turn(how):
    files = []

    def work():
        for _ in dp.each(range(3)):
            files.append(temporary())
            if how == "break":
                break
            if how == "return":
                return
            raise KeyError("work")

    gc.disable()
    try:
        if how == "raise":
            with pytest.raises(KeyError):
                work()
        else:
            work()
        assert len(files) == 1 and files[0].closed
        assert constructions.current.get() is None
    finally:
        gc.enable()


def test_continue_ends_the_turn():
    files = []
    for _ in dp.each(range(2)):
        files.append(temporary())
        continue
    assert [file.closed for file in files] == [True, True]


def test_keep_and_nesting():
    turns = dp.each("ab")
    kept = []
    for _ in turns:
        outer = temporary()
        kept.append(turns.keep(temporary()))
        for _ in dp.each("xy"):
            inner = temporary()
        assert inner.closed and not outer.closed
    assert outer.closed and not any(file.closed for file in kept)
    for file in kept:
        file.close()


def test_a_held_iterator_is_closed_by_hand_or_as_a_context():
    turns = dp.each(range(3))
    next(turns)
    file = temporary()
    turns.close()
    turns.close()
    assert file.closed and constructions.current.get() is None
    with dp.each(range(3)) as turns:
        for _ in turns:
            file = temporary()
            break
        assert not file.closed
    assert file.closed


def test_errors_of_closers_end_the_loop():
    class Stuck:
        def __init__(self):
            pass

    def stuck(thing):
        raise ValueError("stuck")

    turns = 0
    with dp.register_closer(Stuck, stuck), pytest.raises(dp.CloseError):
        for _ in dp.each(range(3)):
            turns += 1
            thing = Stuck()
    assert turns == 1 and thing is not None


def test_an_iterable_that_fails_leaves_no_scope():
    def breaks():
        yield 1
        raise OSError("torn")

    with pytest.raises(OSError, match="torn"):
        for _ in dp.each(breaks()):
            file = temporary()
    assert file.closed and constructions.current.get() is None


def test_async_for():
    async def numbers():
        file = temporary()
        for number in range(3):
            await asyncio.sleep(0)
            yield number
            assert not file.closed
        file.close()

    async def main():
        files = []
        async for _ in dp.each(numbers()):
            files.append(temporary())
            await asyncio.sleep(0)
            assert not files[-1].closed
        return files

    assert [file.closed for file in asyncio.run(main())] == [True, True, True]


def test_what_cannot_be_looped_over():
    with pytest.raises(dp.BadArgument, match="iterable must be something to loop over, not 3"):
        dp.each(3)

    async def numbers():
        yield 1

    with pytest.raises(dp.BadArgument, match="use `async for`"):
        iter(dp.each(numbers()))
    with pytest.raises(dp.BadArgument, match="use `for`"):
        aiter(dp.each([1]))


def test_a_report_of_all_turns():
    turns = dp.each(range(5), name="pages")
    held = []
    for _ in turns:
        held += [temporary()]
    report = turns.report()
    assert report["name"] == "pages" and report["scopes"] == 5
    assert report["made"] == report["closed"] == {"TemporaryFile": 5}
