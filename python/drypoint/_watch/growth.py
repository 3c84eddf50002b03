"""What keeps more than at the look before, and by which way: the objects are named while they can be looked at.

A walk of the heap says which objects keep new ones alive. For each that counts, the new ones are asked what they
are, which line made them, and by which chain they are held; what remains is plain data.
"""

from __future__ import annotations

from types import FunctionType, ModuleType

from .. import _core
from .._report import names
from . import contents, ways

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .walked import Walked
    from .waste import Waste
    from .ways import Way

__all__ = ["Growth", "find"]

#: Less growth than this, in bytes, between two looks is not worth a name.
LEAST = 64 << 10
#: Objects that keep more are looked into at most, and new objects of each.
MOST, ELEMENTS = 24, 8
#: Steps down from an element to what was made by a line of the program.
DEEPEST = 40
#: Parts that make a container, those that are counted, and the part of a thing that they have to be.
FEW, MANY, PART = 3, 1000, 0.8
#: Things of one type that hold one another: so many make a chain.
LINKS = 5
#: Other elements that are asked whether they waste memory, if one does not.
SAMPLED = 3


class Growth:
    """An object that keeps more than before.

    Attributes
    ----------
    key : str
        The same for the same holder at each look.
    address : tuple
        Where the holder is, and the name of its type; None for a variable.
    holder, chain, start : str
        What a person calls the holder, the whole way to what it keeps, and the way to the holder.
    root : str
        Where the way begins.
    way : Way
        By which kind of reference it is kept.
    bytes, count, own : int
        Bytes more, new objects kept at first hand, and bytes more of the holder itself.
    retained : int
        Bytes that the holder keeps now, in all.
    element, subject : str
        The kind of what it keeps, and of the thing inside that a line of the program made.
    site : int
        That line; 0 if it is not known.
    each : int
        Bytes that one element keeps.
    data : int
        Of these, large arrays and pixels.
    waste : Waste or None
        Why its form wastes memory.
    waste_site : int
        The line that made the thing of that form; 0 if it is not known.
    wasted : int
        Bytes of one element that are waste.
    """

    __slots__ = (
        "address",
        "bytes",
        "chain",
        "count",
        "data",
        "each",
        "element",
        "holder",
        "key",
        "own",
        "retained",
        "root",
        "site",
        "start",
        "subject",
        "waste",
        "waste_site",
        "wasted",
        "way",
    )

    key: str
    address: tuple[int, str] | None
    holder: str
    chain: str
    start: str
    root: str
    way: Way
    bytes: int
    count: int
    own: int
    retained: int
    element: str
    subject: str
    site: int
    each: int
    data: int
    waste: Waste | None
    waste_site: int
    wasted: int

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


def find(walked: Walked, before: _core.Marks, roots: dict[str, int]) -> list[Growth]:
    """What keeps more than when the marks were taken, most first.

    Parameters
    ----------
    walked : Walked
        The heap now, its objects not yet let go.
    before : Marks
        The heap as it was.
    roots : dict
        What variables kept at the looks before; what they keep now is put in.

    Returns
    -------
    list of Growth
        Without Drypoint's own.
    """
    found = []
    for holder, more, own, count, nodes in walked.heap.grown(before, LEAST, 1 << 40, ELEMENTS)[:MOST]:
        if holder is not None:
            growth = _named(walked, holder, more, own, count, nodes)
            if growth is not None:
                found.append(growth)
            continue
        # Modules that were imported, variables of the calls that run just now: of interest if there was one before.
        for node in nodes:
            growth = _of_root(walked, node, roots)
            if growth is not None:
                found.append(growth)
    return found


def _of_root(walked: Walked, node: int, roots: dict[str, int]) -> Growth | None:
    """A variable whose value is made anew each time, and larger."""
    retained = walked.retained(node)
    thing = walked.thing(node)
    if retained < LEAST or isinstance(thing, ModuleType | type | FunctionType):
        return None
    root, steps = walked.chain_to(node)
    if root is None or len(steps) > 1:
        return None
    before = roots.get(root)
    roots[root] = retained
    if before is None or retained - before < LEAST:
        return None
    holder, inside, count = _inside(walked, node, node, 1)
    if inside == node:
        return None
    return _named(walked, holder, retained - before, 0, count, [inside], key=root)


