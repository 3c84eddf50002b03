"""Things of the operating system that are open: files, maps, captures, archives, segments.

Most are held by one another: an archive has a file, a map has a mapping, which its views hold too. Only the
outermost that is open itself is told, since that is what a program closes.
"""

from __future__ import annotations

import os
import sys

from .. import _core
from .._report import names
from . import ways
from .growth import site_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Any

    from .makings import Makings
    from .ways import Way

__all__ = ["Handles", "find", "segments"]

#: Steps outwards in which another handle is looked for.
OUTWARDS = 8


class Handles:
    """Open handles of one type, made by one line.

    Attributes
    ----------
    kind : str
        Their type.
    what : str
        What each keeps open: ``"an open file"``.
    cure : str
        The call that closes one.
    site : int
        The line; 0 if it is not known.
    count, bytes : int
        How many there are, and what they keep in memory.
    holder, chain : str
        Who holds them.
    way : Way or None
        By which kind of reference.
    """

    __slots__ = ("bytes", "chain", "count", "cure", "holder", "kind", "site", "way", "what")

    def __init__(self, kind: str, what: str, cure: str, site: int) -> None:
        self.kind, self.what, self.cure, self.site = kind, what, cure, site
        self.count = self.bytes = 0
        self.holder = self.chain = ""
        self.way: Way | None = None


def _is_map(array: Any) -> bool:
    mapping = getattr(array, "_mmap", None)
    return mapping is not None and not mapping.closed and type(array.base) is not type(array)


#: Module, type, whether one is open, what it keeps, the call that closes it.
KINDS: list[tuple[str, str, Callable[[Any], bool], str, str]] = [
    ("PIL.Image", "Image", lambda it: getattr(it, "fp", None) is not None, "an open file", "image.close()"),
    ("numpy.lib.npyio", "NpzFile", lambda it: it.zip is not None, "an open file", "archive.close()"),
    ("numpy", "memmap", _is_map, "a mapping and an open file", "del on the last reference to it"),
    ("cv2", "VideoCapture", lambda it: it.isOpened(), "a decoder and an open file", "capture.release()"),
    ("cv2", "VideoWriter", lambda it: it.isOpened(), "an encoder and an open file", "writer.release()"),
    ("h5py", "File", bool, "an open file", "file.close()"),
    (
        "multiprocessing.shared_memory",
        "SharedMemory",
        lambda it: it._mmap is not None,
        "a mapped segment",
        "segment.close()",
    ),
    ("mmap", "mmap", lambda it: not it.closed, "a mapping", "mapping.close()"),
    ("zipfile", "ZipFile", lambda it: it.fp is not None, "an open file", "archive.close()"),
    ("tempfile", "_TemporaryFileWrapper", lambda it: not it.file.closed, "an open file", "file.close()"),
    ("socket", "socket", lambda it: it.fileno() != -1, "an open socket", "connection.close()"),
    ("io", "FileIO", lambda it: not it.closed, "an open file", "file.close()"),
    ("subprocess", "Popen", lambda it: it.returncode is None, "a running process", "process.wait()"),
]


def find(heap: _core.Heap, named: list[str], makings: Makings) -> list[Handles]:
    """What is open now, by type and line, most first.

    Parameters
    ----------
    heap : Heap
        The heap now, its objects not yet let go.
    named : list of str
        The names of its roots.
    makings : Makings
        Knows the lines.
    """
    types = _types()
    told: dict[int, tuple[str, str]] = {}
    for node in heap.of_kinds([kind for kind, *_ in types]):
        thing = heap.thing(node)
        found_open = next(
            ((what, cure) for kind, is_open, what, cure in types if _open(thing, kind, is_open)), None
        )
        if found_open is not None:
            told[node] = found_open
    groups: dict[tuple[str, int], tuple[Handles, list[int]]] = {}
    parts = {id(part) for node in told for part in getattr(heap.thing(node), "__dict__", {}).values()}
    for node, (what, cure) in told.items():
        thing = heap.thing(node)
        if id(thing) in makings.before or id(thing) in parts or _is_inside(heap, node, told):
            continue
        site = site_of(heap, makings, node)
        name = names.kind_name(type(thing))
        group, members = groups.setdefault((name, site), (Handles(name, what, cure, site), []))
        group.count += 1
        group.bytes += heap.node(node)[2]
        members.append(node)
    found = [entry for entry in groups.values() if entry[0].count > 1]
    for group, members in found:
        _name(heap, named, group, members[len(members) // 2])
    found.sort(key=lambda entry: -entry[0].count)
    return [group for group, _ in found if not group.chain.startswith("module drypoint")]


def _types() -> list[tuple[type, Callable[[Any], bool], str, str]]:
    found = []
    for module, name, is_open, what, cure in KINDS:
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type):
            kind = kind.__dict__.get("_stands_for", kind)
            found.append((kind, is_open, what, cure))
    return found


def _open(thing: Any, kind: type, is_open: Callable[[Any], bool]) -> bool:
    if not isinstance(thing, kind):
        return False
    try:
        return is_open(thing)
    except Exception:  # half made, or of another version of its library: not known to be open
        return False


def _is_inside(heap: _core.Heap, node: int, others: Container[int]) -> bool:
    at: int | None = node
    for _ in range(OUTWARDS):
        at = heap.holder(at) if at is not None else None
        if at is None:
            return False
        if at in others:
            return True
    return False


def _name(heap: _core.Heap, named: list[str], group: Handles, node: int) -> None:
    from .growth import chain_to

    root, steps = chain_to(heap, named, node)
    objects = [heap.thing(step) for step in steps]
    place = max(0, len(steps) - 2)
    for back in range(len(steps) - 2, -1, -1):
        if isinstance(objects[back], list | dict | set | tuple) and not ways.is_plain_holder(objects[back]):
            place = back
            break
    group.chain = names.chain(root, objects)
    group.holder = ways.holder_name(root, objects[: place + 1])
    group.way = ways.of(root, objects, place)


def segments(made: dict[str, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Shared memory that was made here and still has its name: how many segments and bytes for each line."""
    found: dict[int, tuple[int, int]] = {}
    for name, (size, site) in list(made.items()):
        if os.path.exists("/dev/shm/" + name.lstrip("/")):
            count, bytes = found.get(site, (0, 0))
            found[site] = (count + 1, bytes + size)
    return found
