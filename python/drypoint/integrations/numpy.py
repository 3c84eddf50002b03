"""NumPy's files: memory maps, and archives of arrays."""

from __future__ import annotations

import sys

from .. import _core
from .._errors import ClosedError
from .._lifetime import closers, constructions, reuse
from .._lifetime.explained import unexplained

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType
    from typing import Any

__all__ = ["watch"]

_LOOKED_INTO = "something still looks into it, such as a view"
_closed: dict[type, type] = {}


def watch(numpy: ModuleType) -> None:
    """See memory maps and archives that are opened."""
    constructions.wrap(numpy.memmap, "memmap")
    _explain_refusals()
    reuse.numpy_came(numpy)
    archive = getattr(getattr(numpy.lib, "npyio", None), "NpzFile", None)
    if archive is not None:
        constructions.wrap(archive, "NpzFile")


def _explain_refusals() -> None:
    """Have NumPy's own error say what Drypoint knows of a refusal: who holds the memory."""
    exceptions = sys.modules.get("numpy._core._exceptions") or sys.modules.get("numpy.core._exceptions")
    error = getattr(exceptions, "_ArrayMemoryError", None)
    if error is None or not {"__init__", "__str__"} <= vars(error).keys():
        return
    begin, text = error.__init__, error.__str__

    def explained_begin(self: Any, shape: Any, dtype: Any) -> None:
        begin(self, shape, dtype)
        size = getattr(self, "_total_size", None)
        self.drypoint = _core.take_refusal(size) if isinstance(size, int) else None

    def explained_text(self: Any) -> str:
        told = getattr(self, "drypoint", None)
        return f"{text(self)}: {told}" if told else text(self)

    error.__init__, error.__str__ = explained_begin, explained_text

    def put_back() -> None:
        if error.__init__ is explained_begin:
            error.__init__, error.__str__ = begin, text

    constructions.on_unwatch(put_back)


def _is_open(array: Any) -> bool:
    return array._mmap is not None


def _close_map(array: Any, failing: bool) -> str | None:
    """Write what is pending, then make the array empty and unmap its file, if nothing else can see the memory."""
    numpy: Any = sys.modules["numpy"]
    mapping = array._mmap
    if array.mode in ("r+", "w+", "readwrite", "write"):
        array.flush()
    before = _core.references(array)
    # Beside its `_mmap`, the array itself refers to the mapping as its base: one reference that nothing shows.
    if unexplained(array) or array.base is not mapping or unexplained(mapping) != 1:
        return _LOOKED_INTO
    empty = (1, (0,), array.dtype, False, b"")
    if array.dtype.hasobject or not _core.set_state_if(array, before, numpy.ndarray.__setstate__, empty):
        return _LOOKED_INTO
    array._mmap = None
    array.__class__ = _closed_kind(type(array))
    if unexplained(mapping) == 0:
        mapping.close()
    return None


def _closed_kind(kind: type) -> type:
    """The class of closed memory maps: a subclass that says so on use."""
    found = _closed.get(kind)
    if found is None:

        def refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
            raise ClosedError(
                f"this memory map of {self.filename} was closed at the end of its scope: scope.keep() it"
            )

        names = [
            "__getitem__",
            "__setitem__",
            "__iter__",
            "__array_ufunc__",
            "__array_function__",
            "__array__",
        ]
        members: dict[str, Any] = dict.fromkeys(names, refuse)
        members["__module__"] = kind.__module__
        members["__repr__"] = members["__str__"] = lambda self: f"<closed memory map of {self.filename}>"
        members["flush"] = lambda self: None
        found = _closed[kind] = type(kind.__name__, (kind,), members)
    return found


def _parts(array: Any) -> Iterable[object]:
    return (array._mmap,)


for _name in ("numpy.memmap", "numpy.core.memmap.memmap"):
    closers.add(_name, closers.Closer(_close_map, _is_open, lambda array: int(array.nbytes), _parts))
for _name in ("numpy.lib.npyio.NpzFile", "numpy.lib._npyio_impl.NpzFile"):
    closers.add(_name, closers.Closer(closers.by_method, lambda archive: archive.zip is not None))
