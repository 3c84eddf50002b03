"""What keeps more than at the look before, and by which way: the objects are named while they can be looked at.

A walk of the heap says which objects keep new ones alive. For each that counts, the new ones are asked what they
are, which line made them, and by which chain they are held; what remains is plain data.
"""

from __future__ import annotations

from types import FunctionType, ModuleType

from .. import _core
from .._report import names
from . import ways

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .makings import Makings
    from .waste import Waste
    from .ways import Way

__all__ = ["Growth", "chain_to", "find", "made_inside", "site_of"]

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
#: From here on an array is data, and not a part of something else.
DATA = 64 << 10
#: Other elements that are asked whether they waste memory, if one does not.
SAMPLED = 3
#: Objects below an element that are looked at for data or for waste.
LOOKED_AT = 200


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


def find(
    heap: _core.Heap, named: list[str], before: _core.Marks, makings: Makings, roots: dict[str, int]
) -> list[Growth]:
    """What keeps more than when the marks were taken, most first.

    Parameters
    ----------
    heap : Heap
        The heap now, its objects not yet let go.
    named : list of str
        The names of its roots.
    before : Marks
        The heap as it was.
    makings : Makings
        Knows the lines.
    roots : dict
        What variables kept at the looks before; what they keep now is put in.

    Returns
    -------
    list of Growth
        Without Drypoint's own.
    """
    found = []
    for holder, more, own, count, nodes in heap.grown(before, LEAST, 1 << 40, ELEMENTS)[:MOST]:
        if holder is not None:
            growth = _named(heap, named, makings, holder, more, own, count, nodes)
            if growth is not None:
                found.append(growth)
            continue
        # Modules that were imported, variables of the calls that run just now: of interest if there was one before.
        for node in nodes:
            growth = _of_root(heap, named, makings, node, roots)
            if growth is not None:
                found.append(growth)
    return found


def _of_root(
    heap: _core.Heap, named: list[str], makings: Makings, node: int, roots: dict[str, int]
) -> Growth | None:
    """A variable whose value is made anew each time, and larger."""
    retained = heap.node(node)[2]
    thing = heap.thing(node)
    if retained < LEAST or isinstance(thing, ModuleType | type | FunctionType):
        return None
    root, steps = chain_to(heap, named, node)
    if root is None or len(steps) > 1:
        return None
    before = roots.get(root)
    roots[root] = retained
    if before is None or retained - before < LEAST:
        return None
    holder, inside, count = _inside(heap, node, node, 1)
    if inside == node:
        return None
    return _named(heap, named, makings, holder, retained - before, 0, count, [inside], key=root)


def _named(
    heap: _core.Heap,
    named: list[str],
    makings: Makings,
    holder: int,
    more: int,
    own: int,
    count: int,
    nodes: list[int],
    key: str | None = None,
) -> Growth | None:
    node = _typical(heap, nodes) if nodes else None
    if node is not None and ways.is_plain_holder(heap.thing(holder)):
        # A container that is made anew each time, such as the sum of two lists: it is the holder.
        holder, node, count = _renewed(heap, holder, node, count)
    elif node is not None and count <= 2:
        holder, node, count = _inside(heap, holder, node, count)
    subject, site = (node, 0) if node is None else made_inside(heap, makings, node)
    target = subject if subject is not None else holder
    root, steps = chain_to(heap, named, target)
    if root is not None and root.startswith("module drypoint"):
        return None
    objects = [heap.thing(step) for step in steps]
    if holder in steps:
        place = steps.index(holder)
        start, holding = root, objects[: place + 1]
    else:  # what is inside is reached by a shorter way that passes it by
        start, inner = chain_to(heap, named, holder)
        place, holding = len(inner) - 1, [heap.thing(step) for step in inner]
    way = ways.of(root, objects, min(place, len(objects) - 1))
    owner = ways.owner(holding)
    element = None if node is None else heap.thing(node)
    each = 0 if node is None else heap.node(node)[2]
    data, waste, waste_site, wasted = _contents(heap, makings, node if own < more // 2 else None, holder)
    if waste is None and own < more // 2:  # one of them may be a special case, such as all zeros
        for other in nodes[: 2 * SAMPLED : 2]:
            if waste is None and other != node:
                _, waste, waste_site, wasted = _contents(heap, makings, other, holder)
    if way.kind == "container" and waste is not None and waste.kind == "view":
        site = _base_site(heap, element) or site
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
        retained=heap.node(holder)[2],
        element=ways.thing_name(holding[-1] if element is None else element),
        subject=ways.thing_name(objects[-1]),
        site=site,
        each=each,
        data=data,
        waste=waste,
        waste_site=waste_site,
        wasted=wasted,
    )


