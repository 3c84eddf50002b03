"""Snapshots: their sums against what Python says, what waits for the collector, and that looking changes nothing."""

import gc
import pickle
import sys
import threading
import weakref

import drypoint as dp
import numpy as np
import pytest

MB = 1_000_000


class Node:
    """Something that can be in a cycle."""


def sized(thing):
    """Bytes of an object, the collector's part included."""
    return sys.getsizeof(thing)


def test_what_goes_with_a_list_is_the_list_and_what_only_it_holds():
    shared = bytearray(MB)
    kept = [bytearray(size) for size in (10_000, 200_000, 3_000_000)] + [shared]
    expected = sized(kept) + sum(map(sized, kept[:3]))
    taken = dp.snapshot()
    assert taken.retained(kept) == expected
    assert taken.retained(shared) == sized(shared)
    assert dp.holders(kept).bytes == sized(kept)


def test_a_view_holds_its_base_and_the_data_counts_once():
    base = np.ones(MB)
    before = dp.snapshot().bytes
    views = [base[number:] for number in range(50)]
    assert dp.snapshot().bytes - before < MB
    small = base[:10]
    del base, views
    assert dp.snapshot().retained(small) > 8 * MB


def test_arrays_of_objects_hold_their_items():
    things = np.array([bytearray(MB), bytearray(MB)], dtype=object)
    assert dp.snapshot().retained(things) > 2 * MB


def test_containers_that_the_collector_forgot_hold_their_items():
    plain = {"pixels": np.ones(MB)}  # no container in it: the collector does not track it
    pair = (np.ones(MB), 1)
    gc.collect()
    taken = dp.snapshot()
    assert taken.retained(plain) > 8 * MB and taken.retained(pair) > 8 * MB


def test_garbage_is_told_until_it_is_collected():
    gc.collect()
    gc.disable()
    try:
        node = Node()
        node.itself = node
        node.data = bytearray(7 * MB)
        del node
        taken = dp.snapshot()
        assert taken.garbage_bytes > 7 * MB
        largest = taken.garbage[0]
        assert sum(count for name, count in largest["types"].items() if name.endswith("Node")) == 1
        assert largest["retained"] > 7 * MB
        gc.collect()
        assert dp.snapshot().garbage_bytes < MB
    finally:
        gc.enable()


def test_lines_tell_where_arrays_were_made():
    with dp.scope():
        frames = [np.ones(MB) for _ in range(3)]
    line = next(one for one in dp.snapshot().lines if one["line"].startswith("test_snapshot.py"))
    assert line["count"] == 3 and line["bytes"] >= sum(frame.nbytes for frame in frames)


def test_looking_changes_nothing():
    thing = [Node() for _ in range(100)]
    gc.collect()
    counts = [sys.getrefcount(node) for node in thing]
    first = dp.snapshot()
    assert [sys.getrefcount(node) for node in thing] == counts
    alive = weakref.ref(thing[0])
    dp.holders(thing[1])
    del thing
    assert alive() is None, "a snapshot holds no objects"
    objects = [dp.snapshot().objects for _ in range(4)]
    assert max(objects[1:]) - min(objects[1:]) < 200, (first.objects, objects)


def test_variables_that_the_program_looked_at_stay():
    def look():
        data = [1]
        seen = locals()
        locals()["more"] = 2
        dp.snapshot()
        return seen, data

    seen, data = look()
    assert seen["data"] is data
    if sys.version_info < (3, 13):
        assert seen["more"] == 2


def test_a_variable_that_was_looked_at_is_let_go():
    def look(data):
        gone = weakref.ref(data)
        dp.snapshot()
        del data
        return gone()

    left = look(np.ones(10))
    assert left is None


