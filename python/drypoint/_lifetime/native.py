"""Pixels outside NumPy: an estimate of each thing's bytes, told to collection by bytes until the thing is gone.

The collector cannot see what a figure or an image holds in native memory, and neither can NumPy's allocator. So whoever
sees such a thing made, changed or closed says how much it holds then; a weak reference takes it back when it dies.
"""

from __future__ import annotations

from _weakref import ref

from .. import _core

__all__ = ["tell"]


class _Told(ref[object]):
    """A weak reference to a thing, and the bytes that count for it."""

    __slots__ = ("bytes", "key")

    bytes: int
    key: int

    def __hash__(self) -> int:
        return self.key

    def __eq__(self, other: object) -> bool:
        return self is other


_told: dict[int, _Told] = {}


def tell(thing: object, bytes: int) -> None:
    """Say how many bytes a thing holds outside NumPy from now on.

    Parameters
    ----------
    thing : object
        A figure, an image; only a weak reference to it is kept.
    bytes : int
        What it holds; 0 once it is closed. Need not be taken back when the thing dies.
    """
    record = _told.get(id(thing))
    if record is None:
        if not bytes:
            return
        record = _Told(thing, _gone)
        record.key = id(thing)
        record.bytes = 0
        _told[record.key] = record
    change, record.bytes = bytes - record.bytes, bytes
    if change:
        _core.note_native(change)  # last: it may collect, and things may go


def _gone(record: _Told) -> None:
    if _told.get(record.key) is record:
        del _told[record.key]
        if record.bytes:
            _core.note_native(-record.bytes)
