"""What reads frames, by the kind of source; and how a frame becomes what was asked for."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod

from .. import _arguments, _core
from .._errors import SourceNotFound, UnknownFormat, UnsupportedData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    from numpy import ndarray

    class Wanted(NamedTuple):
        """What a caller asked for; None where he did not."""

        color: str | None
        size: tuple[int, int] | None
        dtype: Any

else:
    from collections import namedtuple

    Wanted = namedtuple("Wanted", "color size dtype")

__all__ = ["Reader", "Wanted", "missing", "open_reader", "pooled"]

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pnm", ".gif")
STACKS = (".gif", ".tif", ".tiff", ".webp", ".png", ".apng")

_account: _core.ArrayAccount | None = None


def pooled(shape: tuple[int, ...], dtype: Any) -> ndarray[Any, Any]:
    """An array with arbitrary contents from the pool, under the name of frames unless a scope has its own."""
    import numpy

    global _account
    constructions = sys.modules.get("drypoint._lifetime.constructions")
    if constructions is not None and constructions.current.get() is not None:
        return numpy.empty(shape, dtype)
    if _account is None:
        _account = _core.ArrayAccount("dp.frames")
    before = _account.enter()
    try:
        return numpy.empty(shape, dtype)
    finally:
        _account.leave(before)


class Reader(ABC):
    """Frames of one source, in order."""

    #: What is read, for messages.
    name: str
    #: Frames in all, if known.
    count: int | None = None
    fps: float | None = None

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        #: Lines between the library's frame and the caller's, used again for each frame.
        self._between: dict[str, ndarray[Any, Any]] = {}

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...] | None:
        """Of the frames that will come, if known."""

    @abstractmethod
    def read(self) -> ndarray[Any, Any] | None:
        """The next frame as the caller wants it; None at the end."""

    @abstractmethod
    def skip(self, count: int) -> bool:
        """Pass over frames; False at the end."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the source. A second call does nothing."""

    def shape_of(self, height: int, width: int) -> tuple[int, ...]:
        """The shape of frames from a decoder, which have colours unless grey was asked for."""
        if self.wanted.size is not None:
            width, height = self.wanted.size
        return (height, width) if self.wanted.color == "gray" else (height, width, 3)

    def made(self, frame: ndarray[Any, Any], color: str) -> ndarray[Any, Any]:
        """A frame of the library, whose bands are `color`, as an array of the caller's."""
        wanted_color = self.wanted.color or color
        steps: list[Any] = []
        if wanted_color != color:
            steps.append((_colored, (color, wanted_color)))
        if self.wanted.size is not None and self.wanted.size != (frame.shape[1], frame.shape[0]):
            steps.append((_resized, (self.wanted.size,)))
        dtype = frame.dtype if self.wanted.dtype is None else self.wanted.dtype
        if not steps or dtype != frame.dtype:
            steps.append((_copied, ()))
        for number, (step, options) in enumerate(steps):
            last = number + 1 == len(steps)
            shape = _shape_after(frame, step, options)
            kind = dtype if last else frame.dtype
            frame = step(
                frame, pooled(shape, kind) if last else self._room(step.__name__, shape, kind), *options
            )
        return frame

    def _room(self, name: str, shape: tuple[int, ...], dtype: Any) -> ndarray[Any, Any]:
        room = self._between.get(name)
        if room is None or room.shape != shape or room.dtype != dtype:
            room = self._between[name] = pooled(shape, dtype)
        return room


def _shape_after(frame: ndarray[Any, Any], step: Any, options: tuple[Any, ...]) -> tuple[int, ...]:
    height, width, *bands = frame.shape
    if step is _resized:
        width, height = options[0]
        return (height, width, *bands)
    if step is _colored:
        return (height, width) if options[1] == "gray" else (height, width, 3)
    return (height, width, *bands)


def _copied(frame: ndarray[Any, Any], out: ndarray[Any, Any]) -> ndarray[Any, Any]:
    import numpy

    numpy.copyto(out, frame, casting="unsafe")
    return out


