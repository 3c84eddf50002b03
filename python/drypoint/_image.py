"""A picture without axes."""

from __future__ import annotations

import os

from . import _arguments, _core
from ._closing import Closing
from ._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

__all__ = ["Image", "written"]


class Image(Closing):
    """Shaded pixels, row 0 at the top; made by `Aggregate.shade` and `Figure.image`.

    Attributes
    ----------
    width, height : int
        Pixels.
    nbytes : int
        One byte a pixel with a colour map, four without.
    """

    def __init__(self, core: _core.Pixmap) -> None:
        if not isinstance(core, _core.Pixmap):
            raise BadArgument("an Image is made by Aggregate.shade() or Figure.image()")
        self._held: _core.Pixmap | None = core

    @property
    def _inner(self) -> _core.Pixmap:
        self._check_open()
        assert self._held is not None
        return self._held

    @property
    def width(self) -> int:
        return self._inner.width

    @property
    def height(self) -> int:
        return self._inner.height

    @property
    def nbytes(self) -> int:
        return self._inner.nbytes

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Straight RGBA, shape (height, width, 4), uint8; always a copy, since the pixels are held more compactly."""
        import numpy

        if copy is False:
            raise ValueError("an RGBA array of an Image cannot be made without a copy")
        rgba = numpy.frombuffer(self._inner.rgba(), dtype="uint8").reshape(self.height, self.width, 4)
        return rgba if dtype is None else rgba.astype(dtype)

    def save(self, path: str | os.PathLike[str] | BinaryIO, *, format: str | None = None) -> None:
        """Write the pixels, whole or not at all.

        Parameters
        ----------
        path : str, path, or binary file object
            A name that ends in ``.png``, ``.svg`` or ``.pdf``, or something with ``write`` that takes bytes. SVG and PDF
            hold the pixels as one embedded image.
        format : {"png", "svg", "pdf"}, optional
            What to write where the name does not say it; PNG to a file object by default.

        Raises
        ------
        UnknownFormat
            If the name or `format` is something else.
        OutputError
            If it cannot be written; what was there before is still there.
        """
        written(self._inner.bytes, self._inner.save, path, format)

    def _repr_png_(self) -> bytes:
        return self._inner.png()

    def close(self) -> None:
        """Let go of the pixels at once. Calling it again does nothing."""
        self._held = None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._held is None

    def __repr__(self) -> str:
        if self.closed:
            return "<Image closed>"
        return f"<Image {self.width} × {self.height}, {self.nbytes:,} bytes>"


def written(
    encode: Callable[[str], bytes],
    save: Callable[[str, str | None], None],
    path: str | os.PathLike[str] | BinaryIO,
    format: str | None,
) -> None:
    """Write to a file by its name, or what was encoded to a file object."""
    format = _arguments.optional(_arguments.text, format, "format")
    write = getattr(path, "write", None)
    if write is None or isinstance(path, str | os.PathLike):
        save(_arguments.path(path), format)
        return
    encoded = encode(format or "png")
    try:
        write(encoded)
    except TypeError as error:
        raise BadArgument(
            f"a file object for pictures must take bytes, as one opened with 'wb': {error}"
        ) from None
