"""Each closer: a program that leaks without it, cured by a scope around the turn; and what it must not touch."""

from __future__ import annotations

import gc
import mmap
import os
import subprocess
import sys
import tempfile
from multiprocessing.shared_memory import SharedMemory

import drypoint as dp
import pytest
from child import MB, run_child

np = pytest.importorskip("numpy")
pytest.importorskip("PIL.Image")

_PREPARE = """
import os, sys, gc, tempfile
import drypoint as dp
import numpy as np
HELD = []
folder = tempfile.mkdtemp()
def files(): return len(os.listdir("/proc/self/fd"))
def shared(): return len([name for name in os.listdir("/dev/shm") if name.startswith("psm_")])
def resident(): return int(open("/proc/self/statm").read().split()[1]) * 4096
"""

#: What a turn does, before that what it needs, and which number grows with each turn if nobody closes.
LEAKS = {
    "captures": (
        """
import cv2
writer = cv2.VideoWriter(folder + "/clip.avi", cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 480))
for number in range(3): writer.write(np.full((480, 640, 3), number, np.uint8))
writer.release()
""",
        'capture = cv2.VideoCapture(folder + "/clip.avi"); capture.read(); HELD.append(capture)',
        "files",
    ),
    "writers": (
        "import cv2",
        """
writer = cv2.VideoWriter(f"{folder}/{len(HELD)}.avi", cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
writer.write(np.zeros((48, 64, 3), np.uint8)); HELD.append(writer)
""",
        "files",
    ),
    "images opened": (
        'from PIL import Image; Image.new("RGB", (64, 48)).save(folder + "/a.png")',
        'HELD.append(Image.open(folder + "/a.png"))',
        "files",
    ),
    "images made": (
        "from PIL import Image",
        'HELD.append(Image.new("RGB", (1000, 1000), "teal").rotate(10))',
        "resident",
    ),
    "sequences": (
        """
from PIL import Image, ImageSequence
frames = [Image.new("L", (640, 480), number) for number in range(4)]
frames[0].save(folder + "/a.gif", save_all=True, append_images=frames[1:])
""",
        """
sequence = Image.open(folder + "/a.gif"); HELD.append(sequence)
HELD.extend(frame.copy() for frame in ImageSequence.Iterator(sequence))
""",
        "files",
    ),
    "memory maps": (
        'np.ones(250_000).tofile(folder + "/a.bin")',
        'array = np.memmap(folder + "/a.bin", dtype=float, mode="r"); array.sum(); HELD.append(array)',
        "resident",
    ),
    "loaded maps": (
        'np.save(folder + "/a.npy", np.ones(250_000))',
        'array = np.load(folder + "/a.npy", mmap_mode="r"); array.sum(); HELD.append({"data": [array]})',
        "resident",
    ),
    "archives": (
        'np.savez(folder + "/a.npz", a=np.arange(3))',
        'archive = np.load(folder + "/a.npz"); archive["a"]; HELD.append(archive)',
        "files",
    ),
    "mappings": (
        "import mmap",
        "mapping = mmap.mmap(-1, 1_000_000); mapping.write(b'x' * 1_000_000); HELD.append(mapping)",
        "resident",
    ),
    "HDF5": (
        "import h5py, shutil\nwith h5py.File(folder + '/a.h5', 'w') as file: file['a'] = np.arange(10)",
        'path = tempfile.mktemp(dir=folder); shutil.copy(folder + "/a.h5", path); HELD.append(h5py.File(path))',
        "files",
    ),
    "shared memory": (
        "from multiprocessing.shared_memory import SharedMemory",
        "memory = SharedMemory(create=True, size=100_000); memory.buf[:3] = b'abc'; HELD.append(memory)",
        "shared",
    ),
    "temporary files": ("", "HELD.append(tempfile.TemporaryFile())", "files"),
    "named temporary files": ("", "HELD.append(tempfile.NamedTemporaryFile())", "files"),
    "spooled files": (
        "",
        "spooled = tempfile.SpooledTemporaryFile(10); spooled.write(b'x' * 20); HELD.append(spooled)",
        "files",
    ),
    "sources": (
        "np.save(folder + '/a.npy', np.ones(1000))",
        "source = dp.scan(folder + '/a.npy'); HELD.append(source)",
        "files",
    ),
}