def _named(
    walked: Walked,
    holder: int,
    more: int,
    own: int,
    count: int,
    nodes: list[int],
    key: str | None = None,
) -> Growth | None:
    node = _typical(walked, nodes) if nodes else None
    if node is not None and ways.is_plain_holder(walked.thing(holder)):
        # A container that is made anew each time, such as the sum of two lists: it is the holder.
        holder, node, count = _renewed(walked, holder, node, count)
    elif node is not None and count <= 2:
        holder, node, count = _inside(walked, holder, node, count)
    subject, site = (node, 0) if node is None else walked.made_inside(node)
    target = subject if subject is not None else holder
    root, steps = walked.chain_to(target)
    if root is not None and root.startswith("module drypoint"):
        return None
    objects = [walked.thing(step) for step in steps]
    if holder in steps:
        place = steps.index(holder)
        start, holding = root, objects[: place + 1]
    else:  # what is inside is reached by a shorter way that passes it by
        start, inner = walked.chain_to(holder)
        place, holding = len(inner) - 1, [walked.thing(step) for step in inner]
    way = ways.of(root, objects, min(place, len(objects) - 1))
    owner = ways.owner(holding)
    element = None if node is None else walked.thing(node)
    each = 0 if node is None else walked.retained(node)
    data, waste, waste_site, wasted = contents.look_into(walked, node if own < more // 2 else None, holder)
    if waste is None and own < more // 2:  # one of them may be a special case, such as all zeros
        for other in nodes[: 2 * SAMPLED : 2]:
            if waste is None and other != node:
                _, waste, waste_site, wasted = contents.look_into(walked, other, holder)
    if way.kind == "container" and waste is not None and waste.kind == "view":
        site = _base_site(walked, element) or site
    return Growth(
        key=key or f"{type(owner).__name__} at {id(owner)}",
        address=(id(owner), type(owner).__name__) if key is None else None,
        holder=ways.holder_name(start, holding),
        chain=names.chain(root, objects),
        start=names.chain(start, holding),
        root=root or "",
        way=way,
        bytes=more,
        count=count,
        own=own,
        retained=walked.retained(holder),
        element=ways.thing_name(holding[-1] if element is None else element),
        subject=ways.thing_name(objects[-1]),
        site=site,
        each=each,
        data=data,
        waste=waste,
        waste_site=waste_site,
        wasted=wasted,
    )


def _inside(walked: Walked, holder: int, node: int, count: int) -> tuple[int, int, int]:
    """Of a thing that is new itself: the part of it that holds many of a kind, if that is nearly all of it, or the
    chain that it is the head of.
    """
    at, whole, links = node, walked.retained(node), 0
    for _ in range(DEEPEST):
        held = walked.heap.held(at, MANY)
        links += type(walked.thing(at)) is type(walked.thing(node))
        if links >= LINKS:
            return node, held[0][0] if held else at, links
        if not held or sum(bytes for _, bytes in held) < PART * whole:
            break
        if len(held) >= FEW and held[0][1] < whole / 2:
            return at, _typical(walked, [kept for kept, _ in held[:ELEMENTS]]), len(held)
        at = held[0][0]
    return holder, node, count


def _typical(walked: Walked, nodes: list[int]) -> int:
    """Of the new objects, one of the type that takes most, in the middle of these by size."""
    by_kind: dict[Any, list[int]] = {}
    for node in nodes:
        by_kind.setdefault(walked.heap.node(node)[0], []).append(node)
    most = max(by_kind.values(), key=lambda group: sum(walked.retained(node) for node in group))
    return most[(len(most) - 1) // 2]


def _renewed(walked: Walked, holder: int, node: int, count: int) -> tuple[int, int, int]:
    thing = walked.thing(node)
    held = walked.heap.held(node, ELEMENTS)
    if (
        isinstance(thing, list | tuple | dict | set)
        and len(held) > 1
        and walked.retained(node) > 2 * held[0][1]
    ):
        return node, _typical(walked, [kept for kept, _ in held]), len(thing)
    return holder, node, count


def _base_site(walked: Walked, view: Any) -> int:
    base = getattr(view, "base", None)
    node = None if base is None else walked.heap.find(base)
    return 0 if node is None else walked.heap.site(node)
