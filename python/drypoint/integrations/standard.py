"""Resources of the standard library: mappings, shared memory, temporary files and folders."""

from __future__ import annotations

import os
from contextlib import suppress

from .._lifetime import closers, constructions
from .._lifetime.explained import unexplained

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["watch"]

_LOOKED_INTO = "something still looks into it, such as an array"


def watch(module: ModuleType) -> None:
    """See what the module makes."""
    if module.__name__ == "mmap":
        constructions.replace(module, "mmap")
    elif module.__name__ == "multiprocessing.shared_memory":
        constructions.wrap(module.SharedMemory)
    else:
        constructions.replace_function(module, "TemporaryFile")
        constructions.wrap(module._TemporaryFileWrapper, "NamedTemporaryFile")
        constructions.wrap(module.SpooledTemporaryFile)
        constructions.wrap(module.TemporaryDirectory)


def _is_open(thing: Any) -> bool:
    return not thing.closed


def _close_mapping(mapping: Any, failing: bool) -> str | None:
    """Unmap it, unless something may still look into it: an array made over a mapping takes no export."""
    if unexplained(mapping):
        return _LOOKED_INTO
    try:
        mapping.close()
    except BufferError:
        return _LOOKED_INTO
    return None


def _close_shared(shared: Any, failing: bool) -> str | None:
    """Remove its name, if it was made here and not attached to, and unmap it if nothing looks into it any more."""
    if _created(shared):
        with suppress(FileNotFoundError):
            shared.unlink()
        shared._flags &= ~os.O_EXCL  # so that its name is not removed twice
    # `buf` itself refers to the mapping once, which nothing shows. So does an array over `buf`: not to `buf`.
    own = 0 if shared._buf is None else 1
    if unexplained(shared._mmap) > own or (own and unexplained(shared._buf)):
        return _LOOKED_INTO
    try:
        shared.close()
    except BufferError:
        return _LOOKED_INTO
    return None


def _created(shared: Any) -> bool:
    return bool(shared._flags & os.O_EXCL)


class SharedName:
    """The name of a segment that was made here. It outlives the object and `close`, until somebody removes it, so the
    scope holds this in its stead: it has no weak references."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def _note_name(thing: object, kind: str) -> None:
    """A segment was made, and so was a name in the system."""
    if kind == "SharedMemory" and os.name == "posix" and _created(thing):
        segment: Any = thing
        segment._drypoint_name = SharedName(segment._name)
        constructions.made(segment._drypoint_name, "SharedMemory name")


def _name_exists(named: SharedName) -> bool:
    import _posixshmem  # type: ignore[import-not-found]

    try:
        os.close(_posixshmem.shm_open(named.name, os.O_RDONLY, mode=0o600))
    except OSError:
        return False
    return True


def _remove_name(named: SharedName, failing: bool) -> None:
    import _posixshmem
    from multiprocessing import resource_tracker

    _posixshmem.shm_unlink(named.name)
    resource_tracker.unregister(named.name, "shared_memory")


def _clean_up(folder: Any, failing: bool) -> None:
    folder.cleanup()


closers.add("mmap.mmap", closers.Closer(_close_mapping, _is_open, len))
closers.add(
    "multiprocessing.shared_memory.SharedMemory",
    closers.Closer(
        _close_shared,
        lambda shared: shared._mmap is not None,
        lambda shared: int(shared.size),
        lambda shared: (shared._mmap, getattr(shared, "_drypoint_name", None)),
    ),
)
closers.add(SharedName, closers.Closer(_remove_name, _name_exists))
constructions.observers.append(_note_name)
closers.add(
    "tempfile._TemporaryFileWrapper", closers.Closer(closers.by_method, lambda file: not file.file.closed)
)
closers.add(
    "tempfile.SpooledTemporaryFile",
    closers.Closer(closers.by_method, _is_open, parts=lambda file: (file._file,)),
)
closers.add("tempfile.TemporaryDirectory", closers.Closer(_clean_up, lambda folder: folder._finalizer.alive))
for _name in ("FileIO", "BufferedRandom", "BufferedReader", "BufferedWriter", "TextIOWrapper"):
    closers.add(f"_io.{_name}", closers.Closer(closers.by_method, _is_open))
