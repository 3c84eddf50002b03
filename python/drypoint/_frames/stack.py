"""Frames that are arrays already: slices of a stack, or items of an iterable."""

from __future__ import annotations

from .._errors import UnknownFormat, UnsupportedData
from .reader import Reader, Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from numpy import ndarray

__all__ = ["Items", "Stack"]


def _bands(frame: ndarray[Any, Any], wanted: Wanted, name: str) -> tuple[ndarray[Any, Any], str]:
    """A frame and what its bands are taken for; opacity is left out where colours are asked for."""
    if frame.dtype.kind not in "biuf":
        raise UnsupportedData(f"{name} holds items of type {frame.dtype}; frames have real numbers")
    if frame.ndim == 2:
        return frame, "gray"
    if frame.ndim != 3:
        raise UnknownFormat(f"{name}: a frame has 2 or 3 dimensions, not {frame.ndim}")
    if wanted.color is not None and frame.shape[2] == 1:
        return frame[..., 0], "gray"
    if wanted.color is not None and frame.shape[2] not in (3, 4):
        raise UnsupportedData(f"{name} has {frame.shape[2]} bands; colours have 3, or 4 with their opacity")
    return (frame[..., :3] if wanted.color is not None else frame), (wanted.color and "rgb") or "as it is"


class Stack(Reader):
    """An array of frames, sliced along its first dimension."""

    def __init__(self, stack: Any, wanted: Wanted) -> None:
        super().__init__(wanted)
        self.name = f"{type(stack).__name__} of shape {tuple(stack.shape)}"
        if len(stack.shape) not in (3, 4):
            raise UnknownFormat(
                f"a {self.name} is no stack of frames: (frames, height, width) or with bands at the end"
            )
        self._stack = stack
        self.count = int(stack.shape[0])
        self._at = 0
        height, width, *bands = (int(length) for length in stack.shape[1:])
        if wanted.size is not None:
            width, height = wanted.size
        if wanted.color is not None:
            bands = [] if wanted.color == "gray" else [3]
        self._shape = (height, width, *bands)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    def read(self) -> ndarray[Any, Any] | None:
        import numpy

        if self._stack is None or self._at >= (self.count or 0):
            return None
        frame, color = _bands(numpy.asarray(self._stack[self._at]), self.wanted, self.name)
        self._at += 1
        return self.made(frame, color)

    def skip(self, count: int) -> bool:
        self._at += count
        return True

    def close(self) -> None:
        self._stack = None


class Items(Reader):
    """What an iterable yields, copied: it may fill one array of its own again and again."""

    def __init__(self, source: Iterable[Any], wanted: Wanted) -> None:
        super().__init__(wanted)
        self.name = type(source).__name__
        self._source: Any = source
        self._items: Any = iter(source)
        length: Any = getattr(source, "__len__", None)
        self.count = None if length is None else int(length())

    @property
    def shape(self) -> None:
        return None

    def read(self) -> ndarray[Any, Any] | None:
        import numpy

        if self._items is None:
            return None
        end = object()
        item = next(self._items, end)
        if item is end:
            return None
        frame, color = _bands(numpy.asarray(item), self.wanted, self.name)
        return self.made(frame, color)

    def skip(self, count: int) -> bool:
        end = object()
        return all(next(self._items, end) is not end for _ in range(count))

    def close(self) -> None:
        """Ends a generator, so that what it has open is closed now."""
        items, self._items = self._items, None
        self._source = None
        if items is not None and hasattr(items, "close") and hasattr(items, "send"):
            items.close()
