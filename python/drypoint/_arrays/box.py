"""Which box of a chunked array an index touches, and what of the box it takes."""

from __future__ import annotations

from _operator import index
from itertools import product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    import numpy as np

    _Array = np.ndarray[Any, Any]

__all__ = ["bands", "grid", "take"]


def grid(shape: tuple[int, ...], chunks: tuple[int, ...]) -> Iterator[tuple[list[int], list[int]]]:
    """First item and shape of each chunk, in C order, cut at the edges."""
    starts = (range(0, length, step) for length, step in zip(shape, chunks, strict=True))
    for start in product(*starts):
        ends = zip(start, shape, chunks, strict=True)
        yield list(start), [min(step, length - at) for at, length, step in ends]


def bands(shape: tuple[int, ...], chunks: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """First row and number of rows of each row of chunks."""
    if not shape:
        raise TypeError("iteration over an array without axes")
    for start in range(0, shape[0], chunks[0]):
        yield start, min(chunks[0], shape[0] - start)


def take(key: Any, shape: tuple[int, ...], read: Callable[[list[int], list[int]], _Array]) -> Any:
    """What ``array[key]`` is, by reading the smallest box around it."""
    key = key if isinstance(key, tuple) else (key,)
    start: list[int] = []
    extent: list[int] = []
    rest: list[int | slice | None] = []
    for part, length in _axes(key, shape):
        if part is None:
            rest.append(None)
            continue
        if not isinstance(part, slice):
            at = index(part)
            if not -length <= at < length:
                raise IndexError(f"index {at} is out of bounds for an axis of {length}")
            start.append(at % length)
            extent.append(1)
            rest.append(0)
            continue
        picked = range(*part.indices(length))
        if not picked:
            start.append(0)
            extent.append(0)
            rest.append(slice(None))
            continue
        low, high = min(picked[0], picked[-1]), max(picked[0], picked[-1])
        start.append(low)
        extent.append(high + 1 - low)
        rest.append(slice(None, None, picked.step))
    # With an ellipsis NumPy gives an array without axes where it would else give a scalar.
    dots = (Ellipsis,) if any(part is Ellipsis for part in key) else ()
    found = read(start, extent)[(*rest, *dots)]
    steps = any(isinstance(part, slice) and part.step not in (None, 1) for part in rest)
    # A view of a larger box would keep all of it alive.
    return found.copy() if steps else found


def _axes(key: tuple[Any, ...], shape: tuple[int, ...]) -> Iterator[tuple[Any, int]]:
    """Each part of an index with the length of its axis."""
    given = sum(part is not None and part is not Ellipsis for part in key)
    if sum(part is Ellipsis for part in key) > 1:
        raise IndexError("an index can have one ellipsis ('...') only")
    if given > len(shape):
        raise IndexError(f"too many indices: the array has {len(shape)} axes, {given} were indexed")
    if all(part is not Ellipsis for part in key):
        key = (*key, Ellipsis)
    axis = 0
    for part in key:
        if part is None:
            yield None, 0
        elif part is Ellipsis:
            for _ in range(len(shape) - given):
                yield slice(None), shape[axis]
                axis += 1
        else:
            yield part, shape[axis]
            axis += 1
