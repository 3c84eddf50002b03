"""Looking is safe: nothing leaks, nothing comes back to life, and it works wherever a program may be."""

import gc
import subprocess
import sys
import time
import weakref

import drypoint as dp
import pytest

MB = 1_000_000


class Node:
    """Something that can be in a cycle, and can be referred to weakly."""


def told(program, **options):
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split()


REFERENCES = """
import gc, sys, threading, weakref
import drypoint as dp
import numpy as np

class Node:
    pass

def generator():
    canvas = bytearray(10)
    yield canvas

node = Node()
node.itself = node
running = generator()
next(running)
things = [  # one of each kind that a walk treats in its own way
    node,
    running,
    {"text": [1]},
    (1, [2]),
    np.ones(10),
    np.ones(10)[2:],
    np.array([Node(), []], dtype=object),
    memoryview(bytearray(10)),
    lambda: node,
    node.__init__,
    weakref.ref(node),
    type("Made", (), {"__slots__": ("one",)})(),
    threading.local(),
    1 << 100,
    "text" * 10,
]
for _ in range(5):  # what is made once is there
    dp.snapshot()
    dp.holders(things[0])
gc.collect()
counts = [sys.getrefcount(thing) for thing in things]
kinds = [sys.getrefcount(type(thing)) for thing in things]
objects = len(gc.get_objects())
for _ in range(50):
    dp.snapshot()
for place in range(len(things)):
    dp.holders(things[place])
gc.collect()
assert [sys.getrefcount(thing) for thing in things] == counts
assert [sys.getrefcount(type(thing)) for thing in things] == kinds
print(abs(len(gc.get_objects()) - objects), dp.memory()["consumers"]["heap snapshot"]["reserved"])
"""


def test_looks_leave_no_reference_behind():
    more, reserved = told(REFERENCES)
    assert int(more) < 20 and int(reserved) == 0  # 65 looks: not one object for each


def test_looks_leave_no_memory_behind():
    program = """
import gc, sys
import drypoint as dp
kept = [[1], {"a": (1, [2])}]
def look(times):
    for _ in range(times):
        dp.snapshot()
    gc.collect()
look(100)  # the interpreter's own caches fill
for _ in range(4):
    before = sys.getallocatedblocks()
    look(50)
    print(sys.getallocatedblocks() - before)
"""
    grown = [int(blocks) for blocks in told(program)]
    assert min(grown) < 50, f"a block for each look would be fifty each time: {grown}"


def test_garbage_is_seen_and_dies_all_the_same():
    gc.collect()
    gc.disable()
    try:
        node = Node()
        node.itself = node
        gone = weakref.ref(node)
        died = []
        weakref.finalize(node, died.append, 1)
        del node
        taken = dp.snapshot()
        assert taken.garbage_objects > 0 and gone() is not None and not died
        gc.collect()
        assert gone() is None and died == [1]
        assert taken.garbage_objects > 0
    finally:
        gc.enable()


def test_the_collector_is_left_as_it_was():
    collections = sum(one["collections"] for one in gc.get_stats())
    gc.disable()
    try:
        dp.snapshot()
        assert not gc.isenabled()
        assert sum(one["collections"] for one in gc.get_stats()) == collections
    finally:
        gc.enable()
    dp.snapshot()
    assert gc.isenabled()


