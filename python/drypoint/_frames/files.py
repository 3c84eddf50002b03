"""Frames as files: written to a folder of their own, which then gets its name, or whose files get theirs."""

from __future__ import annotations

import os

from .._errors import BadArgument, EmptyData, OutputError
from .write import as_pixels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["write_files"]

DEFAULT = "frame_%04d.png"


def write_files(name: str, folder: bool, frames: Iterable[Any]) -> str:
    """Write each frame to a PNG file.

    Parameters
    ----------
    name : str
        A folder, or a pattern with one place for the number.
    folder : bool
        Which of the two.
    frames : iterable
        As `write_frames` takes them.

    Returns
    -------
    str
        The name.
    """
    target, pattern = (name.rstrip("/" + os.sep) or name, DEFAULT) if folder else os.path.split(name)
    _check(pattern, name)
    if folder and os.path.isdir(target) and os.listdir(target):
        raise OutputError(
            f"the folder {target} has files already, and those of a longer film would be left among the new ones; "
            f"give an empty one, or a pattern such as {os.path.join(target, DEFAULT)!r}"
        )
    from secrets import token_hex
    from shutil import rmtree

    parent = os.path.dirname(os.path.abspath(target)) if folder else target or os.curdir
    if not os.path.isdir(parent):
        raise OutputError(f"{name}: there is no folder {parent}")
    temporary = os.path.join(parent, f".frames.{token_hex(6)}.part")
    try:
        os.mkdir(temporary)
    except OSError as error:
        raise OutputError(f"{name}: {error.strerror}") from None
    try:
        count = 0
        for frame in frames:
            _save(frame, count, os.path.join(temporary, pattern % count))
            del frame
            count += 1
        if count == 0:
            raise EmptyData(f"there is no frame to write to {name}")
        if folder:
            if os.path.isdir(target):
                os.rmdir(target)
            os.rename(temporary, target)
        else:
            for number in range(count):
                os.replace(os.path.join(temporary, pattern % number), os.path.join(target, pattern % number))
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{name}: {error.strerror or error}") from error
    finally:
        rmtree(temporary, ignore_errors=True)
    return name


def _check(pattern: str, name: str) -> None:
    try:
        distinct = pattern % 0 != pattern % 1
    except (TypeError, ValueError):
        distinct = False
    if not distinct:
        raise BadArgument(
            f"{name}: where does the number go? Give a pattern such as 'frame_%04d.png', or a folder"
        )


def _save(frame: Any, number: int, path: str) -> None:
    from .._figure import Figure
    from .._image import Image

    if isinstance(frame, Image | Figure):
        frame.save(path)  # as compactly as it is held
        return
    from .. import _core

    _core.pixels(_contiguous(as_pixels(frame, number))).save(path, None)


def _contiguous(pixels: Any) -> Any:
    import numpy

    return numpy.ascontiguousarray(pixels)
