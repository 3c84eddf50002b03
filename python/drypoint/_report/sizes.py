"""Bytes that an object has beside its own: pixels, mappings, buffers of compiled code."""

from __future__ import annotations

import sys

from .._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["known", "register_size"]

_registered: dict[type, Callable[[Any], int]] = {}


def register_size(kind: type, function: Callable[[Any], int]) -> None:
    """Tell how many bytes the objects of a type hold that Python does not know of.

    Parameters
    ----------
    kind : type
        The type; subclasses count too.
    function : callable
        Called with an object, returns bytes beyond those of ``sys.getsizeof``. It should be quick, and change nothing.

    Returns
    -------
    None
        It counts from the next snapshot on. Given again for a type, the new function takes the place of the old.

    Raises
    ------
    BadArgument
        If the first is no type, or the second cannot be called.

    Notes
    -----
    Known without this: compressed and sparse arrays, images of Pillow, renderers of Matplotlib's Agg, memory maps,
    arrays and structures of ctypes. Not known: what an open capture or writer of OpenCV holds, which depends on the
    file and the decoder's threads.

    Examples
    --------
    >>> import drypoint as dp
    >>> class Texture:
    ...     size = 64, 64
    >>> dp.register_size(Texture, lambda texture: texture.size[0] * texture.size[1] * 4)
    """
    if not isinstance(kind, type):
        raise BadArgument(f"kind must be a type, not {kind!r}")
    if not callable(function):
        raise BadArgument(f"function must be a function, not {function!r}")
    _registered[kind] = function


def known() -> list[tuple[type, Callable[[Any], int]]]:
    """Types and their functions, as far as their libraries are imported; those registered by the program first."""
    found = list(_registered.items())
    for module, name, function in _LIBRARIES:
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type):
            found.append((kind, function))
    return found


def _image(image: Any) -> int:
    """Pillow keeps one byte for each pixel of one band, and four otherwise."""
    if vars(image).get("_im", vars(image).get("im")) is None:
        return 0
    width, height = image.size
    return int(width * height * (1 if image.mode in ("1", "L", "P") else 4))


def _renderer(renderer: Any) -> int:
    return int(renderer.width) * int(renderer.height) * 4


def _c_data(data: Any) -> int:
    """A part of another, or what stands at an address that was given, has no memory of its own."""
    import ctypes

    return ctypes.sizeof(data) if data._b_needsfree_ and data._b_base_ is None else 0


_LIBRARIES: list[tuple[str, str, Callable[[Any], int]]] = [
    ("drypoint._core", "CompressedArray", lambda array: array.nbytes_held),
    ("drypoint._core", "Sparse", lambda array: array.own_bytes),
    ("PIL.Image", "Image", _image),
    ("matplotlib.backends.backend_agg", "RendererAgg", _renderer),
    ("_ctypes", "Array", _c_data),
    ("_ctypes", "Structure", _c_data),
    (
        "drypoint._tiled",
        "TiledAggregate",
        lambda tiled: 0 if tiled.closed else tiled.nbytes - tiled.nbytes_spilled,
    ),
    ("mmap", "mmap", lambda mapping: 0 if mapping.closed else len(mapping)),
]
