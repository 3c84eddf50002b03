"""Which line made what: figures, artists, images, captures, archives, files.

Large arrays are noted by the allocator hook. Everything else is seen where it is constructed, by the wraps that
scopes use too, and by one more around Matplotlib's artists, which scopes have no use for. Open files cannot be
wrapped without a frame more in everybody's traceback; the interpreter's own audit event tells of them.
"""

from __future__ import annotations

import gc
import sys
from _io import FileIO
from _weakref import ref

from .. import _core
from .._lifetime import constructions
from .._lifetime.imports import forget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = ["Makings"]

#: Classes whose instances are told by nobody else, by module.
WRAPPED = {
    "matplotlib.artist": ("Artist",),
    "matplotlib.colorbar": ("Colorbar",),
    "socket": ("socket",),
    "subprocess": ("Popen",),
    "zipfile": ("ZipFile",),
}
#: Names of files that are remembered at most.
MOST_FILES = 10_000

_listening: list[Makings] = []
_hooked = False


class _Made(ref["Any"]):
    """A weak reference to a thing, and the line that made it, as a site."""

    __slots__ = ("key", "kind", "site")

    key: int
    kind: type
    site: int


class Makings:
    """What was made since `start`."""

    def __init__(self) -> None:
        self._made: dict[int, _Made] = {}
        #: Things without weak references: their type and site, true as long as the thing at this address is of the type.
        self._bare: dict[int, tuple[type, int]] = {}
        self._files: dict[str, int] = {}
        #: How many of a type were made at a site.
        self.counts: dict[tuple[int, str], int] = {}
        #: Names of shared memory that was made here, with their sizes and sites.
        self.segments: dict[str, tuple[int, int]] = {}
        #: Files that were open before.
        self.before: set[int] = set()
        self._undo: list[Any] = []

    def start(self) -> None:
        """See what is made from now on."""
        self.before = {id(thing) for thing in gc.get_objects() if type(thing) is FileIO}
        constructions.watch()
        constructions.observers.append(self._told)
        for module in WRAPPED:
            constructions.after_import(module, self._wrap)
        _listening.append(self)
        _hook()

    def stop(self) -> None:
        """See no more."""
        if self in _listening:
            _listening.remove(self)
        for module in WRAPPED:
            forget(module, self._wrap)
        while self._undo:
            self._undo.pop()()
        if self._told in constructions.observers:
            constructions.observers.remove(self._told)
        constructions.unwatch()

    def site_of(self, thing: object) -> int:
        """The line that made a thing, as a site; 0 if it is not known."""
        found = self._made.get(id(thing))
        if found is not None:
            return found.site if found() is thing else 0
        bare = self._bare.get(id(thing))
        if bare is not None:
            return bare[1] if bare[0] is type(thing) else 0
        name = _file_name(thing)
        return self._files.get(name, 0) if name else 0

    def alive(self, site: int, name: str) -> int:
        """How many of the things of a type that a line made are alive."""
        made = [one for one in list(self._made.values()) if one.site == site]
        return sum(1 for one in made if one.kind.__qualname__ == name and one() is not None)

    def _told(self, thing: object, kind: str) -> None:
        self.note(thing)

    def note(self, thing: object) -> None:
        """A thing was made now."""
        key = id(thing)
        known = self._made.get(key)
        if known is not None and known() is thing:
            return  # told by two wraps
        kind = type(thing)
        site = _core.site_of_new(thing)
        try:
            made = _Made(thing, self._gone)
        except TypeError:
            self._bare[key] = (kind, site)
        else:
            made.key, made.kind, made.site = key, kind, site
            self._made[key] = made
        of = (site, kind.__qualname__)
        self.counts[of] = self.counts.get(of, 0) + 1
        name = kind.__name__
        if name == "Figure":
            _core.count_figures(1)
        elif name == "SharedMemory":
            self._note_segment(thing, site)

    def _note_segment(self, segment: Any, site: int) -> None:
        import os

        if os.name == "posix" and segment._flags & os.O_EXCL:
            self.segments[segment._name] = (int(segment.size), site)

    def _gone(self, made: _Made) -> None:
        if self._made.get(made.key) is made:
            del self._made[made.key]
        if made.kind.__name__ == "Figure":
            _core.count_figures(-1)

    def _wrap(self, module: ModuleType) -> None:
        for name in WRAPPED[module.__name__]:
            owner: Any = getattr(module, name, None)
            if isinstance(owner, type):  # a program may have a module of that name
                self._undo.append(constructions.stand_before(owner, "__init__", self.note))

    def opened(self, path: object) -> None:
        """A file is about to be opened."""
        if isinstance(path, str) and len(self._files) < MOST_FILES:
            self._files[path] = _core.site()


def _file_name(thing: object) -> str | None:
    """The name under which the interpreter's files were opened."""
    if type(thing).__module__ not in ("_io", "io"):
        return None
    name = getattr(thing, "name", None)
    return name if isinstance(name, str) else None


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _listening:
        for makings in tuple(_listening):
            makings.opened(arguments[0])


def _hook() -> None:
    """Hear of files. The interpreter has no way to leave this off again."""
    global _hooked
    if not _hooked:
        _hooked = True
        sys.addaudithook(_audit)
