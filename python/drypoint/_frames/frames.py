"""An iterator of frames that holds none of them: each is an array from the pool, whose block is the next frame's once
nobody looks at it. Who looks is what CPython's reference counts say, so a frame that is kept is never written again."""

from __future__ import annotations

import sys

from .. import _arguments
from .._card import Card, Facts
from .._closing import Closing
from .._errors import BadArgument, SchemaMismatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from numpy import ndarray
    from numpy.typing import DTypeLike

    from .reader import Reader

    _Color = Literal["rgb", "bgr", "gray"]
    _Backend = Literal["opencv", "pyav", "imageio", "pillow"]

__all__ = ["Frames", "frames"]

COLORS = ("rgb", "bgr", "gray")
BACKENDS = ("opencv", "pyav", "imageio", "pillow")


def frames(
    source: Any,
    *,
    color: _Color | None = None,
    size: tuple[int, int] | None = None,
    dtype: DTypeLike | None = None,
    start: int = 0,
    stop: int | None = None,
    step: int = 1,
    backend: _Backend | None = None,
) -> Frames:
    """Read frames one at a time, in flat memory.

    Parameters
    ----------
    source : path, int, array, iterable
        A video file; the number of a camera; a GIF, TIFF, WebP or PNG with several images; a folder or a pattern such as
        ``"shots/*.png"``, in natural order (``shot2`` before ``shot10``); a stack of shape (frames, height, width) or
        (frames, height, width, bands), NumPy's or anything with ``shape``, ``dtype`` and slices (Zarr, HDF5); or an
        iterable of arrays.
    color : {"rgb", "bgr", "gray"}, optional
        What the bands are: ``"rgb"`` by default, shape (height, width, 3); ``"gray"`` has shape (height, width).
        Opacity is left out. Stacks and iterables are taken as they are unless this is given; their colours count as RGB.
    size : (width, height), optional
        Every frame is resized to it: areas where it shrinks, bilinear where it grows. Needs OpenCV or Pillow.
    dtype : data-type, optional
        Items are converted to it, without scaling. By default uint8, or what a stack or iterable has.
    start, stop, step : int, optional
        Which frames, as in a slice; not below 0. Frames in between are passed over without being converted.
    backend : {"opencv", "pyav", "imageio", "pillow"}, optional
        Which library reads. By default the first that is installed: for videos in this order, without Pillow; for images
        Pillow, then OpenCV.

    Returns
    -------
    Frames
        An iterator and a context manager.

    Raises
    ------
    SourceNotFound
        If there is no such file, folder, or camera.
    UnknownFormat
        If no frames can be had from it.
    SchemaMismatch
        From the iterator, if a frame has another shape than those before.
    CorruptData
        From the iterator, if a file is damaged.
    ImportError
        If no library that can read it is installed; it says which to install.
    BadArgument

    Notes
    -----
    A frame is the caller's: it may be kept and written to. As long as none is kept, two blocks of memory take turns (the
    loop's variable still holds the last frame while the next one is made), whatever the number of frames.

    Examples
    --------
    >>> import drypoint as dp
    >>> import numpy as np
    >>> stack = np.zeros((100, 480, 640), "uint8")
    >>> with dp.frames(stack, step=10) as frames:
    ...     print(len(frames), frames.shape, sum(int(frame.mean()) for frame in frames))
    10 (480, 640) 0
    """
    from .reader import Wanted, open_reader

    start, step = _arguments.whole(start, "start"), _arguments.whole(step, "step", 1)
    stop = _arguments.optional(_arguments.whole, stop, "stop")
    wanted = Wanted(
        _arguments.optional(_arguments.choice, color, "color", COLORS),
        None if size is None else _size(size),
        None if dtype is None else _dtype(dtype),
    )
    backend_name = _arguments.optional(_arguments.choice, backend, "backend", BACKENDS)
    return Frames(open_reader(source, wanted, backend_name), start, stop, step)


