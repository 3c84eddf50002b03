"""What writes a film: one frame after the other, by the library that the user has."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .._errors import OutputError
from .reader import missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from numpy import ndarray

__all__ = ["Writer", "open_writer"]


class Writer(ABC):
    """A film in the making."""

    @abstractmethod
    def write(self, pixels: ndarray[Any, Any]) -> None:
        """Add a frame: grey, or red, green and blue."""

    @abstractmethod
    def close(self) -> None:
        """Write what is left."""

    @abstractmethod
    def abandon(self) -> None:
        """Let go of the file, finished or not."""


def open_writer(
    path: str, suffix: str, size: tuple[int, int], fps: float, loop: int, quality: int, backend: str | None
) -> Writer:
    """The writer of a file by its suffix."""
    if suffix == ".gif":
        return Gif(path, size, fps, loop)
    kinds: dict[str, tuple[str, str, Any]] = {
        "pyav": ("av", "av", PyAV),
        "opencv": ("cv2", "opencv-python", OpenCV),
        "imageio": ("imageio", "imageio[ffmpeg]", ImageIO),
    }
    for name, (module, _, writer) in kinds.items():
        if backend in (None, name):
            try:
                __import__(module)
            except ImportError:
                continue
            return writer(path, suffix, size, fps, quality)  # type: ignore[no-any-return]
    packages = [package for name, (_, package, _) in kinds.items() if backend in (None, name)]
    raise missing(f"write {suffix} files", *packages)


def _even(pixels: ndarray[Any, Any]) -> ndarray[Any, Any]:
    """With one more line where a side is odd: colours are stored for two pixels each way."""
    import numpy

    height, width = pixels.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return numpy.ascontiguousarray(pixels)
    more = [(0, height % 2), (0, width % 2), (0, 0)]
    return numpy.pad(pixels, more[: pixels.ndim], mode="edge")


class PyAV(Writer):
    """FFmpeg's encoders by PyAV."""

    def __init__(self, path: str, suffix: str, size: tuple[int, int], fps: float, quality: int) -> None:
        from fractions import Fraction

        import av

        self._av: Any = av
        self._container: Any = av.open(path, "w")
        codec = {".webm": "libvpx-vp9", ".avi": "mpeg4"}.get(suffix, "libx264")
        try:
            stream: Any = self._container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
        except Exception:
            self.abandon()
            raise
        stream.width, stream.height = (side + side % 2 for side in size)
        stream.pix_fmt = "yuv420p"
        # Constant quality: 0 is the best and 51 (VP9: 63) the worst.
        worst = 63 if codec == "libvpx-vp9" else 51
        stream.options = {} if codec == "mpeg4" else {"crf": str(round(worst * (100 - quality) / 100))}
        if codec == "mpeg4":
            stream.codec_context.qmin = stream.codec_context.qmax = 2 + (100 - quality) * 29 // 100
        elif codec == "libvpx-vp9":
            stream.bit_rate = 0
        self._stream = stream

    def write(self, pixels: ndarray[Any, Any]) -> None:
        kind = "gray" if pixels.ndim == 2 else "rgb24"
        frame = self._av.VideoFrame.from_ndarray(_even(pixels), format=kind)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._container.mux(self._stream.encode())
        self._container.close()

    def abandon(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.close()


class OpenCV(Writer):
    """`cv2.VideoWriter`."""

    def __init__(self, path: str, suffix: str, size: tuple[int, int], fps: float, quality: int) -> None:
        import cv2

        self._cv2: Any = cv2
        codec = {".webm": "VP90", ".avi": "MJPG"}.get(suffix, "mp4v")
        width, height = (side + side % 2 for side in size)
        self._writer: Any = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*codec), fps, (width, height))
        if not self._writer.isOpened():
            self._writer.release()
            raise OutputError(f"OpenCV cannot write {suffix} files of {width} × {height} pixels here")

    def write(self, pixels: ndarray[Any, Any]) -> None:
        code = self._cv2.COLOR_GRAY2BGR if pixels.ndim == 2 else self._cv2.COLOR_RGB2BGR
        self._writer.write(self._cv2.cvtColor(_even(pixels), code))

    def close(self) -> None:
        self._writer.release()

    def abandon(self) -> None:
        self._writer.release()


class ImageIO(Writer):
    """imageio with its FFmpeg."""

    def __init__(self, path: str, suffix: str, size: tuple[int, int], fps: float, quality: int) -> None:
        import imageio.v2

        options = {"macro_block_size": 2, "quality": quality / 10}
        self._writer: Any = imageio.v2.get_writer(path, format="FFMPEG", mode="I", fps=fps, **options)

    def write(self, pixels: ndarray[Any, Any]) -> None:
        import numpy

        even = _even(pixels)
        self._writer.append_data(even if even.ndim == 3 else numpy.repeat(even[..., None], 3, 2))

    def close(self) -> None:
        self._writer.close()

    def abandon(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


class Gif(Writer):
    """Pillow's encoder, frame by frame: its ``save_all`` would hold all of them until the end."""

    def __init__(self, path: str, size: tuple[int, int], fps: float, loop: int) -> None:
        try:
            from PIL import GifImagePlugin
        except ImportError:
            raise missing("write GIFs", "pillow") from None
        self._encode: Any = GifImagePlugin
        self._file: Any = open(path, "xb")  # noqa: SIM115 - closed by close() or abandon()
        self._loop = loop
        self._seconds = 1 / fps
        self._count = 0

    def write(self, pixels: ndarray[Any, Any]) -> None:
        import numpy
        from PIL import Image

        image = Image.fromarray(numpy.ascontiguousarray(pixels))
        image = (
            image.convert("P") if image.mode == "L" else image.convert("P", palette=Image.Palette.ADAPTIVE)
        )
        if self._count == 0:
            header, _ = self._encode.getheader(image, info={"loop": self._loop, "optimize": False})
            self._file.writelines(header)
        # In hundredths of a second, so that the film as a whole keeps its time.
        begin, end = (round(100 * self._seconds * count) for count in (self._count, self._count + 1))
        duration = 10 * max(1, end - begin)
        self._file.writelines(self._encode.getdata(image, duration=duration, include_color_table=True))
        self._count += 1

    def close(self) -> None:
        self._file.write(b";")
        self._file.close()

    def abandon(self) -> None:
        self._file.close()
