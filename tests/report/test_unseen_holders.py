"""Things that no name of the program leads to, only the interpreter or compiled code: they get names all the same."""

import asyncio
import atexit
import concurrent.futures
import contextvars
import functools
import gc
import signal
import subprocess
import sys
import threading
import types
import weakref

import drypoint as dp
import pytest

MB = 1_000_000
HERE = f"module {__name__}"
PAGE = contextvars.ContextVar("page")
KEPT = []
LOCAL = threading.local()


class Holder:
    """Something that can be referred to weakly, and has a method."""

    def __init__(self, pixels=None):
        self.pixels = pixels

    def close(self, *_arguments):
        """For callbacks."""


class Boxed:
    """Carries an object to the question without a variable that holds it."""

    def __init__(self):
        self.inside = []

    def put(self, thing):
        self.inside.append(thing)
        return thing

    def chains(self):
        return dp.holders(self.inside.pop(), count=10).chains


@pytest.fixture
def box():
    yield Boxed()
    KEPT.clear()


def made(box):
    return box.put(bytearray(MB))


def test_variables_of_the_running_context(box):
    def draw():
        PAGE.set(made(box))
        return box.chains()

    chains = contextvars.copy_context().run(draw)
    assert chains == ["contextvar page"]


def test_the_context_of_another_thread(box):
    began, end = threading.Event(), threading.Event()

    def serve():
        PAGE.set(made(box))
        began.set()
        end.wait()

    thread = threading.Thread(target=serve)
    thread.start()
    began.wait()
    chains = box.chains()
    end.set()
    thread.join()
    assert chains == ["contextvar page"]


def test_a_context_that_the_program_keeps(box):
    context = contextvars.copy_context()
    context.run(PAGE.set, made(box))
    KEPT.append(context)
    del context
    assert box.chains() == [f"{HERE} → KEPT[0] → contextvar page"]


def test_the_default_of_a_context_variable(box):
    KEPT.append(contextvars.ContextVar("size", default=[made(box)]))  # noqa: B039
    assert box.chains() == [f"{HERE} → KEPT[0] → its default[0]"]


def test_thread_local_data_of_the_main_thread(box):
    LOCAL.page = made(box)
    assert box.chains() == [f"{HERE} → LOCAL → thread-local data page of the main thread"]
    del LOCAL.page


def test_thread_local_data_of_another_thread(box):
    began, end = threading.Event(), threading.Event()

    def serve():
        LOCAL.page = made(box)
        began.set()
        end.wait()

    thread = threading.Thread(target=serve, name="worker")
    thread.start()
    began.wait()
    chains = box.chains()
    end.set()
    thread.join()
    whose = "thread worker" if sys.version_info < (3, 13) else "a thread"
    assert chains == [f"{HERE} → LOCAL → thread-local data page of {whose}"]


def test_looking_at_thread_local_data_makes_none(box):
    class Counted(threading.local):
        made = 0

        def __init__(self):
            type(self).made += 1
            self.page = 1

    KEPT.append(Counted())
    other = threading.Thread(target=lambda: KEPT.append(dp.holders(type(KEPT[0])).chains))
    other.start()
    other.join()
    assert Counted.made == 1, "looked at by a thread that had none"


def test_callbacks_at_exit(box):
    """Python shows none of them: what is seen is that something compiled holds a function."""

    def after(pixels):
        def save():
            return pixels

        return save

    registered = weakref.ref(atexit.register(after(made(box))))
    name = "test_callbacks_at_exit.<locals>.after.<locals>.save"
    told = f"a function {name} that compiled code or a running call holds → closure variable pixels of {name}"
    assert box.chains() == [told]
    atexit.unregister(registered())
    assert registered() is None, "the others stay: without its own, h5py crashes the end of the process"


def test_a_thread_that_ends_while_it_is_asked_what_it_was_started_with(monkeypatch):
    """Its end takes away what was there when it was looked for."""
    from drypoint._report import roots, threads

    class Ending(dict):
        def get(self, name, default=None):
            return self.pop(name, default)

    page = object()
    asked = type("Thread", (), {})()
    asked.__dict__ = Ending(_name="worker", _target=print, _args=[page], _kwargs={"end": ""})
    monkeypatch.setattr(threads, "running", lambda: [asked])
    found = [("target", print), ("argument 0", page), ("argument end", "")]
    assert list(roots._arguments()) == [(f"thread worker {name}", value) for name, value in found]


def test_what_a_thread_was_started_with(box):
    began, end = threading.Event(), threading.Event()

    def serve(*_pages, **_settings):
        began.set()
        end.wait()

    thread = threading.Thread(target=serve, args=(1, made(box)), kwargs={"scale": made(box)}, name="worker")
    thread.start()
    began.wait()
    scale, page = box.chains(), box.chains()
    end.set()
    thread.join()
    assert "thread worker argument scale" in scale and "thread worker argument 1" in page, (scale, page)


def test_an_exception_that_is_being_handled(box):
    def shade():
        canvas = made(box)
        raise ValueError(len(canvas))

    try:
        shade()
    except ValueError:
        assert box.chains() == ["handled ValueError.__traceback__ → local canvas of shade"]


def test_the_last_error_of_an_interactive_session(box):
    def shade():
        canvas = made(box)
        raise ValueError(len(canvas))

    try:
        shade()
    except ValueError as error:
        sys.last_value = error
    try:
        assert box.chains() == ["module sys → last_value.__traceback__ → local canvas of shade"]
    finally:
        del sys.last_value


