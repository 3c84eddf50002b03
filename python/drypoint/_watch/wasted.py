"""Large things that are alive at the end and take more bytes than they need, whether they grew or not."""

from __future__ import annotations

from .. import _core
from . import ways
from .finding import Finding, size
from .growth import chain_to, site_of
from .places import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .makings import Makings
    from .waste import Waste

__all__ = ["find"]

#: Things that are looked at: how many, and from which size on.
MOST, LARGE = 64, 4 << 20
#: What has to be saved, in all of one kind at one line, and how sure it has to be.
LEAST, SURE = 8 << 20, 0.7
#: Copies are looked for among so many arrays of at least this size.
COPIES, COPY = 64, 1 << 20


def find(heap: _core.Heap, named: list[str], makings: Makings) -> list[Finding]:
    """Waste among the largest objects, most first.

    Parameters
    ----------
    heap : Heap
        The heap now, its objects not yet let go.
    named : list of str
        The names of its roots.
    makings : Makings
        Knows the lines.
    """
    from . import waste

    groups: dict[tuple[str, int, str], list[tuple[int, Waste]]] = {}
    large = [node for node in heap.by_size(MOST) if heap.node(node)[1] >= LARGE]
    for node in large:
        thing = heap.thing(node)
        found = waste.find(thing)
        if found is not None and found.sure >= SURE:
            site = site_of(heap, makings, node)
            groups.setdefault((found.kind, site, type(thing).__name__), []).append((node, found))
    findings = []
    for (_, site, _), members in groups.items():
        saved = sum(one.saved for _, one in members)
        if saved >= LEAST:
            findings.append(_finding(heap, named, site, members, saved))
    copies = [node for node in heap.by_size(COPIES) if heap.node(node)[1] >= COPY]
    findings.extend(_copies(heap, named, makings, copies))
    return sorted((one for one in findings if one is not None), key=lambda one: -one.bytes)


def _finding(
    heap: _core.Heap, named: list[str], site: int, members: list[tuple[int, Waste]], saved: int
) -> Finding | None:
    node, found = max(members, key=lambda member: member[1].saved)
    root, steps = chain_to(heap, named, node)
    if root is not None and root.startswith("module drypoint"):
        return None
    holder = ways.holder_name(root, [heap.thing(step) for step in steps])
    at = place(site)
    made = f" made at {at}" if at is not None else ""
    many = f" ({len(members)} such)" if len(members) > 1 else ""
    message = (
        f"{holder} is a {found.what}{made}{many} of {size(found.bytes)} where {size(found.needed)} would do: {found.why}."
    )
    return Finding(
        "waste",
        message,
        bytes=saved,
        place=at,
        fix=found.fix,
        confidence=found.sure,
        count=len(members),
        object=ways.thing_name(heap.thing(node)),
        holder=holder,
        chain=holder,
    )


def _copies(heap: _core.Heap, named: list[str], makings: Makings, nodes: list[int]) -> list[Finding | None]:
    from . import waste

    by_id = {id(heap.thing(node)): node for node in nodes}
    groups: dict[int, tuple[int, int, list[int]]] = {}
    for group, extra in waste.duplicates([heap.thing(node) for node in nodes]):
        members = [by_id[id(thing)] for thing in group]
        site = next((site for node in members[::-1] if (site := site_of(heap, makings, node))), 0)
        count, bytes, known = groups.get(site, (0, 0, members))
        groups[site] = (count + len(members) - 1, bytes + extra, known)
    found: list[Finding | None] = []
    for site, (count, extra, members) in groups.items():
        if extra < LEAST:
            continue
        names_of = []
        for node in members[:3]:
            root, steps = chain_to(heap, named, node)
            names_of.append(ways.holder_name(root, [heap.thing(step) for step in steps]))
        at = place(site)
        made = f", made at {at}" if at is not None else ""
        message = (
            f"{' and '.join(names_of)} are arrays of equal content{made}, as are others: {size(extra)} in {count} copies of what is "
            "there already."
            if count > len(members) - 1
            else f"{' and '.join(names_of)} are arrays of equal content{made}: {size(extra)} in {count} copies of what is there."
        )
        found.append(
            Finding(
                "waste",
                message,
                bytes=extra,
                place=at,
                fix="Share one array, or a view of it, in place of a copy (np.asarray keeps what is an array already).",
                confidence=0.75,
                count=count,
                object="numpy.ndarray",
                holder=names_of[0],
                chain=names_of[0],
            )
        )
    return found
