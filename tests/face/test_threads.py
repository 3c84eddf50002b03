"""Threads, forks and ends: drawing from many places at once, in children, while the interpreter goes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import drypoint as dp
import numpy as np
import pytest

RNG = np.random.default_rng(3)
POINTS = {"x": RNG.normal(size=50_000), "y": RNG.normal(size=50_000)}


def picture(_=None) -> bytes:
    return dp.draw(POINTS, x="x", y="y", width=400, height=300, threads=2)._repr_png_()


def run(program: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=timeout)


def eventually(condition) -> bool:
    for _ in range(200):
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_many_threads_draw_the_same():
    with ThreadPoolExecutor(8) as threads:
        assert len({picture(), *threads.map(picture, range(40))}) == 1


def test_one_figure_is_asked_by_many_threads():
    figure = dp.draw(POINTS, x="x", y="y", width=400, height=300)
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: figure._repr_png_(), range(40)))) == 1


def test_asyncio_to_thread():
    async def all_of_them():
        return await asyncio.gather(*(asyncio.to_thread(picture) for _ in range(8)))

    assert set(asyncio.run(all_of_them())) == {picture()}


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_children_draw_the_same():
    """Also while other threads of the parent draw, and hold what they hold."""
    expected = picture()
    stop = threading.Event()

    def draw_on():
        while not stop.is_set():
            picture()

    threads = [threading.Thread(target=draw_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(4):
            with multiprocessing.get_context("fork").Pool(2) as pool:
                assert set(pool.map_async(picture, range(4)).get(60)) == {expected}
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_batches_begun_before_a_fork_end_with_an_error_in_the_child():
    done = run(
        """
import os, sys
import drypoint as dp
batches = dp.scan({"x": memoryview(bytes(100_000))}).batches(rows=1000)
next(batches)
child = os.fork()
if not child:
    try:
        for _ in batches: pass
    except dp.ClosedError as error:
        print(error)
        sys.stdout.flush()
        os._exit(0)
    os._exit(1)
assert os.waitpid(child, 0)[1] == 0
assert sum(1 for _ in batches) == 99
""",
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert "fork" in done.stdout


@pytest.mark.parametrize(
    "work",
    [
        "dp.draw(points, x='x', y='y', threads=2)",
        "dp.draw((np.zeros((1000, 2)) for _ in range(10**6)), x='x', y='y')",
        "list(dp.scan(points).batches(rows=100))",
        "figure._repr_png_()",
    ],
    ids=["draw", "generator", "batches", "png"],
)
def test_the_interpreter_may_end_while_a_daemon_thread_draws(work):
    for delay in (0.0, 0.02, 0.1):
        done = run(
            f"""
import threading, time
import numpy as np
import drypoint as dp
points = {{"x": np.random.default_rng(0).random(2_000_000), "y": np.zeros(2_000_000)}}
figure = dp.draw(points, x="x", y="y")
def forever():
    while True:
        {work}
for _ in range(2):
    threading.Thread(target=forever, daemon=True).start()
time.sleep({delay})
print("over")
"""
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")


def test_a_loop_left_early_ends_its_thread_and_closes_its_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "1,2\n" * 100_000)

    def held():
        return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))

    before = held()
    for _ in range(10):
        for batch in dp.scan(path).batches(rows=100):
            assert batch.rows == 100
            break
    assert eventually(lambda: held() == before), (before, held())

    batches = dp.scan(path).batches(rows=100)
    next(batches)
    assert held() > before
    batches.close()
    assert eventually(lambda: held() == before), (before, held())


def test_a_second_interpreter_is_refused_in_words():
    done = run(
        """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import drypoint
second = interpreters.create()
interpreters.run_string(second, '''
try:
    import drypoint
except ImportError as error:
    print(error, flush=True)
''')
"""
    )
    assert done.returncode == 0, done.stderr
    assert "subinterpreters" in done.stdout
