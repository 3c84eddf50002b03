"""Files of images: one with several of them, or a folder of files with one each."""

from __future__ import annotations

import re

from .._errors import BadArgument, CorruptData, SourceNotFound, UnknownFormat, UnsupportedData
from .reader import Reader, Wanted, missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from numpy import ndarray

__all__ = ["Files", "PillowStack", "natural"]

#: Modes of Pillow whose numbers do not fit in bytes.
DEEP = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")


def natural(path: str) -> list[Any]:
    """What sorts names as people do: shot2 before shot10."""
    return [(1, int(part)) if part.isdigit() else (0, part) for part in re.split(r"(\d+)", path) if part]


def _array(image: Any, color: str, name: str) -> tuple[ndarray[Any, Any], str]:
    """An image of Pillow as an array, and what its bands are."""
    import numpy

    if image.mode in DEEP:
        if color != "gray":
            raise UnsupportedData(f"{name} holds grey numbers ({image.mode}), not colours: give color='gray'")
        return numpy.asarray(image), "gray"
    mode = "L" if color == "gray" else "RGB"
    return numpy.asarray(
        image if image.mode == mode else image.convert(mode)
    ), "gray" if mode == "L" else "rgb"


class PillowStack(Reader):
    """One file with several images, decoded one at a time by Pillow."""

    def __init__(self, path: str, wanted: Wanted) -> None:
        try:
            from PIL import Image, UnidentifiedImageError
        except ImportError:
            raise missing(f"read {path}", "pillow") from None
        super().__init__(wanted._replace(color=wanted.color or "rgb"))
        self.name = path
        self._image: Any = None
        try:
            self._image = Image.open(path)
            self.count = int(getattr(self._image, "n_frames", 1))
        except UnidentifiedImageError:
            raise UnknownFormat(f"{path} is not an image that Pillow can read") from None
        except OSError as error:
            self.close()
            raise SourceNotFound(f"{path}: {error.strerror or error}") from None
        except Exception as error:  # a damaged file shows in many ways
            self.close()
            raise CorruptData(f"{path} is damaged: {error}") from None
        duration = self._image.info.get("duration")
        self.fps = 1000 / duration if duration else None
        self._shape = self.shape_of(self._image.height, self._image.width)
        self._at = 0

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    def read(self) -> ndarray[Any, Any] | None:
        if self._image is None or self._at >= (self.count or 0):
            return None
        assert self.wanted.color is not None
        try:
            self._image.seek(self._at)
            frame, color = _array(self._image, self.wanted.color, self.name)
        except UnsupportedData:
            raise
        except Exception as error:  # a damaged file shows in many ways
            raise CorruptData(
                f"{self.name} is damaged: frame {self._at} cannot be decoded: {error}"
            ) from None
        self._at += 1
        return self.made(frame, color)

    def skip(self, count: int) -> bool:
        self._at += count
        return True

    def close(self) -> None:
        image, self._image = self._image, None
        if image is not None:
            image.close()


class Files(Reader):
    """A file for each frame."""

    def __init__(self, name: str, paths: list[str], wanted: Wanted, backend: str | None) -> None:
        super().__init__(wanted._replace(color=wanted.color or "rgb"))
        self.name = name
        self._paths = sorted(paths, key=natural)
        self.count = len(paths)
        self._open = _opener(name, backend)
        self._at = 0
        self._shape: tuple[int, ...] | None = None
        if self.wanted.size is not None:
            self._shape = self.shape_of(0, 0)

    @property
    def shape(self) -> tuple[int, ...] | None:
        return self._shape

    def read(self) -> ndarray[Any, Any] | None:
        if self._at >= len(self._paths):
            return None
        path = self._paths[self._at]
        self._at += 1
        assert self.wanted.color is not None
        frame, color = self._open(path, self.wanted.color)
        return self.made(frame, color)

    def skip(self, count: int) -> bool:
        self._at += count
        return True

    def close(self) -> None:
        self._paths = []


def _opener(name: str, backend: str | None) -> Any:
    if backend in ("pyav", "imageio"):
        raise BadArgument(
            f"backend={backend!r} reads videos; the images of {name} are read by 'pillow' or 'opencv'"
        )
    for wanted, package, reader in (("pillow", "PIL.Image", _by_pillow), ("opencv", "cv2", _by_opencv)):
        if backend in (None, wanted):
            try:
                __import__(package)
            except ImportError:
                continue
            return reader
    raise missing(
        f"read the images of {name}", *(["pillow", "opencv-python"] if backend is None else [backend])
    )


def _by_pillow(path: str, color: str) -> tuple[ndarray[Any, Any], str]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return _array(image, color, path)
    except UnidentifiedImageError:
        raise UnknownFormat(f"{path} is not an image that Pillow can read") from None
    except FileNotFoundError:
        raise SourceNotFound(f"there is no file {path} any more") from None
    except UnsupportedData:
        raise
    except Exception as error:  # a damaged file shows in many ways
        raise CorruptData(f"{path} is damaged: {error}") from None


def _by_opencv(path: str, color: str) -> tuple[ndarray[Any, Any], str]:
    import cv2

    gray = color == "gray"
    flags = (cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR) | cv2.IMREAD_IGNORE_ORIENTATION
    frame: Any = cv2.imread(path, flags)
    if frame is None:
        raise CorruptData(f"{path} is not an image that OpenCV can read, or not whole")
    return frame, "gray" if gray else "bgr"
