"""Large things that are alive at the end and take more bytes than they need, whether they grew or not."""

from __future__ import annotations

import sys
from collections import deque
from linecache import getline

from .._report import names
from . import source, ways
from .finding import Finding, size
from .places import Place, place
from .purpose import variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .walked import Walked
    from .waste import Waste

__all__ = ["find"]

#: Things that are looked at: how many, and from which size on.
MOST, LARGE = 64, 4 << 20
#: The part of a container of numbers that is its own: the rest are its items.
POINTERS = 1 / 8
#: What has to be saved, in all of one kind at one line, and how sure it has to be.
LEAST, SURE = 8 << 20, 0.7
#: Copies are looked for among so many arrays of at least this size.
COPIES, COPY = 256, 256 << 10
#: Words of a line that copies.
COPYING = ("copy", "array(", "astype")


def find(walked: Walked) -> list[Finding]:
    """Waste among the largest objects, most first.

    Parameters
    ----------
    walked : Walked
        The heap now, its objects not yet let go.
    """
    from . import waste

    groups: dict[tuple[str, int, str], list[tuple[int, Waste]]] = {}
    for node in walked.heap.by_size(MOST):
        thing = walked.thing(node)
        if walked.own(node) < LARGE * (POINTERS if _has_items(thing) else 1):
            continue
        found = waste.find(thing)
        if found is not None and found.sure >= SURE:
            site = walked.site_of(node)
            groups.setdefault((found.kind, site, type(thing).__name__), []).append((node, found))
    findings: list[Finding] = []
    for (_, site, _), members in groups.items():
        saved = sum(one.saved for _, one in members)
        if saved >= LEAST and (finding := _finding(walked, site, members, saved)) is not None:
            findings.append(finding)
    copies = [node for node in walked.heap.by_size(COPIES) if walked.own(node) >= COPY]
    findings.extend(_copies(walked, copies))
    return sorted(findings, key=lambda one: -one.bytes)


def _finding(walked: Walked, site: int, members: list[tuple[int, Waste]], saved: int) -> Finding | None:
    node, found = max(members, key=lambda member: member[1].saved)
    root, steps = walked.chain_to(node)
    if root is not None and root.startswith("module drypoint"):
        return None
    objects = [walked.thing(step) for step in steps]
    holder = ways.holder_name(root, objects)
    at = place(site) or _stored_at(holder, root, objects)
    made = f" made at {at}" if at is not None else ""
    many = f" ({len(members)} such)" if len(members) > 1 else ""
    message = (
        f"{holder} is a {found.what}{made}{many} of {size(found.bytes)} where {size(found.needed)} would "
        f"do: {found.why}."
    )
    return Finding(
        "waste",
        message,
        bytes=saved,
        place=at,
        fix=found.fix,
        confidence=found.sure,
        count=len(members),
        object=ways.thing_name(walked.thing(node)),
        holder=holder,
        chain=names.chain(root, objects),
    )


def _has_items(thing: Any) -> bool:
    """Whether it holds objects that take bytes of their own."""
    if isinstance(thing, list | tuple | dict | set | frozenset | deque):
        return True
    kind = getattr(type(thing), "dtype", None)
    return kind is not None and bool(getattr(getattr(thing, "dtype", None), "hasobject", False))


def _stored_at(holder: str, root: str | None, objects: list[Any]) -> Place | None:
    """The line of the program where something goes into a container, by its text."""
    name = variable(holder)
    if name is None:
        return None
    modules = [] if root is None or not root.startswith("module ") else [root[7:]]
    modules += [type(thing).__module__ for thing in objects[::-1]]
    for module in dict.fromkeys(modules):
        file = getattr(sys.modules.get(module), "__file__", None)
        if ways.rank(f"module {module}") > 0 or not isinstance(file, str):
            continue
        found = source.uses(file, name)
        if found is not None and found.stores:
            return Place(file, found.stores[0].line, found.stores[0].function or "<module>")
    return None


def _copies(walked: Walked, nodes: list[int]) -> list[Finding]:
    """Arrays of equal content, told together where the same line made them."""
    from . import waste

    by_id = {id(walked.thing(node)): node for node in nodes}
    groups: dict[tuple[str, ...], list[tuple[list[int], int]]] = {}
    lines: dict[str, Place] = {}
    for group, extra in waste.duplicates([walked.thing(node) for node in nodes]):
        members = [node for thing in group if walked.heap.node(node := by_id[id(thing)])[4]]
        if len(members) < 2:
            continue  # garbage
        places = [at for node in members if (at := place(walked.site_of(node))) is not None]
        lines.update((at.line, at) for at in places)
        groups.setdefault(tuple(sorted({at.line for at in places})), []).append((members, extra))
    found = []
    for made_at, alike in groups.items():
        extra = sum(bytes for _, bytes in alike)
        if extra >= LEAST:
            at = max((lines[line] for line in made_at), key=_copies_there, default=None)
            found.append(_copied(walked, at, alike, extra))
    return found


def _copies_there(at: Place) -> bool:
    """Whether a line seems to copy, by its text."""
    text = getline(at.file, at.number)
    return any(word in text for word in COPYING)


def _copied(walked: Walked, at: Place | None, alike: list[tuple[list[int], int]], extra: int) -> Finding:
    members = alike[0][0]
    names_of = []
    chain = ""
    for node in members[:3]:
        root, steps = walked.chain_to(node)
        objects = [walked.thing(step) for step in steps]
        names_of.append(ways.holder_name(root, objects))
        chain = chain or names.chain(root, objects)
    made = f", made at {at}" if at is not None else ""
    many = f" ({len(alike)} such groups)" if len(alike) > 1 else ""
    message = (
        f"{' and '.join(names_of)} are {len(members)} arrays of equal content{made}{many}: {size(extra)} "
        "are copies that nobody asked for."
    )
    return Finding(
        "waste",
        message,
        bytes=extra,
        place=at,
        fix="Share one array, or a view of it, in place of a copy (np.asarray keeps what is an array already).",
        confidence=0.75,
        count=sum(len(group) - 1 for group, _ in alike),
        object="numpy.ndarray",
        holder=names_of[0],
        chain=chain,
    )
