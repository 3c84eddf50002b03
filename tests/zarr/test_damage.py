"""Damaged and vanished files: one clear error that names the file, and nothing else is lost."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time

import drypoint as dp
import numpy as np
import pytest

ITEMS = np.arange(6000, dtype="i4").reshape(60, 100) ** 2 % 7919


@pytest.fixture(params=[None, (40, 50)], ids=["chunks", "shards"])
def stored(request, tmp_path):
    path = tmp_path / "a.zarr"
    dp.write_zarr(path, ITEMS, chunks=(20, 25), shards=request.param)
    return path


def test_a_damaged_chunk(stored):
    array = dp.open_zarr(stored)
    chunk = stored / "c" / "0" / "1"
    whole = chunk.read_bytes()
    for damage in (b"", whole[:-3], whole + b"x", b"\xff" * len(whole), bytes(len(whole))):
        chunk.write_bytes(damage)
        with pytest.raises(dp.CorruptData, match=r"a\.zarr/c/0/1 is damaged: "):
            array[...]
        with pytest.raises(dp.CorruptData, match="c/0/1"):
            array.sum()
        # What does not touch it is read as before.
        np.testing.assert_array_equal(array[:20, :25], ITEMS[:20, :25])
        np.testing.assert_array_equal(array[40:], ITEMS[40:])
    chunk.write_bytes(whole)
    np.testing.assert_array_equal(array, ITEMS)


def test_a_damaged_document(stored):
    document = stored / "zarr.json"
    text = document.read_text()
    for damage in ("", text[: len(text) // 2], text.replace("int32", "int33"), "\xff", "[]", "null"):
        document.write_text(damage, "latin-1")
        with pytest.raises((dp.CorruptData, dp.UnsupportedData), match=r"zarr\.json"):
            dp.open_zarr(stored)
    fields = json.loads(text)
    del fields["codecs"]
    document.write_text(json.dumps(fields))
    with pytest.raises(dp.CorruptData, match='"codecs"'):
        dp.open_zarr(stored)


def test_what_is_not_there(stored, tmp_path):
    array = dp.open_zarr(stored)
    shutil.rmtree(stored)
    with pytest.raises(dp.SourceNotFound, match=r"a\.zarr/c/0/0"):
        array[0]
    with pytest.raises(dp.SourceNotFound, match=r"a\.zarr"):
        dp.open_zarr(stored)
    with pytest.raises(dp.UnknownFormat, match=r"no zarr\.json"):
        dp.open_zarr(tmp_path)
    (tmp_path / "file").write_text("{}")
    with pytest.raises(dp.UnknownFormat, match="folder"):
        dp.open_zarr(tmp_path / "file")
    (tmp_path / ".zgroup").write_text("{}")
    with pytest.raises(dp.UnsupportedData, match=r"version 2.*zarr migrate v3"):
        dp.open_zarr(tmp_path)
    for path in (None, 3, "", "a\0b"):
        with pytest.raises(dp.BadArgument):
            dp.open_zarr(path)


def test_a_budget_too_small_for_a_chunk(tmp_path):
    dp.write_zarr(tmp_path / "a.zarr", np.zeros((2000, 2000)) + np.arange(2000), chunks=(2000, 2000))
    array = dp.open_zarr(tmp_path / "a.zarr")
    before = dp.memory()["budget"]
    dp.set_budget("10MB")
    try:
        with pytest.raises(dp.BudgetExceeded, match="zarr chunks asked for"):
            array[0, 0]
    finally:
        dp.set_budget(before)
    assert array[7, 5] == 5
    assert dp.memory()["consumers"]["zarr chunks"]["live"] == 0


def test_readers_in_threads(stored):
    array, faults = dp.open_zarr(stored), []

    def read(seed):
        rng = np.random.default_rng(seed)
        for _ in range(60):
            a, b = sorted(rng.integers(0, 61, 2))
            c, d = sorted(rng.integers(0, 101, 2))
            if not np.array_equal(array[a:b, c:d:3], ITEMS[a:b, c:d:3]):
                faults.append((a, b, c, d))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


def test_killed_while_it_writes(tmp_path):
    program = f"""
import numpy as np, drypoint as dp
def pieces():
    while True:
        yield np.random.default_rng(0).random((100, 1000))
        print("piece", flush=True)
dp.write_zarr({str(tmp_path / "a.zarr")!r}, pieces(), chunks=(100, 1000))
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as child:
        for _ in range(3):
            assert child.stdout.readline() == "piece\n"
        child.send_signal(signal.SIGKILL)
    assert not (tmp_path / "a.zarr").exists()
    with pytest.raises(dp.SourceNotFound):
        dp.open_zarr(tmp_path / "a.zarr")
    # What it left behind goes when something is written beside it.
    assert [path.name[:10] for path in tmp_path.iterdir()] == [".drypoint-"]
    dp.write_zarr(tmp_path / "b.zarr", np.zeros(3))
    assert [path.name for path in tmp_path.iterdir()] == ["b.zarr"]


def test_interrupted(tmp_path, interrupts):
    dp.write_zarr(
        tmp_path / "a.zarr", np.zeros((4000, 4000), "u1"), chunks=(10, 10), shards=(1000, 1000), fill_value=1
    )
    array = dp.open_zarr(tmp_path / "a.zarr")
    main = threading.get_ident()
    timer = threading.Timer(0.05, lambda: signal.pthread_kill(main, signal.SIGINT))
    began = time.perf_counter()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        while time.perf_counter() - began < 20:
            array[...]
    assert time.perf_counter() - began < 2
    assert array[3, 3] == 0


def test_a_full_disk(tmp_path):
    program = f"""
import os, resource, signal
import numpy as np, drypoint as dp
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
noise = np.random.default_rng(0).random((300, 100))
dp.write_zarr({str(tmp_path / "a.zarr")!r}, noise, chunks=(50, 100))
try:
    dp.write_zarr({str(tmp_path / "a.zarr")!r}, noise + 1, chunks=(100, 100), overwrite=True)
except dp.OutputError as error:
    assert "too large" in str(error).lower(), error
else:
    raise SystemExit("it was written")
assert os.listdir({str(tmp_path)!r}) == ["a.zarr"]
assert (dp.open_zarr({str(tmp_path / "a.zarr")!r})[...] == noise).all()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
