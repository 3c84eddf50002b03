"""Zarr on disk: what `open_zarr` gives. Chunks are read by the core; here is the face that NumPy's users expect."""

from __future__ import annotations

import json
import os

from .. import _arguments, _core
from .._closing import Closing
from .._errors import BadArgument, ClosedError, MissingColumn
from .._readable import Readable
from . import box

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import numpy as np

    _Array = np.ndarray[Any, Any]

__all__ = ["ZarrArray", "ZarrGroup", "open_zarr"]


def open_zarr(path: str | os.PathLike[str]) -> ZarrArray | ZarrGroup:
    """Open a Zarr version 3 array or group that lies in a folder. Nothing but its ``zarr.json`` is read yet.

    Parameters
    ----------
    path : str or path
        The folder: ``"x.zarr"``, or ``"x.zarr/inner"`` for a member of a group.

    Returns
    -------
    ZarrArray or ZarrGroup
        Both are for reading only.

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
    >>> import drypoint as dp
    >>> dp.open_zarr("no.zarr")
    Traceback (most recent call last):
        ...
    drypoint._errors.SourceNotFound: no.zarr: entity not found
    """
    return _opened(_arguments.path(path))


def _opened(path: str) -> ZarrArray | ZarrGroup:
    found = _core.open_zarr(path)
    return ZarrArray(found) if isinstance(found, _core.ZarrArray) else ZarrGroup(found)


def _attributes(document: str) -> dict[str, Any]:
    """The attributes of a ``zarr.json``, in which Python's writers also put NaN."""
    found = json.loads(document).get("attributes")
    return found if isinstance(found, dict) else {}


