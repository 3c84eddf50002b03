"""The heap at one moment, as plain data: what takes the bytes, which lines made it, who holds it, what waits for the
collector.

The walk itself is compiled; here its numbers get names. The objects of the program are held only until the names of the
largest are known. What remains is texts and numbers, and, in this process, the graph, so that an object that lives still
can be asked about.
"""

from __future__ import annotations

import sys
from types import ModuleType

from .. import _arguments, _core, _saved
from .._errors import BadArgument, CorruptData, DrypointError
from .._memory import _readable
from . import names, roots
from .sizes import known as known_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from os import PathLike
    from typing import Any

__all__ = ["Holders", "Snapshot", "holders", "largest_nodes", "named_chain", "snapshot", "taken"]

FORMAT, VERSION = "drypoint-snapshot", 1
NUMBERS = ("objects", "references", "bytes", "garbage_objects", "garbage_bytes")
#: The columns of each table.
TABLES = {
    "kinds": ("type", "count", "bytes", "retained"),
    "lines": ("line", "count", "bytes", "retained"),
    "largest": ("type", "bytes", "retained", "line", "name"),
    "garbage": ("types", "count", "bytes", "retained"),
}
#: Objects that are named in a snapshot, and kinds and lines that its repr shows.
LARGEST, SHOWN = 100, 10
CHAINS = 3
#: The name of a root that is only there because its object was asked about.
ASKED = ""


