"""Zarr on disk: what `open_zarr` gives. Chunks are read by the core; here is the face that NumPy's users expect."""

from __future__ import annotations

import json
import os

from .. import _arguments, _core
from .._card import Facts
from .._closing import Closing
from .._errors import (
    BadArgument,
    ClosedError,
    MissingColumn,
    SourceNotFound,
    UnknownFormat,
    UnsupportedData,
)
from .._late import Late
from .._readable import Readable
from .chunked import ChunkedArray

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import numpy as np

    _Array = np.ndarray[Any, Any]
else:
    np = Late("numpy")

__all__ = ["ZarrArray", "ZarrGroup", "open_zarr", "taken_over"]


def open_zarr(path: str | os.PathLike[str]) -> ZarrArray | ZarrGroup:
    """Open a Zarr version 3 array or group that lies in a folder. Nothing but its ``zarr.json`` is read yet.

    Parameters
    ----------
    path : str or path
        The folder: ``"x.zarr"``, or ``"x.zarr/inner"`` for a member of a group.

    Returns
    -------
    ZarrArray or ZarrGroup
        Both are for reading only; `write_zarr` writes.

    Raises
    ------
    SourceNotFound
        If nothing is there.
    UnknownFormat
        If what is there is no Zarr array or group.
    UnsupportedData
        If it is of version 2, or has a data type or a codec that is not read here; the message names it.
    CorruptData
        If its ``zarr.json`` is damaged.

    Examples
    --------
    >>> import drypoint as dp, numpy as np, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> dp.write_zarr(f"{folder.name}/x.zarr", np.arange(12.0).reshape(3, 4), chunks=(2, 2))
    >>> with dp.open_zarr(f"{folder.name}/x.zarr") as x:
    ...     print(x.shape, x.dtype, x[1:, ::2].tolist())
    (3, 4) float64 [[4.0, 6.0], [8.0, 10.0]]
    >>> folder.cleanup()
    """
    return _opened(_arguments.path(path))


def _opened(path: str) -> ZarrArray | ZarrGroup:
    found = _core.open_zarr(path)
    return ZarrArray(found) if isinstance(found, _core.ZarrArray) else ZarrGroup(found)


def taken_over(array: Any) -> ZarrArray | ZarrGroup | None:
    """zarr-python's own array or group as ours, where it lies in a folder and we can read it; else None."""
    if type(array).__module__.partition(".")[0] != "zarr":
        return None
    root = getattr(getattr(array, "store", None), "root", None)
    if not isinstance(root, os.PathLike):
        return None
    try:
        return _opened(os.path.join(root, array.path))
    except (UnsupportedData, UnknownFormat, SourceNotFound):
        return None


def _attributes(document: str) -> dict[str, Any]:
    """The attributes of a ``zarr.json``, in which Python's writers also put NaN."""
    found = json.loads(document).get("attributes")
    return found if isinstance(found, dict) else {}