def _program(prepare: str, turn: str, measure: str, scoped: bool) -> str:
    body = "\n".join("    " + line for line in turn.strip().splitlines())
    loop = "for turn in dp.each(range(12)):" if scoped else "for turn in range(12):"
    return f"""{_PREPARE}{prepare}
gc.disable()
def work():
{body}
work(); work()
for thing in HELD:
    if hasattr(thing, "unlink"): thing.unlink()
HELD.clear()
before = {measure}()
{loop}
    work()
if {scoped}:
    assert len(HELD) >= 12
result = {measure}() - before
if not {scoped}:
    for thing in HELD:
        if hasattr(thing, "unlink"): thing.unlink()
HELD.clear()
"""


@pytest.mark.parametrize("case", LEAKS)
def test_leaks_without_and_is_cured_by_a_scope(case):
    prepare, turn, measure = LEAKS[case]
    if "cv2" in prepare:
        pytest.importorskip("cv2")
    if "h5py" in prepare:
        pytest.importorskip("h5py")
    plain = run_child(_program(prepare, turn, measure, scoped=False))
    cured = run_child(_program(prepare, turn, measure, scoped=True))
    least, most = (8 * MB, plain.result / 4) if measure == "resident" else (12, 1)
    if case != "sources":  # which open their file only while they read
        assert plain.result >= least, f"this program does not leak: {plain.result}"
    assert cured.result <= most
    assert cured.stderr == ""


def test_temporary_folders_are_removed():
    with dp.scope():
        folder = tempfile.TemporaryDirectory()
        assert os.path.isdir(folder.name)
    assert not os.path.exists(folder.name)


def test_what_the_program_closed_itself_is_not_closed_again():
    closed = []

    class Closes:
        def __init__(self):
            self.closed = False

    with dp.scope() as scope:
        with tempfile.TemporaryFile():
            pass
        mapping = mmap.mmap(-1, 4096)
        mapping.close()
        memory = SharedMemory(create=True, size=100)
        memory.close()
        memory.unlink()
    assert scope.report()["left"] == {} and closed == [] and Closes is not None


# Memory that something may still look into


def test_a_memory_map_with_a_view_is_left_alone_and_reported(tmp_path):
    np.ones(1000).tofile(tmp_path / "a.bin")
    with dp.scope() as scope:
        array = np.memmap(tmp_path / "a.bin", dtype=float, mode="r")
        view = np.asarray(array)[10:20]
    assert view.sum() == 10.0 and array[3] == 1.0
    (alive,) = [one for one in scope.report()["alive"] if one["kind"] == "memmap"]
    assert alive["bytes"] == 8000 and "view" in alive["reason"]


def test_a_closed_memory_map_says_so_and_is_empty(tmp_path):
    with dp.scope():
        array = np.memmap(tmp_path / "a.bin", dtype=np.uint8, mode="w+", shape=(100, 10))
        array[:] = 7
    for use in (lambda it: it[0], lambda it: it + 1, np.sum, list):
        with pytest.raises(dp.ClosedError, match=r"a\.bin was closed at the end of its scope"):
            use(array)
    assert "closed memory map" in repr(array) and isinstance(array, np.memmap) and array.size == 0
    assert (tmp_path / "a.bin").read_bytes() == b"\x07" * 1000
    del array
    gc.collect()