class ZarrArray(Closing):
    """An array on disk that is read chunk by chunk; made by `open_zarr`.

    It is indexed as a NumPy array is, and each index reads only the chunks that it touches. ``numpy.asarray`` and
    ``[...]`` read all of it. Several threads may read at once.

    Attributes
    ----------
    path : str
        Its folder.
    shape : tuple of int
        Its shape.
    dtype : numpy.dtype
        The type of its items, in the byte order of this machine.
    ndim, size, nbytes : int
        Axes, items, and the bytes that all of it would take in memory.
    chunks : tuple of int
        The shape of what is decoded at once.
    shards : tuple of int or None
        The shape of what one file holds, where files hold many chunks.
    codec : str
        The codecs in their order, such as ``"bytes, zstd"``.
    fill_value : numpy scalar
        What was never written.
    attrs : dict
        The attributes as they were when it was opened.
    dimension_names : tuple of (str or None), or None
        What the axes are called.
    """

    def __init__(self, core: _core.ZarrArray) -> None:
        if not isinstance(core, _core.ZarrArray):
            raise BadArgument("a ZarrArray is made by open_zarr()")
        self._open: _core.ZarrArray | None = core
        self._path = os.fspath(core.folder)

    @property
    def _inner(self) -> _core.ZarrArray:
        if self._open is None:
            raise ClosedError(f"the ZarrArray {self._path} is closed")
        return self._open

    @property
    def path(self) -> str:
        return self._path

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._inner.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        import numpy as np

        return np.dtype(self._inner.dtype)

    @property
    def ndim(self) -> int:
        return len(self._inner.shape)

    @property
    def size(self) -> int:
        items = 1
        for length in self._inner.shape:
            items *= length
        return items

    @property
    def nbytes(self) -> int:
        return self.size * len(self._inner.fill_item)

    @property
    def nbytes_stored(self) -> int:
        """Bytes of its files on disk, each of which is looked at."""
        return self._inner.stored_bytes()

    @property
    def chunks(self) -> tuple[int, ...]:
        return tuple(self._inner.chunks)

    @property
    def shards(self) -> tuple[int, ...] | None:
        files = tuple(self._inner.file_shape)
        return None if files == self.chunks else files

    @property
    def codec(self) -> str:
        return self._inner.codec

    @property
    def fill_value(self) -> Any:
        import numpy as np

        return np.frombuffer(self._inner.fill_item, self.dtype)[0]

    @property
    def attrs(self) -> dict[str, Any]:
        return _attributes(self._inner.document)

    @property
    def dimension_names(self) -> tuple[str | None, ...] | None:
        names = self._inner.dimension_names
        return None if names is None else tuple(names)

    def _read(self, start: list[int], shape: list[int]) -> _Array:
        """A box as a new array."""
        from .._lifetime.reuse import empty

        core = self._inner
        items = empty(tuple(shape), core.dtype)
        core.read(start, shape, items.reshape(-1).view("u1"), os.cpu_count() or 1)
        return items

    def __getitem__(self, key: Any) -> Any:
        """What NumPy would give for the same index: a copy, a scalar where nothing but whole numbers are given."""
        return box.take(key, self.shape, self._read)

    def __len__(self) -> int:
        if not self._inner.shape:
            raise TypeError("len() of an array without axes")
        return self._inner.shape[0]

    def __iter__(self) -> Iterator[Any]:
        """Along the first axis, a row of chunks at a time."""
        for start, rows in box.bands(self.shape, self.chunks):
            yield from self._read([start, *[0] * (self.ndim - 1)], [rows, *self._inner.shape[1:]])

    def iter_chunks(self) -> Iterator[tuple[tuple[slice, ...], _Array]]:
        """Read it chunk by chunk.

        Returns
        -------
        iterator of (tuple of slice, numpy.ndarray)
            Where the chunk lies, and its items; those at the edges are smaller. In C order, one in memory at a time.
        """
        for start, shape in box.grid(self.shape, self.chunks):
            place = tuple(slice(at, at + length) for at, length in zip(start, shape, strict=True))
            yield place, self._read(start, shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> _Array:
        """All of it. Reading is copying, so ``copy=False`` is refused."""
        if copy is False:
            raise ValueError("a ZarrArray is on disk: it cannot become an array without a copy")
        items = self._read([0] * self.ndim, list(self._inner.shape))
        return items if dtype is None else items.astype(dtype, copy=False)

    def close(self) -> None:
        """Let go of it. Calling it again does nothing."""
        self._open = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._open is None

    def __reduce__(self) -> tuple[Any, ...]:
        self._check_open()
        return open_zarr, (os.path.abspath(self._path),)

    def __repr__(self) -> str:
        if self._open is None:
            return f"<ZarrArray {self._path} closed>"
        files = f" in files of {_times(self.shards)}" if self.shards is not None else ""
        return (
            f"<ZarrArray {self._path}: {_times(self.shape)} {_plain(self._open.dtype)}, {Readable(self.nbytes)}, "
            f"chunks of {_times(self.chunks)}{files}, {self.codec}>"
        )


class ZarrGroup(Closing):
    """A folder of arrays and groups, as a mapping of names to `ZarrArray` and `ZarrGroup`; made by `open_zarr`.

    ``group["a/b"]`` opens a member of a member. The folder is looked at each time, so what others add appears.

    Attributes
    ----------
    path : str
        Its folder.
    attrs : dict
        The attributes as they were when it was opened.
    """

    def __init__(self, core: _core.ZarrGroup) -> None:
        if not isinstance(core, _core.ZarrGroup):
            raise BadArgument("a ZarrGroup is made by open_zarr()")
        self._open: _core.ZarrGroup | None = core
        self._path = os.fspath(core.folder)

    @property
    def _inner(self) -> _core.ZarrGroup:
        if self._open is None:
            raise ClosedError(f"the ZarrGroup {self._path} is closed")
        return self._open

    @property
    def path(self) -> str:
        return self._path

    @property
    def attrs(self) -> dict[str, Any]:
        return _attributes(self._inner.document)

    def __getitem__(self, name: str) -> ZarrArray | ZarrGroup:
        """Open a member. MissingColumn, which is a KeyError, if there is none of that name."""
        name = _arguments.text(name, "name")
        self._check_open()
        group: ZarrArray | ZarrGroup = self
        for part in name.strip("/").split("/"):
            if not isinstance(group, ZarrGroup):
                raise MissingColumn(f"{group.path} is an array, so there is no {part!r} in it", name=name)
            group = group._member(part)
        return group

    def _member(self, name: str) -> ZarrArray | ZarrGroup:
        members = self._inner.members()
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
        """The names of its members, sorted."""
        return self._inner.members()

    def values(self) -> Iterator[ZarrArray | ZarrGroup]:
        """Its members, opened one at a time."""
        return (_opened(os.path.join(self._path, name)) for name in self.keys())

    def items(self) -> Iterator[tuple[str, ZarrArray | ZarrGroup]]:
        """Names and members, opened one at a time."""
        return ((name, _opened(os.path.join(self._path, name))) for name in self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def close(self) -> None:
        """Let go of it; members that were opened stay open. Calling it again does nothing."""
        self._open = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._open is None

    def __reduce__(self) -> tuple[Any, ...]:
        self._check_open()
        return open_zarr, (os.path.abspath(self._path),)

    def __repr__(self) -> str:
        if self._open is None:
            return f"<ZarrGroup {self._path} closed>"
        lines = [f"<ZarrGroup {self._path}", *(f"  {line}" for line in _tree(self, 0))]
        return "\n".join(lines) + ">"


#: A tree has no more lines than a screen, and no more levels than a person reads.
_LINES, _LEVELS = 40, 4


def _tree(group: ZarrGroup, level: int) -> list[str]:
    lines: list[str] = []
    for name, member in group.items():
        if len(lines) >= _LINES:
            return [*lines, "..."]
        if isinstance(member, ZarrArray):
            lines.append(f"{name}: {_times(member.shape)} {_plain(member._inner.dtype)}")
        else:
            lines.append(f"{name}/")
            if level + 1 < _LEVELS:
                lines += [f"  {line}" for line in _tree(member, level + 1)]
    return lines[:_LINES] + ["..."] * (len(lines) > _LINES)


def _times(shape: tuple[int, ...] | None) -> str:
    return " × ".join(f"{length:,}" for length in shape or ()) or "one"


def _plain(dtype: str) -> str:
    """NumPy's short name of a type without the mark of its order, which is always this machine's."""
    return dtype[1:]
