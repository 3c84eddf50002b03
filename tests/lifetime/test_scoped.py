"""A scope around each call: what leaves the function is the caller's, and the context in between is too."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import tempfile

import drypoint as dp
import pytest
from drypoint._lifetime import constructions


def temporary():
    return tempfile.TemporaryFile()


def current():
    return constructions.current.get()


def test_functions():
    @dp.scoped
    def work(held, *, more=1):
        """Do it."""
        held.append(temporary())
        assert current().name.endswith("work")
        return {"result": temporary()}

    held = []
    result = work(held)["result"]
    assert held[0].closed and not result.closed and current() is None
    result.close()
    assert str(inspect.signature(work)) == "(held, *, more=1)" and work.__doc__ == "Do it."


def test_with_arguments_methods_and_kinds_of_methods():
    class Worker:
        @dp.scoped(name="named")
        def method(self):
            return self, current().name, temporary()

        @dp.scoped
        @staticmethod
        def static():
            return current().name

        @classmethod
        @dp.scoped(close=False)
        def of_class(cls):
            held.append(temporary())
            return cls

    held = []
    worker = Worker()
    me, name, file = worker.method()
    assert me is worker and name == "named" and not file.closed
    assert Worker.static().endswith("static") and Worker.of_class() is Worker
    assert not held[0].closed
    for one in (file, held[0]):
        one.close()


def test_recursion_and_errors():
    files = []

    @dp.scoped
    def down(depth):
        files.append(temporary())
        if depth == 0:
            raise KeyError("bottom")
        down(depth - 1)

    with pytest.raises(KeyError):
        down(3)
    assert len(files) == 4 and all(file.closed for file in files) and current() is None


def test_generators_have_their_scope_only_while_they_run():
    files = []

    @dp.scoped
    def frames():
        files.append(temporary())
        for number in range(3):
            assert current() is not None
            yield number, temporary()

    handed = []
    generator = frames()
    assert current() is None and files == []
    for number, file in generator:
        assert current() is None and not files[0].closed
        handed += [file, temporary()]
        assert number < 3
    assert files[0].closed and not any(file.closed for file in handed)
    for file in handed:
        file.close()


def test_generators_pass_on_what_is_sent_and_thrown_and_returned():
    @dp.scoped
    def echo():
        got = None
        while True:
            try:
                got = yield got
            except ValueError as error:
                got = f"caught {error}"
            if got == "stop":
                return "done"

    generator = echo()
    assert next(generator) is None and generator.send("a") == "a"
    assert generator.throw(ValueError("b")) == "caught b"
    with pytest.raises(StopIteration) as end:
        generator.send("stop")
    assert end.value.value == "done"
    assert inspect.isgeneratorfunction(echo)


def test_a_generator_that_is_dropped_or_closed_ends_its_scope():
    files = []

    @dp.scoped
    def frames():
        files.append(temporary())
        try:
            while True:
                yield
        finally:
            assert current() is not None

    generator = frames()
    next(generator)
    del generator
    assert files[0].closed
    generator = frames()
    next(generator)
    generator.close()
    assert files[1].closed
    generator = frames()
    next(generator)
    ring = [generator]
    ring.append(ring)
    del generator, ring
    gc.collect()
    assert files[2].closed


def test_two_generators_side_by_side():
    @dp.scoped
    def frames(name):
        for _ in range(3):
            assert current().name.endswith("frames")
            files[name].append(temporary())
            yield name

    files = {"a": [], "b": []}
    assert list(zip(frames("a"), frames("b"), strict=True)) == [("a", "b")] * 3
    assert all(file.closed for file in files["a"] + files["b"]) and current() is None


def test_coroutines():
    files = []

    @dp.scoped
    async def work(name):
        files.append(temporary())
        await asyncio.sleep(0.001)
        assert current() is not None and not files[-1].closed
        return name, temporary()

    async def main():
        alone = await work("alone")
        assert current() is None and files[0].closed
        return [alone, *await asyncio.gather(work("a"), work("b"))]

    results = asyncio.run(main())
    assert [name for name, _ in results] == ["alone", "a", "b"]
    assert all(file.closed for file in files) and not any(file.closed for _, file in results)
    for _, file in results:
        file.close()
    assert inspect.iscoroutinefunction(work)


def test_coroutines_that_are_cancelled():
    files = []

    @dp.scoped
    async def work():
        files.append(temporary())
        await asyncio.sleep(10)

    async def main():
        task = asyncio.create_task(work())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert files[0].closed


def test_asynchronous_generators():
    files = []

    @dp.scoped
    async def frames():
        files.append(temporary())
        for number in range(3):
            await asyncio.sleep(0)
            assert current() is not None
            yield number, temporary()

    async def main():
        handed = []
        async for _number, file in frames():
            assert current() is None and not files[0].closed
            handed.append(file)
        assert files[0].closed and not any(file.closed for file in handed)
        generator = frames()
        handed.append((await anext(generator))[1])
        await generator.aclose()
        assert files[1].closed
        for file in handed:
            file.close()

    asyncio.run(main())
    assert inspect.isasyncgenfunction(frames)


def test_partials_and_callables():
    def work(held):
        held.append(temporary())

    held = []
    dp.scoped(functools.partial(work, held))()
    assert held[0].closed
    with pytest.raises(dp.BadArgument, match="function must be a function"):
        dp.scoped(3)
    with pytest.raises(dp.BadArgument, match="function must be a function"):
        dp.scoped(type("Class", (), {}))
