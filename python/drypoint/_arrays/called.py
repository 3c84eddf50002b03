"""Arrays of other libraries that are read box by box through their own indexing, so that they need not fit in memory."""

from __future__ import annotations

import numpy as np

from .. import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    _Array = np.ndarray[Any, Any]

__all__ = ["Called", "is_read_by_boxes"]

#: Libraries whose arrays are on disk, or far away.
_LIBRARIES = ("zarr", "h5py")


def is_read_by_boxes(array: Any) -> bool:
    """Whether it is an array of such a library, of numbers or times."""
    return (
        type(array).__module__.partition(".")[0] in _LIBRARIES
        and all(hasattr(array, name) for name in ("shape", "dtype", "chunks", "__getitem__"))
        and getattr(array.dtype, "kind", "O") in "biufcmMSU"
    )


class Called:
    """Such an array, as the core reads it."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def _chunked(self) -> _core.Chunked:
        array = self._array
        shape, dtype = [int(length) for length in array.shape], np.dtype(array.dtype)

        def read(start: list[int], count: list[int]) -> _Array:
            index = tuple(slice(at, at + length) for at, length in zip(start, count, strict=True))
            return np.ascontiguousarray(array[index], dtype).reshape(-1).view(np.uint8)

        chunks = list(array.chunks) if array.chunks else _core.chunk_shape(shape, dtype.itemsize)
        return _core.called_array(type(array).__name__, dtype.str, shape, chunks, read)
