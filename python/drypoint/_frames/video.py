"""Videos and cameras, through the library that the user has."""

from __future__ import annotations

from .._errors import BadArgument, CorruptData, SourceNotFound, UnknownFormat
from .reader import Reader, Wanted, missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from numpy import ndarray

__all__ = ["ImageIO", "OpenCV", "PyAV", "open_video"]


def open_video(path: str, wanted: Wanted, backend: str | None) -> Reader:
    """The reader of a video file."""
    if backend == "pillow":
        raise BadArgument(f"backend='pillow' reads images; {path} looks like a video")
    for name, package, reader in (
        ("opencv", "cv2", OpenCV),
        ("pyav", "av", PyAV),
        ("imageio", "imageio", ImageIO),
    ):
        if backend not in (None, name):
            continue
        try:
            __import__(package)
        except ImportError:
            continue
        return reader(path, wanted)
    packages = {"opencv": "opencv-python", "pyav": "av", "imageio": "imageio[ffmpeg]"}
    raise missing(f"read {path}", *([packages[backend]] if backend else packages.values()))


class OpenCV(Reader):
    """`cv2.VideoCapture`, which decodes to one array of ours again and again."""

    def __init__(self, source: str | int, wanted: Wanted) -> None:
        import cv2

        super().__init__(wanted._replace(color=wanted.color or "rgb"))
        self.name = f"camera {source}" if isinstance(source, int) else source
        self._capture: Any = None
        capture = _quietly(cv2, source)
        if not capture.isOpened():
            capture.release()
            if isinstance(source, int):
                raise SourceNotFound(f"there is no camera {source}, or it is in use")
            raise UnknownFormat(f"{source} is not a video that OpenCV can read")
        self._capture = capture
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.fps = float(rate) if 0 < rate < 1e6 else None
        count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.count = int(count) if not isinstance(source, int) and 0 < count < 2**40 else None
        self._decoded: ndarray[Any, Any] | None = None
        # The first frame says what the header only claims.
        self._first = self._decode()
        if not self._first:
            self.close()
            raise CorruptData(f"{self.name} has no frame that can be decoded")
        assert self._decoded is not None
        height, width = self._decoded.shape[:2]
        self._shape: tuple[int, ...] = self.shape_of(height, width)

    @classmethod
    def camera(cls, number: int, wanted: Wanted) -> OpenCV:
        """The reader of a camera."""
        if number < 0:
            raise BadArgument(f"source: cameras are numbered from 0, not {number}")
        try:
            import cv2  # noqa: F401
        except ImportError:
            raise missing("read from a camera", "opencv-python") from None
        return cls(number, wanted)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    def _decode(self) -> bool:
        if self._capture is None:
            return False
        there, frame = (
            self._capture.read(self._decoded) if self._decoded is not None else self._capture.read()
        )
        if there:
            self._decoded = frame
        return bool(there)

    def read(self) -> ndarray[Any, Any] | None:
        if not self._first and not self._decode():
            return None
        self._first = False
        frame = self._decoded
        assert frame is not None
        return self.made(frame, "gray" if frame.ndim == 2 else "bgr")

    def skip(self, count: int) -> bool:
        # Seeking would land on another frame in some formats.
        for _ in range(count):
            if self._first:
                self._first = False
            elif self._capture is None or not self._capture.grab():
                return False
        return True

    def close(self) -> None:
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()


def _quietly(cv2: Any, source: str | int) -> Any:
    """Open a capture; that it fails is said by us, and not on the terminal too."""
    log = getattr(getattr(cv2, "utils", None), "logging", None)
    level = None if log is None else log.getLogLevel()
    try:
        if log is not None:
            log.setLogLevel(log.LOG_LEVEL_SILENT)
        return cv2.VideoCapture(source)
    finally:
        if log is not None:
            log.setLogLevel(level)


class PyAV(Reader):
    """PyAV: FFmpeg's decoders."""

    def __init__(self, path: str, wanted: Wanted) -> None:
        import av

        super().__init__(wanted._replace(color=wanted.color or "rgb"))
        self.name = path
        self._container: Any = None
        self._errors = av.FFmpegError
        try:
            container = av.open(path)
        except av.FFmpegError as error:
            raise UnknownFormat(f"{path} is not a video that PyAV can read: {error.strerror}") from None
        if not container.streams.video:
            container.close()
            raise UnknownFormat(
                f"{path} has no pictures, only {', '.join(s.type for s in container.streams)}"
            )
        self._container = container
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        self.fps = float(stream.average_rate) if stream.average_rate else None
        self.count = stream.frames or None
        self._shape = self.shape_of(stream.height, stream.width)
        self._frames: Any = container.decode(stream)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    def _next(self) -> Any:
        if self._container is None:
            return None
        try:
            return next(self._frames, None)
        except self._errors as error:
            raise CorruptData(f"{self.name} is damaged: {error.strerror}") from None

    def read(self) -> ndarray[Any, Any] | None:
        import numpy

        frame = self._next()
        if frame is None:
            return None
        gray = self.wanted.color == "gray"
        picture = frame.reformat(format="gray" if gray else "rgb24")
        plane = picture.planes[0]
        lines = numpy.frombuffer(plane, "uint8").reshape(-1, plane.line_size)[: picture.height]
        width = picture.width if gray else 3 * picture.width
        shape = (picture.height, picture.width) if gray else (picture.height, picture.width, 3)
        return self.made(lines[:, :width].reshape(shape), "gray" if gray else "rgb")

    def skip(self, count: int) -> bool:
        return all(self._next() is not None for _ in range(count))

    def close(self) -> None:
        container, self._container = self._container, None
        self._frames = None
        if container is not None:
            container.close()


class ImageIO(Reader):
    """imageio, with whichever of its plugins reads the file."""

    def __init__(self, path: str, wanted: Wanted) -> None:
        import imageio.v3

        super().__init__(wanted._replace(color=wanted.color or "rgb"))
        self.name = path
        self._file: Any = None
        try:
            self._file = imageio.v3.imopen(path, "r")
            told = self._file.metadata()
            self._frames = iter(self._file.iter())
            self._ahead = next(self._frames, None)
        except (OSError, ValueError) as error:
            self.close()
            raise UnknownFormat(f"{path} is not a video that imageio can read: {error}") from None
        if self._ahead is None:
            self.close()
            raise CorruptData(f"{path} has no frame that can be decoded")
        rate = told.get("fps")
        self.fps = float(rate) if rate else None
        self._shape = self.shape_of(*self._ahead.shape[:2])

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    def _next(self) -> Any:
        frame, self._ahead = self._ahead, None
        return frame if frame is not None else next(self._frames, None)

    def read(self) -> ndarray[Any, Any] | None:
        frame = self._next()
        if frame is None:
            return None
        return self.made(frame[..., :3] if frame.ndim == 3 else frame, "gray" if frame.ndim == 2 else "rgb")

    def skip(self, count: int) -> bool:
        return all(self._next() is not None for _ in range(count))

    def close(self) -> None:
        self._frames = iter(())
        file, self._file = self._file, None
        if file is not None:
            file.close()