def test_other_threads_go_on():
    stop = threading.Event()
    errors = []

    def churn():
        try:
            while not stop.is_set():
                kept = {number: [str(number), (number, Node())] for number in range(300)}
                kept["self"] = kept
        except BaseException as error:  # told by the test
            errors.append(error)

    threads = [threading.Thread(target=churn) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(8):
            assert dp.snapshot().objects > 1000
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not errors


def test_types_with_strange_manners_are_not_called():
    called = []

    class Meta(type):
        def __getattribute__(cls, name):
            called.append(name)
            return super().__getattribute__(name)

    class Strange(metaclass=Meta):
        def __getattribute__(self, name):
            called.append(name)
            return super().__getattribute__(name)

        def __sizeof__(self):
            called.append("size")
            return -5

        def __eq__(self, other):
            called.append("eq")
            return True

        __hash__ = None

    things = [Strange() for _ in range(5)]
    called.clear()
    dp.snapshot()
    assert called == [] and len(things) == 5


def test_sizes_of_ones_own():
    class Texture:
        pass

    texture = Texture()
    before = dp.snapshot().retained(texture)
    dp.register_size(Texture, lambda texture: 12_345_678)
    assert dp.snapshot().retained(texture) == before + 12_345_678
    dp.register_size(Texture, lambda texture: 1 / 0)
    assert dp.snapshot().retained(texture) == before, "a size that cannot be told is none"


def test_pixels_of_pillow_and_mappings_count(tmp_path):
    import mmap

    image = pytest.importorskip("PIL.Image").new("RGB", (1000, 1000))
    (tmp_path / "file").write_bytes(bytes(3 * MB))
    with open(tmp_path / "file", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
        taken = dp.snapshot()
        assert taken.retained(mapping) >= 3 * MB
    assert taken.retained(image) >= 4 * MB


def test_memory_of_ctypes_counts_once():
    import ctypes

    class Header(ctypes.Structure):
        _fields_ = (("name", ctypes.c_char * MB), ("rows", ctypes.c_int * 100))

    buffer, header, own = ctypes.create_string_buffer(2 * MB), Header(), bytearray(MB)
    rows, shared = header.rows, (ctypes.c_char * MB).from_buffer(own)
    taken = dp.snapshot()
    assert 2 * MB <= taken.retained(buffer) < 2.1 * MB
    assert MB <= taken.retained(header) < 1.1 * MB
    assert taken.retained(rows) < 10_000, "a part of the header"
    [bytes] = [kind["bytes"] for kind in taken.kinds if kind["type"].endswith(f"c_char_Array_{MB}")]
    assert bytes < MB, "they are those of the bytearray"
    assert len(shared) == MB


def test_lists_of_a_snapshot(tmp_path):
    kept = [bytearray(5 * MB)]
    before = dp.snapshot()
    more = [bytearray(9 * MB), np.ones(MB)]
    after = dp.snapshot()
    grown = {one.get("type"): one for one in before.diff(after)}
    assert grown["bytearray"]["count"] >= 1 and grown["bytearray"]["bytes"] >= 9 * MB
    assert after.top(3) == after.largest[:3] and len(after.top(2, by="types")) == 2
    assert any("bytearray" in one["type"] for one in after.find("bytearray"))
    assert after.find("no such thing") == []
    assert "retained" in repr(after) and "<pre>" in after._repr_html_()
    path = tmp_path / "heap.json"
    after.save(path)
    for again in (dp.Snapshot.load(path), pickle.loads(pickle.dumps(after))):
        assert again == after and again.to_dict() == after.to_dict()
        with pytest.raises(dp.DrypointError, match="only its lists are there"):
            again.retained(kept)
    with pytest.raises(dp.DrypointError, match="was not there when"):
        before.retained(more)
    with pytest.raises(AttributeError):
        after.nothing  # noqa: B018


@pytest.mark.parametrize(
    "act, error, told",
    [
        (lambda taken, path: taken.top(-1), dp.BadArgument, "count must be at least 0"),
        (
            lambda taken, path: taken.top(by="kind"),
            dp.BadArgument,
            "by must be 'objects', 'types' or 'lines'",
        ),
        (lambda taken, path: taken.diff(3), dp.BadArgument, "later must be a Snapshot, not 3"),
        (lambda taken, path: taken.find(3), dp.BadArgument, "text must be text"),
        (lambda taken, path: dp.holders([], count=0), dp.BadArgument, "count must be at least 1"),
        (lambda taken, path: dp.register_size(3, len), dp.BadArgument, "kind must be a type, not 3"),
        (lambda taken, path: dp.register_size(Node, 3), dp.BadArgument, "function must be a function"),
        (
            lambda taken, path: dp.Snapshot.load(path / "none"),
            dp.SourceNotFound,
            "the snapshot .*none: No such",
        ),
        (lambda taken, path: dp.Snapshot.load(path / "text"), dp.CorruptData, "is no snapshot"),
        (
            lambda taken, path: dp.Snapshot.load(path / "new"),
            dp.CorruptData,
            "version 99; this Drypoint reads",
        ),
        (
            lambda taken, path: dp.Snapshot.load(path / "half"),
            dp.CorruptData,
            "'objects' must be a whole number",
        ),
        (lambda taken, path: dp.Snapshot.load(path / "torn"), dp.CorruptData, "or not whole: it is no JSON"),
        (lambda taken, path: taken.save(path / "no" / "such"), dp.OutputError, "such"),
    ],
)
def test_bad_arguments(tmp_path, act, error, told):
    (tmp_path / "text").write_text("[1, 2]")
    (tmp_path / "half").write_text('{"format": "drypoint-snapshot", "version": 1}')
    (tmp_path / "torn").write_text('{"format": "drypoint-')
    (tmp_path / "new").write_text('{"format": "drypoint-snapshot", "version": 99}')
    with pytest.raises(error, match=told):
        act(dp.snapshot(), tmp_path)