class Frames(Card, Closing):
    """Frames of a source, one at a time; made by `frames`.

    Attributes
    ----------
    name : str
        What is read.
    shape : tuple of int or None
        Of a frame: (height, width) or (height, width, bands). None for an iterable that has not begun.
    fps : float or None
        Frames per second, where the source says; of its own frames, whatever `step` is.
    """

    def __init__(self, reader: Reader, start: int = 0, stop: int | None = None, step: int = 1) -> None:
        if not hasattr(reader, "read"):
            raise BadArgument("Frames are made by dp.frames()")
        self._reader: Reader | None = reader
        self._start, self._stop, self._step = start, stop, step
        #: The frame of the source that comes next.
        self._at = 0
        self._given = 0
        self._ended = False
        self._closed = False
        self.name = reader.name
        self.fps = reader.fps
        self._shape = reader.shape
        self._count = reader.count
        constructions = sys.modules.get("drypoint._lifetime.constructions")
        if constructions is not None and constructions.watching():
            constructions.made(self)

    @property
    def shape(self) -> tuple[int, ...] | None:
        return self._shape

    def __len__(self) -> int:
        """Frames that there are in all, as the source says: the header of a video may be wrong by some."""
        if self._count is None:
            raise TypeError(f"{self.name} does not say how many frames it has")
        end = self._count if self._stop is None else min(self._stop, self._count)
        return len(range(self._start, end, self._step))

    def __length_hint__(self) -> int:
        try:
            return max(0, len(self) - self._given)
        except TypeError:
            return 0

    def __iter__(self) -> Frames:
        return self

    def __next__(self) -> ndarray[Any, Any]:
        self._check_open()
        target = self._start + self._given * self._step
        if self._ended or (self._stop is not None and target >= self._stop):
            self._end()
            raise StopIteration
        reader = self._reader
        assert reader is not None
        if not reader.skip(target - self._at):
            self._end()
            raise StopIteration
        frame = reader.read()
        if frame is None:
            self._end()
            raise StopIteration
        self._at = target + 1
        if self._shape is None:
            self._shape = frame.shape
        elif frame.shape != self._shape:
            raise SchemaMismatch(
                f"{self.name}: frame {target} has the shape {frame.shape}, those before {self._shape}; give size="
                f"(width, height), and color= if their bands differ"
            )
        self._given += 1
        return frame

    def _end(self) -> None:
        """The last frame was given: the source is let go of, and the iterator stays at its end."""
        self._ended = True
        self._release()

    def _release(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def close(self) -> None:
        """Let go of the file or the camera at once; frames that were given stay. Calling it again does nothing."""
        self._closed = True
        self._release()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def __del__(self) -> None:
        if getattr(self, "_reader", None) is not None:
            self._release()

    def _facts(self) -> Facts:
        facts = {
            "shape": None if self._shape is None else " × ".join(map(str, self._shape)),
            "frames": "not counted" if self._count is None else f"{len(self):,}",
            "per second": None if self.fps is None else f"{self.fps:g}",
        }
        return Facts(f"Frames of {self.name}", facts)

    def __repr__(self) -> str:
        if self.closed:
            return "<Frames closed>"
        size = "?" if self._shape is None else " × ".join(map(str, self._shape))
        count = "" if self._count is None else f", {len(self):,} frames"
        rate = "" if self.fps is None else f", {self.fps:g} fps"
        return f"<Frames of {self.name}: {size}{count}{rate}>"


def _size(value: Any) -> tuple[int, int]:
    try:
        width, height = value
    except (TypeError, ValueError):
        raise BadArgument(f"size must be (width, height), not {value!r}") from None
    return _arguments.whole(width, "size", 1), _arguments.whole(height, "size", 1)


def _dtype(value: Any) -> Any:
    import numpy

    try:
        dtype = numpy.dtype(value)
    except TypeError:
        raise BadArgument(f"dtype must be a type of numbers, not {value!r}") from None
    if dtype.kind not in "biuf":
        raise BadArgument(f"dtype must be a type of numbers, not {dtype}")
    return dtype
