"""What was made in a scope and is not closed yet: weak records, each with the line that made it.

A record never keeps its thing alive: what dies by itself leaves, and is counted. Things of types that cannot be referred
to weakly are held until the scope ends.
"""

from __future__ import annotations

from _weakref import ref
from itertools import count

from .._core import Fleeting
from . import closers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Fate", "Resource", "Resources", "entered"]

_serials = count()

#: The things of all scopes that have not ended. The collector clears weak references that are garbage themselves, so
#: those of a scope in a dropped generator must not be: its end, which the collector brings about, needs them.
entered: set[Resources] = set()


class Resource(ref["Any"]):
    """A weak reference to a thing, with its kind, the line that made it, and its place in the order of making."""

    __slots__ = ("holder", "key", "kind", "place", "serial")

    holder: Resources | None
    key: int
    kind: str
    place: str | None
    serial: int

    def __hash__(self) -> int:
        return self.key

    def __eq__(self, other: object) -> bool:
        return self is other


class _Held:
    """A record of a thing that has no weak references: what it is called for comes from `Fleeting`, or it is held."""

    __slots__ = ("holder", "key", "kind", "place", "serial", "thing")

    holder: Resources | None
    key: int
    kind: str
    place: str | None
    serial: int

    def __init__(self, thing: object) -> None:
        try:
            self.thing: Any = Fleeting(thing)
        except TypeError:
            self.thing = lambda: thing

    def __call__(self) -> Any:
        return self.thing()


class Fate:
    """What became of one resource at the end of its scope: left alive for a reason, or failed to close."""

    __slots__ = ("bytes", "error", "kind", "place", "reason", "type")

    def __init__(
        self,
        kind: str,
        type: str,
        place: str | None,
        bytes: int | None,
        reason: str,
        error: BaseException | None = None,
    ) -> None:
        self.kind = kind
        self.type = type
        self.place = place
        self.bytes = bytes
        self.reason = reason
        self.error = error

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "kind": self.kind,
            "type": self.type,
            "line": self.place,
            "bytes": self.bytes,
            "reason": self.reason,
        }


def _left(resource: Resource) -> None:
    """A thing died by itself."""
    holder = resource.holder
    if holder is not None and holder.things.get(resource.key) is resource:
        del holder.things[resource.key]
        holder.count("gone", resource.kind)


class Resources:
    """The open things of one scope, by identity, and how many of each kind were made, closed, kept, or died."""

    __slots__ = ("counts", "hold", "name", "things")

    def __init__(self, hold: bool = True, name: str | None = None) -> None:
        self.name = name
        self.things: dict[int, Resource | _Held] = {}
        self.counts: dict[str, dict[str, int]] = {"made": {}, "closed": {}, "kept": {}, "gone": {}}
        self.hold = hold

    def count(self, what: str, kind: str, by: int = 1) -> None:
        """One more of a kind."""
        counts = self.counts[what]
        counts[kind] = counts.get(kind, 0) + by

    def add(self, thing: object, kind: str, place: str | None) -> None:
        """Remember a thing that was made now."""
        key = id(thing)
        before = self.things.get(key)
        if before is not None:
            if before() is thing:  # its constructor ran once more
                return
            self._forget(before)
        resource: Resource | _Held
        try:
            resource = Resource(thing, _left)
        except TypeError:
            resource = _Held(thing)
            if not self.hold and not isinstance(resource.thing, Fleeting):
                self.count("made", kind)
                return
        resource.key = key
        resource.kind = kind
        resource.place = place
        resource.serial = next(_serials)
        self._take(resource)
        self.count("made", kind)

    def _forget(self, resource: Resource | _Held) -> None:
        """A thing is gone."""
        if self.things.pop(resource.key, None) is not None:
            self.count("gone", resource.kind)

    def _take(self, resource: Resource | _Held) -> None:
        if isinstance(resource, Resource) or self.hold or isinstance(resource.thing, Fleeting):
            resource.holder = self
            self.things[resource.key] = resource

    def hand(self, resource: Resource | _Held, other: Resources) -> None:
        """Give a thing to another scope, or to the process."""
        if self.things.pop(resource.key, None) is not None:
            other._take(resource)

    def parts(self) -> dict[int, Resource | _Held]:
        """Which of the things owns another one, by the identity of the other."""
        owners: dict[int, Resource | _Held] = {}
        for resource in list(self.things.values()):
            thing = resource()
            closer = closers.find(type(thing))
            if thing is not None and closer is not None:
                owners.update((id(part), resource) for part in closer.parts(thing) if part is not None)
            del thing
        return owners

    def last_first(self) -> list[Resource | _Held]:
        """The things in the order in which they are to be closed."""
        return sorted(self.things.values(), key=lambda resource: -resource.serial)

    def close(self, resource: Resource | _Held, failing: bool) -> Fate | None:
        """Close one thing and forget it; None if that went well. Only what is no Exception gets out, after the thing."""
        thing = resource()
        if thing is None:
            self._forget(resource)
            return None
        closer = closers.find(type(thing))
        if closer is None:
            self.things.pop(resource.key, None)
            return None
        name = type(thing).__qualname__
        size = None
        try:
            if not closer.is_open(thing):
                self.things.pop(resource.key, None)
                self.count("closed", resource.kind)
                return None
            size = closer.size(thing)
            if closer.by_reference:
                del thing
                told = closer.close(resource, failing)
            else:
                told = closer.close(thing, failing)
        except BaseException as error:
            self.things.pop(resource.key, None)
            reason = f"closing it raised {type(error).__name__}: {error}"
            return Fate(resource.kind, name, resource.place, size, reason, error)
        refused = told.refused if isinstance(told, closers.Closed) else told
        if refused is not None:
            return Fate(resource.kind, name, resource.place, size, refused)
        if self.things.pop(resource.key, None) is not None:
            self.count("closed", resource.kind)
        elif self.counts["gone"].get(resource.kind):  # it died of being closed
            self.count("gone", resource.kind, -1)
            self.count("closed", resource.kind)
        return None

    def fates(self, reason: str) -> Iterable[Fate]:
        """The things that are open, as they would be reported."""
        for resource in self.last_first():
            thing = resource()
            if thing is None:
                continue
            closer = closers.find(type(thing))
            if closer is not None and closer.is_open(thing):
                yield Fate(
                    resource.kind, type(thing).__qualname__, resource.place, closer.size(thing), reason
                )
            del thing