def _inside(heap: _core.Heap, holder: int, node: int, count: int) -> tuple[int, int, int]:
    """Of a thing that is new itself: the part of it that holds many of a kind, if that is nearly all of it, or the
    chain that it is the head of.
    """
    at, whole, links = node, heap.node(node)[2], 0
    for _ in range(DEEPEST):
        held = heap.held(at, MANY)
        links += type(heap.thing(at)) is type(heap.thing(node))
        if links >= LINKS:
            return node, held[0][0] if held else at, links
        if not held or sum(bytes for _, bytes in held) < PART * whole:
            break
        if len(held) >= FEW and held[0][1] < whole / 2:
            return at, _typical(heap, [kept for kept, _ in held[:ELEMENTS]]), len(held)
        at = held[0][0]
    return holder, node, count


def _typical(heap: _core.Heap, nodes: list[int]) -> int:
    """Of the new objects, one of the type that takes most, in the middle of these by size."""
    by_kind: dict[Any, list[int]] = {}
    for node in nodes:
        by_kind.setdefault(heap.node(node)[0], []).append(node)
    most = max(by_kind.values(), key=lambda group: sum(heap.node(node)[2] for node in group))
    return most[(len(most) - 1) // 2]


def _renewed(heap: _core.Heap, holder: int, node: int, count: int) -> tuple[int, int, int]:
    thing = heap.thing(node)
    held = heap.held(node, ELEMENTS)
    if isinstance(thing, list | tuple | dict | set) and len(held) > 1 and heap.node(node)[2] > 2 * held[0][1]:
        return node, _typical(heap, [kept for kept, _ in held]), len(thing)
    return holder, node, count


def made_inside(heap: _core.Heap, makings: Makings, node: int) -> tuple[int, int]:
    """The first thing, from an element inwards along what takes most, whose line of the program is known."""
    whole = heap.node(node)[2]
    at: int | None = node
    for _ in range(DEEPEST):
        if at is None:
            break
        site = site_of(heap, makings, at)
        if site:
            return at, site
        held = heap.held(at, 1)
        at = held[0][0] if held and held[0][1] * 3 >= whole else None
    return node, 0


def site_of(heap: _core.Heap, makings: Makings, node: int) -> int:
    """The line that made an object, as a site."""
    return makings.site_of(heap.thing(node)) or heap.site(node)


def _base_site(heap: _core.Heap, view: Any) -> int:
    base = getattr(view, "base", None)
    node = None if base is None else heap.find(base)
    return 0 if node is None else heap.site(node)


def chain_to(heap: _core.Heap, named: list[str], node: int) -> tuple[str | None, list[int]]:
    """The way to an object that says most: by the program's own modules, if there is one."""
    found = heap.chains([node], 4)[0]
    if not found:
        return None, [node]

    def rank(chain: tuple[int | None, list[int]]) -> tuple[int, int]:
        root = "" if chain[0] is None else named[chain[0]]
        return ways.rank(root), len(chain[1])

    root, nodes = min(found, key=rank)
    return (None if root is None else named[root]), nodes


def _contents(heap: _core.Heap, makings: Makings, node: int | None, holder: int) -> tuple[int, Any, int, int]:
    """Bytes of large data in an element, and the waste in it that takes most, with its line and its bytes."""
    from . import waste

    if node is None:
        found = waste.find(heap.thing(holder))
        return 0, found, 0, 0 if found is None else found.bytes - found.needed
    data, best, best_site, wasted = 0, None, 0, 0
    kinds: dict[str, int] = {}
    waiting, seen = [node], 0
    while waiting and seen < LOOKED_AT:
        at = waiting.pop()
        seen += 1
        thing = heap.thing(at)
        _, own, retained, _, _ = heap.node(at)
        if own >= DATA and type(thing).__name__ not in ("RendererAgg", "_ImageBase"):
            data += own
        found = waste.find(thing)
        if found is not None:
            more = found.bytes - found.needed
            kinds[found.kind] = kinds.get(found.kind, 0) + more
            if best is None or more > best.bytes - best.needed:
                best, best_site = found, site_of(heap, makings, at)
            if found.kind in ("view", "line"):
                continue  # what is inside is counted
        if retained >= DATA:
            waiting.extend(kept for kept, bytes in heap.held(at, ELEMENTS) if bytes >= DATA // 2)
    if best is not None:
        wasted = kinds[best.kind]
    return data, best, best_site, wasted
