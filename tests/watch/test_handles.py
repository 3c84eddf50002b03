"""What is said of open things is true of their types, and pieces of the sentences fit together."""

from __future__ import annotations

import io
import mmap
import socket
import subprocess
import sys
import tempfile
import zipfile
from multiprocessing.shared_memory import SharedMemory
from types import SimpleNamespace

import drypoint as dp
import numpy as np
import pytest
from drypoint._watch import opened
from drypoint._watch.handles import Handles
from drypoint._watch.openable import OPENABLE, imported

cv2 = pytest.importorskip("cv2")
h5py = pytest.importorskip("h5py")
Image = pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("files")
    Image.new("RGB", (8, 8)).save(made / "icon.png")
    np.savez(made / "arrays.npz", a=np.ones(4))
    np.save(made / "array.npy", np.ones(4096))
    h5py.File(made / "table.h5", "w").close()
    writer = film(made / "film.avi")
    for shade in range(8):
        writer.write(np.full((64, 64, 3), shade * 30, np.uint8))
    writer.release()
    with zipfile.ZipFile(made / "archive.zip", "w") as archive:
        archive.writestr("a", "a")
    return made


def film(path):
    return cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 64))


MAKERS = {
    "PIL.Image.Image": lambda folder: Image.open(folder / "icon.png"),
    "numpy.lib.npyio.NpzFile": lambda folder: np.load(folder / "arrays.npz"),
    "numpy.memmap": lambda folder: np.load(folder / "array.npy", mmap_mode="r"),
    "cv2.VideoCapture": lambda folder: cv2.VideoCapture(str(folder / "film.avi")),
    "cv2.VideoWriter": lambda folder: film(folder / "new.avi"),
    "h5py.File": lambda folder: h5py.File(folder / "table.h5", "r"),
    "multiprocessing.shared_memory.SharedMemory": lambda folder: SharedMemory(create=True, size=4096),
    "mmap.mmap": lambda folder: mmap.mmap(-1, 4096),
    "zipfile.ZipFile": lambda folder: zipfile.ZipFile(folder / "archive.zip"),
    "tempfile._TemporaryFileWrapper": lambda folder: tempfile.NamedTemporaryFile(),
    "socket.socket": lambda folder: socket.socket(),
    "io.FileIO": lambda folder: open(folder / "array.npy", "rb", buffering=0),
    "subprocess.Popen": lambda folder: subprocess.Popen([sys.executable, "-c", ""]),
}


def end(thing):
    """Close a thing, whatever it is. A scope that closes a segment has removed its name."""
    for name in ("close", "release", "wait"):
        if hasattr(thing, name):
            getattr(thing, name)()


@pytest.fixture(params=OPENABLE, ids=lambda one: f"{one.module}.{one.name}")
def case(request, folder):
    """A kind, and a thing of it that a scope has been told to close."""
    one = request.param
    with dp.scope():
        thing = MAKERS[f"{one.module}.{one.name}"](folder)
        assert one.has_open(thing)
    yield one, thing, one.has_open(thing)
    end(thing)


def test_a_scope_is_advised_where_it_closes(case):
    one, thing, still_open = case
    assert ("dp.scope()" in one.cure(type(thing))) == (not still_open)


def test_a_with_statement_is_advised_where_there_is_one(case):
    one, thing, _ = case
    assert ("with statement" in one.cure(type(thing))) == hasattr(thing, "__enter__")


@pytest.mark.parametrize("one", OPENABLE, ids=lambda one: f"{one.module}.{one.name}")
def test_the_call_that_is_advised_closes(one, folder):
    thing = MAKERS[f"{one.module}.{one.name}"](folder)
    if one.call:
        variable, method = one.call.removesuffix("()").split(".")
        assert variable.isidentifier() and one.cure(type(thing)).startswith(f"Call {one.call} when ")
        getattr(thing, method)()
        assert not one.has_open(thing)
    else:
        mapping = thing._mmap
        del thing
        assert sys.getrefcount(mapping) == 2
    if one.name == "SharedMemory":
        thing.unlink()


@pytest.mark.parametrize("one", OPENABLE, ids=lambda one: f"{one.module}.{one.name}")
def test_the_sentence_is_whole(one, folder):
    kind = next(kind for kind, other in imported() if other is one)
    handles = Handles("kind.Name", one.what, one.left, one.cure(kind), 0)
    handles.holder, handles.chain, handles.count, handles.bytes = "OPENED", "module app → OPENED[3]", 12, 1200
    looks = [SimpleNamespace(handles=[], turn=0), SimpleNamespace(handles=[handles], turn=6)]
    (found,) = opened.opened(looks)
    assert found.message == (
        f"12 kind.Names were {one.left} and are held by OPENED: each keeps {one.what}, "
        "2 more with each turn (module app → OPENED[3])."
    )
    assert found.fix.endswith(".") and "()s" not in found.fix and "  " not in found.fix
    assert "it at its end" in found.fix or "dp." not in found.fix


def test_what_is_half_made_is_not_open():
    files = next(one for one in OPENABLE if one.name == "ZipFile")
    assert not files.has_open(zipfile.ZipFile.__new__(zipfile.ZipFile))
    assert files.has_open(zipfile.ZipFile(io.BytesIO(), "w"))


@pytest.mark.parametrize(
    ("turns", "told", "each"), [(10, "; 1.2 more with each turn.", 1200), (0, ".", None)]
)
def test_segments_tell_turns_only_where_there_are_some(turns, told, each):
    looks = [SimpleNamespace(segments={0: (12, 12_000)}, turn=turns)]
    (found,) = opened.segments(looks)
    assert found.message == (
        "12 shared memory segments (SharedMemory) were not unlinked: they stay in /dev/shm, 1.0 kB each, "
        f"also after close() and after the process has ended{told}"
    )
    assert found.per_turn == each
    assert opened.segments([SimpleNamespace(segments={0: (4, 4_000)}, turn=turns)]) == []