class Snapshot:
    """What `snapshot` returns: plain data about the heap. Sizes are bytes.

    Attributes
    ----------
    objects, references : int
        How many were seen.
    bytes : int
        Of all objects.
    garbage_objects, garbage_bytes : int
        What nothing holds: it waits for the garbage collector.
    kinds : list of dict
        By type, most retained first: ``type``, ``count``, ``bytes``, ``retained``.
    lines : list of dict
        Arrays of 256 KiB and more that came from the pool by the line that made them: ``line``, ``count``, ``bytes``,
        ``retained``.
    largest : list of dict
        The objects that retain most: ``type``, ``bytes``, ``retained``, ``line`` or None, and ``name``, the shortest way
        by which it is held.
    garbage : list of dict
        The cycles that wait for the collector: ``types``, ``count``, ``bytes``, ``retained``.
    """

    def __init__(self, plain: dict[str, Any], heap: _core.Heap | None = None) -> None:
        self._plain = plain
        self._heap = heap

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._plain:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self._plain[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._plain]

    def __reduce__(self) -> tuple[Any, ...]:
        return Snapshot, (self._plain,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and self._plain == other._plain

    __hash__ = None  # type: ignore[assignment]

    def to_dict(self) -> dict[str, Any]:
        """A copy of all of it, as dicts, lists, texts and numbers."""
        from copy import deepcopy

        return deepcopy(self._plain)

    # Questions

    def top(self, count: int = SHOWN, by: str = "objects") -> list[dict[str, Any]]:
        """The first of one of the lists.

        Parameters
        ----------
        count : int
            How many.
        by : {"objects", "types", "lines"}
            Of which list.

        Returns
        -------
        list of dict
            As in the attributes `largest`, `kinds` and `lines`.

        Raises
        ------
        BadArgument
            If there is no such list.
        """
        lists = {"objects": "largest", "types": "kinds", "lines": "lines"}
        found = self._plain[lists[_arguments.choice(by, "by", list(lists))]]
        return list(found[: _arguments.whole(count, "count")])

    def find(self, text: str) -> list[dict[str, Any]]:
        """Those of the largest objects whose type, name or line contains a text.

        Parameters
        ----------
        text : str
            Such as ``"ndarray"``, ``"ICONS"``, ``"app.py:12"``.

        Returns
        -------
        list of dict
            As in the attribute `largest`.
        """
        text = _arguments.text(text, "text")
        return [
            one
            for one in self._plain["largest"]
            if text in one["type"] or text in one["name"] or text in (one["line"] or "")
        ]

    def diff(self, later: Snapshot) -> list[dict[str, Any]]:
        """What grew and what shrank until a later snapshot.

        Parameters
        ----------
        later : Snapshot
            Taken afterwards.

        Returns
        -------
        list of dict
            ``type`` or ``line``, and how many more (``count``) and bytes more (``bytes``) there are; those that changed
            most first.

        Raises
        ------
        BadArgument
            If it is no snapshot.
        """
        if not isinstance(later, Snapshot):
            raise BadArgument(f"later must be a Snapshot, not {later!r}")
        changes: list[dict[str, Any]] = []
        for what, of in (("type", "kinds"), ("line", "lines")):
            before = {one[what]: one for one in self._plain[of]}
            after = {one[what]: one for one in later._plain[of]}
            for key in before.keys() | after.keys():
                then, now = before.get(key, {}), after.get(key, {})
                count = now.get("count", 0) - then.get("count", 0)
                size = now.get("bytes", 0) - then.get("bytes", 0)
                if count or size:
                    changes.append({what: key, "count": count, "bytes": size})
        return sorted(changes, key=lambda one: (-abs(one["bytes"]), str(one.get("type", one.get("line")))))

    def retained(self, thing: object) -> int:
        """Bytes that would have gone with an object when the snapshot was taken.

        Parameters
        ----------
        thing : object
            One that has lived since.

        Returns
        -------
        int
            Its own bytes, and those of all that only it holds.

        Raises
        ------
        DrypointError
            If it was not there, or the snapshot was loaded or unpickled: it has no objects then.
        """
        heap, node = self._node(thing)
        return heap.node(node)[2]

    def _node(self, thing: object) -> tuple[_core.Heap, int]:
        if self._heap is None:
            raise DrypointError("this snapshot was loaded: only its lists are there, not its objects")
        node = self._heap.find(thing)
        if node is None:
            raise DrypointError(f"this {type(thing).__name__} was not there when the snapshot was taken")
        return self._heap, node

    # Keeping

    def save(self, path: str | PathLike[str]) -> None:
        """Write it as JSON, whole or not at all.

        Parameters
        ----------
        path : path
            The file.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        _saved.write(path, self.to_json())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Snapshot:
        """Read what `save` wrote.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Snapshot
            With the same lists, and without objects to ask about.

        Raises
        ------
        SourceNotFound
            If there is no such file.
        CorruptData
            If it is no snapshot, or one of a later version.
        """
        path, plain = _saved.read(path, "snapshot")
        plain = plain if isinstance(plain, dict) else {}
        found = plain.pop("format", None), plain.pop("version", None)
        if found[0] != FORMAT:
            raise CorruptData(f"{path} is no snapshot: save() writes one")
        if found[1] != VERSION:
            raise CorruptData(
                f"{path} is a snapshot of version {found[1]!r}; this Drypoint reads version {VERSION}"
            )
        if wrong := _complaint(plain):
            raise CorruptData(f"{path} is no snapshot that can be shown: {wrong}")
        return cls(plain)

    def to_json(self, indent: int | None = 1) -> str:
        """As JSON text: ``format``, ``version`` and what `to_dict` gives."""
        from json import dumps

        return dumps({"format": FORMAT, "version": VERSION, **self._plain}, indent=indent)

    # Showing

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        plain = self._plain
        yield f"{plain['objects']:,} objects, {_bytes(plain['bytes'])}"
        if plain["garbage_objects"]:
            yield (
                f"{plain['garbage_objects']:,} of them, {_bytes(plain['garbage_bytes'])}, wait for the garbage collector"
            )
        for title, key, of in (("by type", "type", "kinds"), ("by line", "line", "lines")):
            rows = plain[of][:SHOWN]
            if rows:
                width = max(len(row[key]) for row in rows)
                yield ""
                yield f"{title:<{width}} {'count':>11} {'bytes':>10} {'retained':>10}"
                for row in rows:
                    sizes = f"{_readable(row['bytes'])} {_readable(row['retained'])}"
                    yield f"{row[key]:<{width}} {row['count']:>11,} {sizes}"
        if plain["largest"]:
            yield ""
            yield "retained"
            for one in plain["largest"][:SHOWN]:
                line = f", made at {one['line']}" if one["line"] else ""
                yield f"{_readable(one['retained'])}  {one['name']}  ({one['type']}{line})"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(repr(self))}</pre>"


class Holders:
    """What `holders` returns: the ways by which an object is held.

    Attributes
    ----------
    type : str
        The object's type.
    what : str
        What it stands for, if that can be seen: ``open file /tmp/x``; else the type.
    bytes, retained : int
        Its own bytes, and those that would go with it.
    line : str or None
        The line that made it, if that is known.
    chains : list of str
        The shortest ways from something that is alive by itself, each through another holder.
    """

    def __init__(
        self, kind: str, what: str, size: int, retained: int, line: str | None, chains: list[str]
    ) -> None:
        self.type, self.what, self.line, self.chains = kind, what, line, chains
        self.bytes, self.retained = size, retained

    def __repr__(self) -> str:
        line = f", made at {self.line}" if self.line else ""
        what = self.type if self.what == self.type else f"{self.what} ({self.type})"
        head = f"{what}, {_bytes(self.bytes)}{line}; {_bytes(self.retained)} would go with it"
        if not self.chains:
            return f"{head}\n  held by nothing but the caller of holders(), and perhaps by compiled code"
        return "\n".join([head, *(f"  {chain}" for chain in self.chains)])


def _bytes(count: int) -> str:
    return _readable(count).strip()


def _complaint(plain: dict[str, Any]) -> str | None:
    """What is wrong with what was read, if anything is."""
    for name in NUMBERS:
        if type(plain.get(name)) is not int:
            return f"{name!r} must be a whole number"
    for name, columns in TABLES.items():
        rows = plain.get(name)
        if not isinstance(rows, list):
            return f"{name!r} must be a list"
        for row in rows:
            if not isinstance(row, dict) or not row.keys() >= set(columns):
                return f"a row of {name!r} must have {', '.join(columns)}"
    return None


def walk(asked: list[Any]) -> tuple[_core.Heap, list[str]]:
    """The heap now, and the names of its roots; the last stand for what is asked about, which we hold ourselves."""
    named, things = roots.named()
    for thing in asked:
        named.append(ASKED)
        things.append(thing)
    known = known_sizes()
    heap = _core.Heap(things, [named, things, known, asked], known)
    return heap, named


def snapshot() -> Snapshot:
    """Look at the whole heap: what takes the bytes, who holds it, what waits for the garbage collector.

    Returns
    -------
    Snapshot
        Plain data with a readable repr.

    Raises
    ------
    BudgetExceeded
        If what it needs meanwhile does not fit into the budget. Nothing was looked at then.

    Notes
    -----
    Nothing is collected, and nothing of the program runs, but functions given to `register_size`. *Retained* are the
    bytes that would go if an object went: its own, and those of everything that only it keeps alive (the dominator tree
    of the object graph). Costs about as much as three full garbage collections, four the first time, and meanwhile some
    90 bytes for each object, more where each refers to many, which are reserved before (``"heap snapshot"`` in
    `memory`). Other threads wait for the first half of it.

    Examples
    --------
    >>> import drypoint as dp
    >>> names = [str(number) for number in range(100_000)]
    >>> dp.snapshot().bytes > 100_000
    True
    """
    return taken()


def taken(look: Callable[[_core.Heap, list[str]], object] | None = None) -> Snapshot:
    """A snapshot; and, while the heap knows its objects still, a look at it with the names of its roots."""
    heap, named = walk([])
    try:
        objects, references, size, garbage_objects, garbage_bytes = heap.totals()
        plain = {
            "objects": objects,
            "references": references,
            "bytes": size,
            "garbage_objects": garbage_objects,
            "garbage_bytes": garbage_bytes,
            "kinds": _rows("type", ((names.kind_name(kind), *numbers) for kind, numbers in heap.by_kind())),
            "lines": _rows("line", ((line, *numbers) for line, numbers in heap.by_line())),
            "largest": _largest(heap, named),
            "garbage": _garbage(heap),
        }
        if look is not None:
            look(heap, named)
    finally:
        heap.forget()
    return Snapshot(plain, heap)


def _rows(key: str, found: Iterator[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Groups as dicts, those of one name together, most retained first."""
    rows: dict[str, dict[str, Any]] = {}
    for name, count, size, retained in found:
        row = rows.setdefault(name, {key: name, "count": 0, "bytes": 0, "retained": 0})
        row["count"] += count
        row["bytes"] += size
        row["retained"] += retained
    return sorted(rows.values(), key=lambda row: (-row["retained"], row[key]))


def largest_nodes(heap: _core.Heap) -> list[int]:
    """The objects that retain most, but for the variables of modules."""
    modules = {id(vars(module)) for module in list(sys.modules.values()) if type(module) is ModuleType}
    return [node for node in heap.largest(LARGEST) if id(heap.thing(node)) not in modules]


def _largest(heap: _core.Heap, named: list[str]) -> list[dict[str, Any]]:
    chosen = largest_nodes(heap)
    found = []
    for node, chains in zip(chosen, heap.chains(chosen, 1), strict=True):
        kind, size, retained, line, _ = heap.node(node)
        name = (
            named_chain(heap, named, *chains[0]) if chains else "a cycle that waits for the garbage collector"
        )
        found.append(
            {"type": names.kind_name(kind), "bytes": size, "retained": retained, "line": line, "name": name}
        )
    return found


def named_chain(heap: _core.Heap, named: list[str], root: int | None, nodes: list[int]) -> str:
    """A chain of the heap as one line."""
    return names.chain(None if root is None else named[root], [heap.thing(node) for node in nodes])


def _garbage(heap: _core.Heap) -> list[dict[str, Any]]:
    found = []
    for nodes, size, retained in heap.garbage(SHOWN):
        kinds: dict[str, int] = {}
        for node in nodes:
            name = names.kind_name(heap.node(node)[0])
            kinds[name] = kinds.get(name, 0) + 1
        found.append({"types": kinds, "count": len(nodes), "bytes": size, "retained": retained})
    return found


def holders(thing: object, count: int = CHAINS) -> Holders:
    """Who keeps an object alive.

    Parameters
    ----------
    thing : object
        Any object that can hold others, or that others hold.
    count : int
        How many ways are told at most.

    Returns
    -------
    Holders
        Its repr tells the ways, the shortest first: ``module app → ICONS[3].base``.

    Raises
    ------
    BadArgument
        If the count is none.
    BudgetExceeded
        As from `snapshot`.

    Notes
    -----
    Costs as much as `snapshot`. The variables of the call of `holders` itself are not told.

    Examples
    --------
    >>> import drypoint as dp
    >>> CACHE = {"page": bytearray(1_000_000)}
    >>> dp.holders(CACHE["page"]).retained > 1_000_000
    True
    """
    count = _arguments.whole(count, "count", 1)
    heap, named = walk([thing])
    try:
        node = heap.find(thing)
        assert node is not None, "it is among the roots"
        kind, size, retained, line, _ = heap.node(node)
        found = heap.chains([node], count, named.index(ASKED))[0]
        chains = [named_chain(heap, named, root, nodes) for root, nodes in found]
    finally:
        heap.forget()
    return Holders(names.kind_name(kind), names.described(thing), size, retained, line, chains)