def test_memory_maps_in_containers_and_locals_are_closed(tmp_path):
    np.ones(1000).tofile(tmp_path / "a.bin")

    class Owner:
        pass

    owner = Owner()
    with dp.scope() as scope:
        array = np.memmap(tmp_path / "a.bin", dtype=float, mode="r")
        owner.array = array
        owner.more = {"deep": [array, (array,)]}
        hold = lambda: array  # noqa: E731
    assert scope.report()["left"] == {} and hold().size == 0 and owner.array is array


@pytest.mark.parametrize("look", ["np.ndarray((10,), np.uint8, mapping)", "np.frombuffer(mapping, np.uint8)"])
def test_a_mapping_under_an_array_is_left_alone(look):
    program = f"""
import mmap
import drypoint as dp, numpy as np
with dp.scope() as scope:
    mapping = mmap.mmap(-1, 4096)
    array = {look}
    array[3] = 9
result = [int(array[3]), scope.report()["left"]]
"""
    assert run_child(program).result == [9, {"mmap": 1}]


def test_shared_memory_under_an_array_loses_its_name_but_stays_mapped():
    program = """
import os
from multiprocessing.shared_memory import SharedMemory
import drypoint as dp, numpy as np
with dp.scope() as scope:
    memory = SharedMemory(create=True, size=4096)
    array = np.ndarray((10,), np.uint8, memory.buf)
    array[3] = 9
result = [int(array[3]), scope.report()["left"], os.path.exists("/dev/shm/" + memory.name.lstrip("/"))]
"""
    child = run_child(program)
    assert child.result == [9, {"SharedMemory": 1}, False] and child.stderr == ""


def test_shared_memory_that_was_attached_is_not_removed():
    memory = SharedMemory(create=True, size=4096)
    try:
        memory.buf[0] = 5
        with dp.scope():
            attached = SharedMemory(memory.name)
            assert attached.buf[0] == 5
        assert attached.buf is None
        again = SharedMemory(memory.name)
        assert again.buf[0] == 5
        again.close()
    finally:
        memory.close()
        memory.unlink()


def test_an_array_over_a_kept_mapping_keeps_it(tmp_path):
    np.ones(1000).tofile(tmp_path / "a.bin")

    @dp.scoped
    def part():
        array = np.memmap(tmp_path / "a.bin", dtype=float, mode="r")
        return array[100:200]

    @dp.scoped
    def shared():
        memory = SharedMemory(create=True, size=800)
        array = np.ndarray((100,), float, memory.buf)
        array[:] = 1.0
        return array, memory

    assert part().sum() == 100.0
    array, memory = shared()
    assert array.sum() == 100.0 and memory.buf is not None
    del array
    memory.close()
    memory.unlink()


def test_images_leave_the_programs_own_file_open(tmp_path):
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (10, 10), 7).save(file, "png")
    for _ in dp.each(range(3)):
        file.seek(0)
        image = Image.open(file)
        assert image.getpixel((0, 0)) == 7
    assert not file.closed
    with pytest.raises(ValueError, match="closed"):
        image.getpixel((0, 0))


# How constructions are seen


def test_names_imported_before_are_rebound_and_put_back():
    program = """
import mmap as module
from mmap import mmap as name
before = module.mmap(-1, 4096)
import drypoint as dp
hidden = [name]
with dp.scope():
    during = name(-1, 4096)
    inside = [name is module.mmap, name is not hidden[0], isinstance(before, name), isinstance(during, hidden[0]),
              issubclass(hidden[0], name), repr(name) == repr(hidden[0])]
from drypoint._lifetime import constructions
constructions.unwatch()
result = inside + [during.closed, not before.closed, name is hidden[0], module.mmap is name, isinstance(during, name)]
"""
    assert run_child(program).result == [True] * 11


