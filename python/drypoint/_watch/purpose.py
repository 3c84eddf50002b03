"""What the program's text says about a holder that grew: whether it gathers things on purpose.

That a container is read as a whole later, or has a limit, cannot be seen in the heap; it stands in the program.
"""

from __future__ import annotations

import sys

from . import source
from .places import Place, place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .growth import Growth

__all__ = ["is_wanted", "use_of", "variable"]

#: Ways to read a container as a whole, and some that look like it.
WHOLE = ("iterated", "passed", "returned")
IN_PART = tuple(
    f"passed to {name}" for name in ("iter", "next", "len", "bool", "id", "print", "repr", "getsizeof")
)
#: Lines between a look at the length and the line that is guarded by it.
GUARD = 3


def use_of(growth: Growth) -> tuple[source.Use | None, Place | None]:
    """What the program's text says about the holder, in the file of the line or of the holder's module."""
    name = variable(growth.holder)
    if name is None:
        return None, None
    files = []
    at = place(growth.site)
    if at is not None:
        files.append(at.file)
    if growth.root.startswith("module "):
        file = getattr(sys.modules.get(growth.root[7:]), "__file__", None)
        if isinstance(file, str) and file not in files:
            files.insert(0, file)
    for file in files:
        found = source.uses(file, name)
        if found is not None and found.stores:
            store = found.stores[0]
            return found, Place(file, store.line, store.function or "<module>")
    return None, None


def variable(holder: str) -> str | None:
    """The name of a holder as it stands in the program's text: ``ICONS``, ``.history``; None if it has none."""
    piece = holder.rsplit(" → ", 1)[-1]
    if piece.startswith(("key ", "default argument", "closure variable", "local ")):
        words = piece.split()
        at = words.index("of") - 1 if "of" in words else -1
        piece = words[at]
    piece = piece.split(" local ")[-1]
    bare = piece
    while bare.endswith("]"):
        head = _without_index(bare)
        if head == bare:
            break
        bare = head
    last = bare.rsplit(".", 1)
    name = f".{last[1]}" if len(last) == 2 else bare
    return name if name.lstrip(".").isidentifier() else None


def _without_index(text: str) -> str:
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] == "]") - (text[at] == "[")
        if depth == 0:
            return text[:at]
    return text


def is_wanted(use: source.Use) -> bool:
    """Whether the program gathers things for later: it reads them as a whole, or makes them for nothing else."""
    if any(_is_guarded(store, use) for store in use.stores):
        return True
    by_key = any(store.how == "[k] =" for store in use.stores) and not use.removes
    if by_key and any(read.how in ("member", "indexed") for read in use.reads):
        return False  # a cache without a limit
    if any(read.how.startswith(WHOLE) and read.how not in IN_PART for read in use.reads):
        return True
    return not use.reads and all(used is False for used in use.used_elsewhere)


def _is_guarded(store: source.Store, use: source.Use) -> bool:
    """Whether something goes in only after a look at how much is there: the program has a limit."""
    return any(
        read.how == "length" and read.function == store.function and 0 <= store.line - read.line <= GUARD
        for read in use.reads
    )
