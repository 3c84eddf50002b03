"""Arrays with the same content in memory of their own: copies that nobody knows of.

A hash of some elements makes groups; what falls in one is compared byte by byte, a block at a time. Arrays of one value
are passed over: two cleared canvases are no copies of each other.
"""

from __future__ import annotations

from .form import SMALLEST
from .sample import BLOCK, is_array, loaded, owner, plain, sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["duplicates"]


def duplicates(things: Iterable[object]) -> list[tuple[list[Any], int]]:
    """Groups of arrays that are equal in shape, type and every byte, and share no memory.

    Parameters
    ----------
    things : iterable of object
        What is no array, or smaller than 64 KiB, is passed over.

    Returns
    -------
    list of (list of numpy.ndarray, int)
        Each group in the order given, and the bytes that all but the first take; most bytes first.

    Examples
    --------
    >>> import numpy as np
    >>> from drypoint._watch import waste
    >>> frame = np.arange(100_000)
    >>> [(len(group), size) for group, size in waste.duplicates([frame, frame.copy(), frame[:], frame + 1])]
    [(2, 800000)]
    """
    alike: dict[tuple[Any, ...], list[list[Any]]] = {}
    for thing in things:
        try:
            if not is_array(thing):
                continue
            array = plain(thing)
            if array.nbytes < SMALLEST or array.dtype.hasobject:
                continue
            seen = sample(array)
            if (seen[1:] == seen[:-1]).all():
                continue
            groups = alike.setdefault((array.shape, array.dtype.str, seen.tobytes()), [])
            _put(groups, thing, array)
        except Exception:  # an array in any state, from any thread: what cannot be compared is no copy
            continue
    found = [[thing for thing, _ in group] for groups in alike.values() for group in groups if len(group) > 1]
    return sorted(
        ((group, sum(int(one.nbytes) for one in group[1:])) for group in found), key=lambda pair: -pair[1]
    )


def _put(groups: list[list[Any]], thing: object, array: Any) -> None:
    for group in groups:
        if any(owner(array)[0] is owner(other)[0] for _, other in group):
            return
        if _equal(array, group[0][1]):
            group.append((thing, array))
            return
    groups.append([(thing, array)])


def _equal(one: Any, other: Any) -> bool:
    pairs = loaded("numpy").nditer(
        [one, other], flags=["external_loop", "buffered"], order="K", buffersize=BLOCK
    )
    return all(left.tobytes() == right.tobytes() for left, right in pairs)