def test_libraries_imported_later_are_seen_and_none_is_imported_by_us():
    program = """
import sys
import drypoint as dp
heavy = {"numpy", "cv2", "PIL", "h5py", "matplotlib", "mmap", "tempfile"}
with dp.scope() as scope:
    result = [sorted(heavy & set(sys.modules))]
    import tempfile, numpy, PIL.Image
    assert numpy.__spec__.loader is numpy.__loader__ and "drypoint" not in type(numpy.__loader__).__module__
    held = [tempfile.TemporaryFile(), PIL.Image.new("L", (3, 3))]
result += [scope.report()["closed"], held[0].closed]
"""
    assert run_child(program).result == [[], {"Image": 1, "TemporaryFile": 1}, True]


def test_opencv_is_seen_when_it_is_imported_later():
    pytest.importorskip("cv2")
    program = """
import drypoint as dp
with dp.scope() as scope:
    import cv2
    from cv2 import VideoCapture
    capture = VideoCapture()
    for _ in range(1000):
        cv2.VideoCapture()
    assert type(capture) is cv2.VideoCapture
result = scope.report()["made"], scope.report()["gone"], scope.report()["closed"]
del capture
with dp.scope():
    kept = cv2.VideoCapture()
"""
    assert run_child(program).result == [{"VideoCapture": 1001}, {"VideoCapture": 1000}, {"VideoCapture": 1}]


def test_a_reloaded_module_is_seen_again():
    program = """
import importlib, tempfile
import drypoint as dp
held = []
with dp.scope() as scope:
    held.append(tempfile.TemporaryDirectory())
    importlib.reload(tempfile)
    held.append(tempfile.TemporaryDirectory())
result = scope.report()["closed"]
"""
    assert run_child(program).result == {"TemporaryDirectory": 2}


def test_other_finders_still_find(tmp_path):
    (tmp_path / "lazy_one.py").write_text("VALUE = 3\nclass Thing: pass\n")
    program = f"""
import importlib.util, sys
sys.path.insert(0, {str(tmp_path)!r})
import drypoint as dp
closed = []
registration = dp.register_closer("lazy_one.Thing", lambda thing: closed.append(1))
with dp.scope():
    spec = importlib.util.find_spec("lazy_one")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["lazy_one"] = module
    spec.loader.exec_module(module)
    assert module.VALUE == 3
    things = [module.Thing(), module.Thing()]
registration.remove()
try:
    import no_such_module_anywhere
except ModuleNotFoundError as error:
    closed.append(error.name)
result = closed
"""
    assert run_child(program).result == [1, 1, "no_such_module_anywhere"]


# Closers of the program's own


def test_registering_by_name_checks_what_it_is_given():
    for wrong in (3, "nodots", "not a name.X", ".X"):
        with pytest.raises(dp.BadArgument, match="type must be a class"):
            dp.register_closer(wrong, print)
    with pytest.raises(dp.BadArgument, match="function must be a function"):
        dp.register_closer(dict, 3)
    with pytest.raises(dp.BadArgument, match="cannot be seen"):
        dp.register_closer(dict, print)
    with pytest.raises(dp.BadArgument, match="has no class"):
        dp.register_closer("tempfile.NoSuchThing", print)


def test_a_removed_closer_closes_no_more():
    class Thing:
        pass

    closed = []
    registration = dp.register_closer(Thing, closed.append)
    assert "Thing" in repr(registration)
    with dp.scope():
        first = Thing()
    registration.remove()
    registration.remove()
    with dp.scope():
        second = Thing()
    assert closed == [first] and second is not first


def test_a_closer_may_leave_a_thing_alone_and_says_why():
    class Thing:
        pass

    with dp.register_closer(Thing, lambda thing: "still recording"), dp.scope() as scope:
        thing = Thing()
    (alive,) = scope.report()["alive"]
    assert alive["reason"] == "still recording" and alive["type"].endswith("Thing") and thing is not None


def test_a_crash_at_exit_or_noise_never_comes_from_open_scopes():
    program = """
import drypoint as dp, tempfile
scope = dp.scope().__enter__()
held = tempfile.TemporaryFile()
turns = dp.each(range(3))
next(turns)
"""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr
