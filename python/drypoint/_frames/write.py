"""Frames written one at a time, under another name until all are there: a film appears whole, or not at all."""

from __future__ import annotations

import contextlib
import os

from .. import _arguments
from .._errors import BadArgument, EmptyData, OutputError, SchemaMismatch, UnknownFormat, UnsupportedData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal

    from numpy import ndarray

    from .writer import Writer

__all__ = ["write_frames"]

VIDEOS = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm")
IMAGES = (".png",)
BACKENDS = ("pyav", "opencv", "imageio")


def write_frames(
    path: str | os.PathLike[str],
    frames: Iterable[Any],
    *,
    fps: float = 30,
    background: str = "white",
    loop: int = 0,
    quality: int = 75,
    backend: Literal["pyav", "opencv", "imageio"] | None = None,
) -> str:
    """Write frames to a film or to files, one at a time.

    Parameters
    ----------
    path : str or path
        A video (``.mp4``, ``.m4v``, ``.mov``, ``.mkv``, ``.avi``, ``.webm``), a ``.gif``, files by a pattern such as
        ``"out/frame_%04d.png"``, or a folder, in which they are called so.
    frames : iterable
        Arrays of bytes (uint8 or truth values), shape (height, width), (height, width, 3) as red, green, blue, or
        (height, width, 4) with opacity; an `Image`, or a `Figure` with its axes; an image of Pillow; a figure of
        Matplotlib, which is drawn and left open (`each` closes it).
    fps : float, default 30
        Frames per second; a GIF rounds each frame to a hundredth of a second.
    background : str, default "white"
        What shows through where a frame is not opaque, in films and GIFs; PNG files keep the opacity.
    loop : int, default 0
        How often a GIF is repeated; 0 for ever.
    quality : int, default 75
        Of a video, from 0 to 100, where the library can choose (PyAV, imageio).
    backend : {"pyav", "opencv", "imageio"}, optional
        Which library writes a video. By default the first of these that is installed. GIFs are written by Pillow, PNG
        files by Drypoint.

    Returns
    -------
    str
        The path.

    Raises
    ------
    EmptyData
        If there is no frame.
    SchemaMismatch
        If a frame has another size than the first.
    UnsupportedData
        If a frame is nothing that can be drawn.
    UnknownFormat
        If the path ends in something else.
    OutputError
        If it cannot be written.
    ImportError
        If no library that can write it is installed; it says which to install.
    BadArgument

    Notes
    -----
    Holds one frame, whatever their number. If anything fails, also in the iterable, nothing is left under the path, and
    what was there before is still there; several files appear one after the other once all are written. Videos of PyAV
    are H.264 (WebM: VP9, AVI: MPEG-4), those of OpenCV MPEG-4 (WebM: VP9, AVI: Motion JPEG); they store colours at half
    resolution, so frames do not come back bit for bit, and a side that is odd gets one more line, repeated from its edge.

    Examples
    --------
    >>> import drypoint as dp, numpy as np, os, tempfile
    >>> squares = (np.full((48, 64, 3), 40 * i, "uint8") for i in range(6))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = dp.write_frames(os.path.join(folder, "squares.gif"), squares, fps=10)
    ...     len(dp.frames(path))
    6
    """
    name = _arguments.path(path)
    fps = _arguments.number(fps, "fps")
    if not 0 < fps <= 1000:
        raise BadArgument(f"fps must be above 0 and at most 1000, not {fps}")
    quality = _arguments.whole(quality, "quality", 0, 100)
    loop = _arguments.whole(loop, "loop", 0, 65_535)
    chosen = _arguments.optional(_arguments.choice, backend, "backend", BACKENDS)
    if not hasattr(frames, "__iter__"):
        raise BadArgument(f"frames must be an iterable of frames, not {type(frames).__name__}")
    suffix = os.path.splitext(name)[1].lower()
    folder = not suffix or os.path.isdir(name) or name.endswith(("/", os.sep))
    if folder or suffix in IMAGES:
        from .files import write_files

        return write_files(name, folder, frames)
    if suffix != ".gif" and suffix not in VIDEOS:
        known = ", ".join((*VIDEOS, ".gif", *IMAGES))
        raise UnknownFormat(f"{name}: frames are written to {known} or a folder")
    ground = _ground(background)
    _check_folder(name)
    temporary = _beside(name, suffix)
    writer: Writer | None = None
    try:
        size = 0, 0
        for number, frame in enumerate(frames):
            pixels = opaque(as_pixels(frame, number), ground)
            del frame
            if writer is None:
                from .writer import open_writer

                size = pixels.shape[1], pixels.shape[0]
                writer = open_writer(temporary, suffix, size, fps, loop, quality, chosen)
            elif (pixels.shape[1], pixels.shape[0]) != size:
                raise SchemaMismatch(
                    f"frame {number} has {pixels.shape[1]} × {pixels.shape[0]} pixels, those before "
                    f"{size[0]} × {size[1]}"
                )
            writer.write(pixels)
        if writer is None:
            raise EmptyData(f"there is no frame to write to {name}")
        writer.close()
        _commit(temporary, name)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{name}: {error.strerror or error}") from error
    finally:
        if writer is not None:
            writer.abandon()
        _remove(temporary)
    return name


def _ground(background: Any) -> tuple[int, int, int]:
    from .. import _core

    red, green, blue, opacity = _core.color(_arguments.text(background, "background"))
    if opacity != 255:
        raise BadArgument(f"background must be opaque, not {background!r}")
    return red, green, blue


def as_pixels(frame: Any, number: int) -> ndarray[Any, Any]:
    """A frame of any kind as an array of bytes."""
    import numpy

    from .._figure import Figure

    if isinstance(frame, Figure):
        frame = _decoded(frame._png())
    if type(frame).__module__.startswith("matplotlib.") and hasattr(frame, "canvas"):
        frame = drawn(frame)
    elif hasattr(frame, "getbands") and hasattr(frame, "convert"):
        opaque_mode = frame.mode in ("L", "RGB", "RGBA")
        frame = frame if opaque_mode else frame.convert("RGBA" if "A" in frame.getbands() else "RGB")
    if hasattr(frame, "reduction") and hasattr(frame, "shade"):
        raise UnsupportedData(f"frame {number} is an aggregate, which has no colours yet: give its .shade()")
    pixels = numpy.asarray(frame)
    if pixels.dtype == bool:
        pixels = pixels.astype("uint8") * 255
    if pixels.dtype != numpy.uint8:
        raise UnsupportedData(f"frame {number} holds {pixels.dtype}; the bands of a colour are uint8")
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim != 2 and (pixels.ndim != 3 or pixels.shape[2] not in (3, 4)):
        raise UnsupportedData(
            f"frame {number} has the shape {pixels.shape}; expected (height, width), or with 3 or 4 bands"
        )
    if 0 in pixels.shape:
        raise UnsupportedData(f"frame {number} has no pixels: its shape is {pixels.shape}")
    return pixels


def _decoded(png: bytes) -> ndarray[Any, Any]:
    """The pixels of a page, which is written with its text and axes as PNG."""
    import numpy

    from .reader import missing

    try:
        from io import BytesIO

        from PIL import Image

        with Image.open(BytesIO(png)) as image:
            return numpy.asarray(image.convert("RGBA"))
    except ImportError:
        pass
    try:
        import cv2
    except ImportError:
        raise missing("have figures as frames", "pillow", "opencv-python") from None
    colors: Any = cv2.imdecode(numpy.frombuffer(png, "uint8"), cv2.IMREAD_COLOR)
    return numpy.ascontiguousarray(colors[..., ::-1])


def drawn(figure: Any) -> ndarray[Any, Any]:
    """The pixels of a figure of Matplotlib."""
    import numpy

    canvas = figure.canvas
    if not hasattr(canvas, "buffer_rgba"):
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels: ndarray[Any, Any] = numpy.asarray(canvas.buffer_rgba())
    return pixels


def opaque(pixels: ndarray[Any, Any], ground: tuple[int, int, int]) -> ndarray[Any, Any]:
    """Grey, or red, green and blue, over a ground."""
    import numpy

    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels
    colors, opacity = pixels[..., :3], pixels[..., 3:]
    if (opacity == 255).all():
        return numpy.ascontiguousarray(colors)
    under = numpy.array(ground, "uint16") * (255 - opacity.astype("uint16"))
    mixed = colors.astype("uint16") * opacity + under
    seen: ndarray[Any, Any] = ((mixed + 127) // 255).astype("uint8")
    return seen


# Files that appear whole


def _check_folder(name: str) -> None:
    from .. import _core

    _core.check_writable(name)


def _beside(name: str, suffix: str) -> str:
    """A name in the same folder that nobody has; made by us alone."""
    from secrets import token_hex

    folder, base = os.path.split(name)
    return os.path.join(folder, f".{base}.{token_hex(6)}.part{suffix}")


def _commit(temporary: str, name: str) -> None:
    """The finished file under its own name, on the disk first."""
    with open(temporary, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(temporary, name)


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