def _colored(frame: ndarray[Any, Any], out: ndarray[Any, Any], old: str, new: str) -> ndarray[Any, Any]:
    """Bands of another meaning."""
    import numpy

    if old == "gray":
        numpy.copyto(out, frame[..., None])
        return out
    cv2 = sys.modules.get("cv2")
    if cv2 is not None and frame.dtype == "uint8":
        code = getattr(cv2, f"COLOR_{old.upper()}2{new.upper()}")
        return cv2.cvtColor(frame, code, dst=out)  # type: ignore[no-any-return]
    if new != "gray":
        numpy.copyto(out, frame[..., 2::-1])
        return out
    red, green, blue = (
        frame[..., band].astype("float32") for band in ((0, 1, 2) if old == "rgb" else (2, 1, 0))
    )
    grey = 0.299 * red + 0.587 * green + 0.114 * blue  # as ITU-R 601 weighs them
    numpy.copyto(out, grey + 0.5 if out.dtype.kind in "iu" else grey, casting="unsafe")
    return out


def _resized(frame: ndarray[Any, Any], out: ndarray[Any, Any], size: tuple[int, int]) -> ndarray[Any, Any]:
    """Of another size: areas where it shrinks, bilinear where it grows."""
    import numpy

    shrinks = size[0] <= frame.shape[1] and size[1] <= frame.shape[0]
    cv2 = _opencv()
    if cv2 is not None and frame.dtype.name in ("uint8", "uint16", "int16", "float32", "float64"):
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        resized = cv2.resize(numpy.ascontiguousarray(frame), size, dst=out, interpolation=how)
        if resized is not out:
            numpy.copyto(out, resized.reshape(out.shape))
        return out
    try:
        from PIL import Image
    except ImportError:
        raise missing("resize frames", "opencv-python", "pillow") from None
    if frame.dtype != "uint8":
        raise UnsupportedData(
            f"frames of {frame.dtype} are resized by OpenCV alone: pip install opencv-python"
        )
    box = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    numpy.copyto(out, numpy.asarray(Image.fromarray(frame).resize(size, box)))
    return out


def _opencv() -> Any:
    """OpenCV, or None."""
    try:
        import cv2
    except ImportError:
        return None
    return cv2


def missing(what: str, *packages: str) -> ImportError:
    """The error of work for which none of some packages is installed."""
    *others, last = packages
    listed = f"{', '.join(others)} or {last}" if others else last
    return ImportError(f"to {what}, one more package is needed: pip install {listed}")


def open_reader(source: Any, wanted: Wanted, backend: str | None) -> Reader:
    """What reads a source of any kind."""
    if isinstance(source, int) and not isinstance(source, bool):
        from .video import OpenCV

        return OpenCV.camera(source, wanted)
    if isinstance(source, str | os.PathLike | bytes):
        return _of_path(_arguments.path(source, "source"), wanted, backend)
    from .stack import Items, Stack

    if hasattr(source, "shape") and hasattr(source, "dtype") and hasattr(source, "__getitem__"):
        return Stack(source, wanted)
    if hasattr(source, "__iter__") or hasattr(source, "__next__"):
        return Items(source, wanted)
    raise UnknownFormat(
        f"cannot read frames from a {type(source).__name__}; expected a path, the number of a camera, a stack of shape "
        f"(frames, height, width), or an iterable of arrays"
    )


def _of_path(path: str, wanted: Wanted, backend: str | None) -> Reader:
    from .images import Files, PillowStack
    from .video import open_video

    if os.path.isdir(path):
        found = [
            name for name in os.listdir(path) if name.lower().endswith(IMAGES) and not name.startswith(".")
        ]
        if not found:
            raise SourceNotFound(f"the folder {path} holds no images ({', '.join(IMAGES)})")
        return Files(path, [os.path.join(path, name) for name in found], wanted, backend)
    if any(letter in path for letter in "*?[") and not os.path.exists(path):
        from glob import glob

        paths = glob(path, recursive=True)
        if not paths:
            raise SourceNotFound(f"no file matches {path}")
        return Files(path, paths, wanted, backend)
    if "://" not in path and not os.path.exists(path):
        raise SourceNotFound(f"there is no file {path}")
    if path.lower().endswith(STACKS) and backend in (None, "pillow"):
        return PillowStack(path, wanted)
    if path.lower().endswith(IMAGES) and backend in (None, "pillow", "opencv"):
        return Files(path, [path], wanted, backend)
    return open_video(path, wanted, backend)