def test_the_history_of_an_interactive_session(box, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setattr(sys.modules["__main__"], "Out", {3: made(box)}, raising=False)
    assert box.chains() == ["IPython history Out[3]"]


def test_signal_handlers(box):
    def after(pixels):
        return lambda *_: pixels

    before = signal.signal(signal.SIGUSR1, after(made(box)))
    try:
        name = f"{after.__qualname__}.<locals>.<lambda>"
        assert box.chains() == [f"signal handler of SIGUSR1 → closure variable pixels of {name}"]
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_profile_functions(box):
    profile = functools.partial(lambda *_: None, made(box))
    sys.setprofile(profile)
    del profile
    chains = box.chains()
    sys.setprofile(None)
    assert "profile function.args[0]" in chains, chains


def test_callbacks_of_the_collector(box):
    gc.callbacks.append(functools.partial(lambda *_: None, made(box)))
    try:
        (chain,) = box.chains()
        assert chain.startswith("module gc → callbacks[") and chain.endswith("].args[0]"), chain
    finally:
        gc.callbacks.pop()


def test_finalizers(box):
    thing = Holder()
    weakref.finalize(thing, print, made(box)).atexit = False
    assert box.chains() == ["weakref.finalize → callback print.args[0]"]
    weakref.finalize(thing, Holder(made(box)).close).atexit = False
    assert box.chains() == ["weakref.finalize → callback Holder.close.func.__self__.pixels"]


def test_callbacks_of_weak_references(box):
    thing = Holder()
    KEPT.append(weakref.ref(thing, functools.partial(print, made(box))))
    assert box.chains() == [f"{HERE} → KEPT[0] → callback of a weak reference.args[0]"]


def test_generators_coroutines_and_their_variables(box):
    def tiles():
        canvas = made(box)
        yield canvas

    async def fetch():
        page = made(box)
        await asyncio.sleep(0)
        return page

    async def pages():
        sheet = made(box)
        yield sheet

    reader = tiles()
    next(reader)
    KEPT.append(reader)
    del reader
    assert box.chains() == [f"{HERE} → KEPT[0] → generator tiles() local canvas"]
    box.put(KEPT[0].gi_frame.f_locals["canvas"])  # with a frame that somebody looked at
    assert f"{HERE} → KEPT[0] → generator tiles() local canvas" in box.chains()
    KEPT[0] = fetch()
    KEPT[0].send(None)
    assert box.chains() == [f"{HERE} → KEPT[0] → coroutine fetch() local page"]
    KEPT[0].close()
    KEPT[0] = pages()
    with pytest.raises(StopIteration):
        KEPT[0].asend(None).send(None)
    assert box.chains() == [f"{HERE} → KEPT[0] → async generator pages() local sheet"]


def test_tasks_that_the_loop_holds(box):
    async def fetch():
        page = made(box)
        PAGE.set(made(box))
        await asyncio.sleep(60)
        return page

    async def main():
        task = asyncio.create_task(fetch(), name="fetcher")
        await asyncio.sleep(0)
        of_context = box.chains()
        of_call = box.chains()
        task.cancel()
        return of_context, of_call

    of_context, of_call = asyncio.run(main())
    assert any("contextvar page" in chain for chain in of_context), of_context
    assert all("hamt" not in chain for chain in of_context), of_context
    assert any("coroutine fetch() local page" in chain for chain in of_call), of_call


def test_a_task_without_a_name_of_its_own(box):
    started = []

    async def fetch():
        page = made(box)
        started.append(1)
        await asyncio.sleep(60)
        return page

    async def main():
        started.append(weakref.ref(asyncio.create_task(fetch(), name="fetcher")))
        await asyncio.sleep(0)
        told = box.chains()
        started[0]().cancel()
        return told

    assert "asyncio task fetcher → coroutine fetch() local page" in asyncio.run(main())


def test_what_asyncio_keeps_for_reuse_stays_dead():
    """Some versions show the collector their dead iterators of futures, which must not be freed again."""
    program = """
import asyncio, drypoint as dp
async def main():
    for _ in range(3):
        await asyncio.sleep(0.001)
        dp.snapshot()
for _ in range(2):
    asyncio.run(main())
    dp.snapshot()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_results_of_futures(box):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        KEPT.append(pool.submit(made, box))
        KEPT[0].result()
    assert f"{HERE} → KEPT[0]._result" in box.chains()


def test_open_files_are_told_by_their_paths(box, tmp_path):
    path = tmp_path / "frames.raw"
    with open(path, "wb") as file:
        told = repr(dp.holders(file))
        assert told.startswith(f"open file {path} (io.BufferedWriter), "), told
        box.put(file.raw)
        chains = box.chains()
        assert "frame test_open_files_are_told_by_their_paths() local file.raw" in chains, chains
    told = repr(dp.holders(file))
    assert told.startswith(f"closed file {path}"), told


def test_files_of_the_programs_making_are_not_asked():
    import io

    class Raw(io.RawIOBase):
        def readable(self):
            return True

        def __getattribute__(self, name):
            asked.append(name)
            return super().__getattribute__(name)

    asked = []
    file = io.BufferedReader(Raw())
    asked.clear()
    told = repr(dp.holders(file))
    assert asked == [] and told.startswith("io.BufferedReader, "), told


def test_data_that_compiled_code_keeps_for_a_thread():
    program = """
import ctypes, drypoint as dp
data = ctypes.pythonapi.PyThreadState_GetDict
data.restype = ctypes.c_void_p
ctypes.cast(data(), ctypes.py_object).value["plot"] = [bytearray(1_000_000)]
print(dp.holders(ctypes.cast(data(), ctypes.py_object).value["plot"][0]).chains)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[\"data of the main thread['plot'][0]\"]\n", done.stdout