class ZarrArray(ChunkedArray):
    """An array on disk that is read chunk by chunk; made by `open_zarr`.

    It is indexed, iterated and reduced like a NumPy array, and each index reads only the chunks that it touches. Several
    threads may read at once. A chunk that is damaged is `CorruptData`, which names its file; the others stay readable.

    Attributes
    ----------
    path : str
        Its folder.
    shape : tuple of int
        Items along each axis.
    dtype : numpy.dtype
        Type of the items, in the byte order of this machine.
    ndim, size, nbytes : int
        Number of axes, of items, and of the bytes that all items would take in memory.
    nbytes_stored : int
        Bytes of its files on disk, each of which is looked at.
    chunks : tuple of int
        Items of what is decoded at once, along each axis.
    shards : tuple of int or None
        Items of what one file holds, where files hold many chunks.
    codec : str
        The codecs in their order, such as ``"bytes, zstd"``.
    fill_value : numpy scalar
        What was never written.
    attrs : dict
        The attributes as they were when it was opened.
    dimension_names : tuple of (str or None), or None
        What the axes are called.
    closed : bool
        Whether `close` was called.
    """

    def __init__(self, core: _core.ZarrArray) -> None:
        if not isinstance(core, _core.ZarrArray):
            raise BadArgument("a ZarrArray is made by open_zarr()")
        self._core: _core.ZarrArray | None = core
        self._path = os.fspath(core.folder)
        self._dtype: np.dtype[Any] | None = None

    def _open(self) -> _core.ZarrArray:
        if self._core is None:
            raise ClosedError(f"the ZarrArray {self._path} is closed")
        return self._core

    @property
    def path(self) -> str:
        """Its folder."""
        return self._path

    @property
    def shape(self) -> tuple[int, ...]:
        """Items along each axis."""
        return tuple(self._open().shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the items."""
        core = self._open()
        if self._dtype is None:
            self._dtype = np.dtype(core.dtype)
        return self._dtype

    @property
    def nbytes_stored(self) -> int:
        """Bytes of its files on disk, each of which is looked at."""
        return self._open().stored_bytes()

    @property
    def chunks(self) -> tuple[int, ...]:
        """Items of what is decoded at once, along each axis."""
        return tuple(self._open().chunks)

    @property
    def shards(self) -> tuple[int, ...] | None:
        """Items of what one file holds, where files hold many chunks."""
        files = tuple(self._open().file_shape)
        return None if files == self.chunks else files

    @property
    def codec(self) -> str:
        """The codecs in their order."""
        return self._open().codec

    @property
    def fill_value(self) -> Any:
        """What was never written."""
        return np.frombuffer(self._open().fill_item, self.dtype)[0]

    @property
    def attrs(self) -> dict[str, Any]:
        """The attributes as they were when it was opened."""
        return _attributes(self._open().document)

    @property
    def dimension_names(self) -> tuple[str | None, ...] | None:
        """What the axes are called."""
        names = self._open().dimension_names
        return None if names is None else tuple(names)

    def _chunked(self) -> _core.Chunked:
        return self._open().chunked()

    def _select(
        self, start: list[int], step: list[int], count: list[int], out: _Array, threads: int | None
    ) -> None:
        self._open().select(start, step, count, out, threads)

    def close(self) -> None:
        """Let go of it. Calling it again does nothing."""
        self._core = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._core is None

    def __reduce__(self) -> tuple[Any, ...]:
        self._open()
        return open_zarr, (os.path.abspath(self._path),)

    def _facts(self) -> Facts:
        facts = {
            "path": self._path,
            "shape": self.shape,
            "dtype": self.dtype,
            "chunks": self.chunks,
            "shards": self.shards,
            "codec": self.codec,
            "items": Readable(self.nbytes),
        }
        return Facts("ZarrArray", facts)

    def __repr__(self) -> str:
        if self._core is None:
            return f"<ZarrArray {self._path} closed>"
        shards = "" if self.shards is None else f" shards={self.shards}"
        return (
            f"<ZarrArray {self._path} shape={self.shape} dtype={self.dtype} codec={self.codec!r} "
            f"chunks={self.chunks}{shards} {Readable(self.nbytes)}>"
        )


class ZarrGroup(Closing):
    """A folder of arrays and groups, as a mapping of names to `ZarrArray` and `ZarrGroup`; made by `open_zarr`.

    ``group["a/b"]`` opens a member of a member; a name that is not there is `MissingColumn`, which is a KeyError. The
    folder is looked at each time, so what others add appears.

    Attributes
    ----------
    path : str
        Its folder.
    attrs : dict
        The attributes as they were when it was opened.
    closed : bool
        Whether `close` was called.
    """

    def __init__(self, core: _core.ZarrGroup) -> None:
        if not isinstance(core, _core.ZarrGroup):
            raise BadArgument("a ZarrGroup is made by open_zarr()")
        self._core: _core.ZarrGroup | None = core
        self._path = os.fspath(core.folder)

    def _open(self) -> _core.ZarrGroup:
        if self._core is None:
            raise ClosedError(f"the ZarrGroup {self._path} is closed")
        return self._core

    @property
    def path(self) -> str:
        """Its folder."""
        return self._path

    @property
    def attrs(self) -> dict[str, Any]:
        """The attributes as they were when it was opened."""
        return _attributes(self._open().document)

    def _source(self) -> _core.Source:
        """Its arrays of one dimension as columns, for `scan`."""
        self._open()
        return _core.scan_paths([self._path], {}, None, None)

    def __getitem__(self, name: str) -> ZarrArray | ZarrGroup:
        name = _arguments.text(name, "name")
        self._open()
        group: ZarrArray | ZarrGroup = self
        for part in name.strip("/").split("/"):
            if not isinstance(group, ZarrGroup):
                raise MissingColumn(f"{group.path} is an array, so there is no {part!r} in it", name=name)
            group = group._member(part)
        return group

    def _member(self, name: str) -> ZarrArray | ZarrGroup:
        members = self._open().members()
        if name in members:
            return _opened(os.path.join(self._path, name))
        nearest = _core.nearest(name, members)
        hint = f" (did you mean {nearest!r}?)" if nearest else ""
        listed = ", ".join(map(repr, members[:20])) or "nothing"
        raise MissingColumn(
            f"no {name!r} in {self._path}{hint}; there is {listed}",
            name=name,
            nearest=nearest,
            available=members,
        )

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and self[name] is not None
        except KeyError:
            return False

    def keys(self) -> list[str]:
        """The names of its members, sorted.

        Returns
        -------
        list of str
            Without those of their members.
        """
        return self._open().members()

    def values(self) -> Iterator[ZarrArray | ZarrGroup]:
        """Its members, opened one at a time.

        Returns
        -------
        iterator of (ZarrArray or ZarrGroup)
            In the order of `keys`.
        """
        return (_opened(os.path.join(self._path, name)) for name in self.keys())

    def items(self) -> Iterator[tuple[str, ZarrArray | ZarrGroup]]:
        """Names and members, opened one at a time.

        Returns
        -------
        iterator of (str, ZarrArray or ZarrGroup)
            In the order of `keys`.
        """
        return ((name, _opened(os.path.join(self._path, name))) for name in self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def close(self) -> None:
        """Let go of it; members that were opened stay open. Calling it again does nothing."""
        self._core = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._core is None

    def __reduce__(self) -> tuple[Any, ...]:
        self._open()
        return open_zarr, (os.path.abspath(self._path),)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(repr(self))}</pre>"

    def __repr__(self) -> str:
        if self._core is None:
            return f"<ZarrGroup {self._path} closed>"
        lines = [f"<ZarrGroup {self._path}", *(f"  {line}" for line in _tree(self, 0))]
        return "\n".join(lines) + ">"


#: A tree has no more lines than a screen, and no more levels than a person reads.
_LINES, _LEVELS = 40, 4


def _tree(group: ZarrGroup, level: int) -> list[str]:
    lines: list[str] = []
    for name, member in group.items():
        if len(lines) >= _LINES:
            break
        if isinstance(member, ZarrArray):
            lines.append(f"{name}: {member.shape} {member.dtype}")
        else:
            lines.append(f"{name}/")
            if level + 1 < _LEVELS:
                lines += [f"  {line}" for line in _tree(member, level + 1)]
    return lines if len(lines) < _LINES else [*lines[:_LINES], "..."]