STRESS = """
import gc, sys, threading, time, weakref
import drypoint as dp
import numpy as np

class Node:
    pass

stop = threading.Event()
errors = []

def guarded(work):
    def run():
        try:
            while not stop.is_set():
                work()
        except BaseException as error:
            errors.append(repr(error))
    return run

def cycles():
    nodes = [Node() for _ in range(200)]
    for node, after in zip(nodes, nodes[1:] + nodes[:1]):
        node.next, node.values = after, {"a": [node], "b": (after, str(id(node)))}

def arrays():
    held = [np.ones(40_000)[5:] for _ in range(20)]
    held.append(np.array([held, Node()], dtype=object))

def generators():
    def numbers():
        local = threading.local()
        local.mine = [1]
        yield from (x for x in range(50))
    running = [numbers() for _ in range(50)]
    for one in running:
        next(one)

def threads():
    began = threading.Thread(target=cycles)
    began.start()
    began.join()

def weak():
    table = weakref.WeakValueDictionary()
    kept = [Node() for _ in range(100)]
    for number, node in enumerate(kept):
        table[number] = node
        weakref.finalize(node, len, "x").atexit = False

def collect():
    gc.collect()
    time.sleep(0.01)

sys.setswitchinterval(1e-4)
works = (cycles, arrays, generators, threads, weak, collect)
workers = [threading.Thread(target=guarded(work), daemon=True) for work in works]
for worker in workers:
    worker.start()
end = time.monotonic() + float(sys.argv[1] if len(sys.argv) > 1 else 10)
looks = 0
keep = [np.ones(1000)]
while time.monotonic() < end:
    assert dp.snapshot().objects > 1000
    assert dp.holders(keep[0]).chains[0] == "module __main__ → keep[0]"
    looks += 1
stop.set()
for worker in workers:
    worker.join()
assert not errors, errors
print(looks)
"""


def test_ten_seconds_among_threads_that_make_and_free():
    (looks,) = told(STRESS)
    assert int(looks) >= 3


def test_in_the_child_of_a_fork():
    if not hasattr(sys.modules["os"], "fork"):
        pytest.skip("no fork here")
    program = """
import os
import drypoint as dp
kept = [bytearray(1_000_000)]
before = dp.snapshot()
child = os.fork()
if child == 0:
    taken = dp.snapshot()
    right = taken.retained(kept) > 1_000_000 and dp.holders(kept[0]).chains == ["module __main__ → kept[0]"]
    os._exit(0 if right and before.retained(kept) > 1_000_000 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), dp.snapshot().retained(kept))
"""
    status, retained = told(program)
    assert status == "0" and int(retained) > MB


def test_inside_a_generator_that_runs():
    def tiles():
        canvas = bytearray(MB)
        told = dp.holders(canvas)
        yield told.chains
        taken = dp.snapshot()
        yield taken.retained(canvas)

    reader = tiles()
    assert "frame tiles() local canvas" in next(reader)
    assert next(reader) > MB


def test_in_a_finalizer_and_in_a_callback_of_the_collector():
    seen = []

    class Last:
        def __del__(self):
            seen.append(dp.snapshot().objects)

    def after(phase, _numbers):
        seen.append(dp.snapshot().objects)

    last = Last()
    del last
    node = Last()
    node.itself = node
    del node
    gc.collect()
    assert len(seen) == 2
    gc.callbacks.append(after)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(after)
    assert len(seen) == 4 and min(seen) > 1000


def test_what_a_snapshot_shows_is_not_changed_by_a_finalizer_that_asks():
    class Asked:
        def __del__(self):
            chains.append(dp.holders(self).chains)

    chains = []
    KEPT = Asked()
    del KEPT
    assert len(chains) == 1


def test_at_the_end_of_the_interpreter():
    program = """
import atexit, sys
import drypoint as dp
kept = [bytearray(1_000_000)]

class Last:
    def __del__(self):
        try:
            dp.snapshot()
        except Exception as error:  # modules are going: it may fail, but not crash
            sys.stderr.write(f"{type(error).__name__}\\n")

last = Last()
last.itself = last
atexit.register(lambda: print(dp.snapshot().retained(kept), dp.holders(kept[0]).chains))
"""
    retained, *chains = told(program)
    assert int(retained) > MB and "kept[0]" in " ".join(chains)


def test_in_an_exception_handler_the_exception_stays():
    try:
        raise ValueError("first")
    except ValueError as error:
        dp.snapshot()
        assert sys.exc_info()[1] is error
    before = time.perf_counter()
    with pytest.raises(KeyError):
        try:
            {}["no"]
        finally:
            dp.snapshot()
    assert time.perf_counter() - before < 60
