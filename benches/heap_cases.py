"""Looking at a heap of a million containers: Drypoint beside the tools that people use today, and beside the collector.

Each looks once, in a process of its own, which had nothing but that heap: the first look is the one that somebody waits
for. A collection is the least that it can cost, since it looks at everything once.
"""

from __future__ import annotations

from dataclasses import dataclass

from cases import HERE, Case, Contender
from targets import MEGABYTE, Faster, Line, Summary, missing

COLLECT, SNAPSHOT, HOLDERS = "gc.collect()", "dp.snapshot()", "dp.holders()"
MUPPY, ASIZEOF, GUPPY, OBJGRAPH = (
    "Pympler's muppy",
    "Pympler's asizeof",
    "guppy3's heap()",
    "objgraph, one chain",
)
WAYS = {
    COLLECT: "collect",
    SNAPSHOT: "snapshot",
    HOLDERS: "holders",
    MUPPY: "muppy",
    ASIZEOF: "asizeof",
    GUPPY: "guppy",
    OBJGRAPH: "objgraph",
}
OURS = (SNAPSHOT, HOLDERS)


@dataclass(frozen=True)
class Added:
    """What a look adds to the resident size: of `ours` at most `limit_bytes` for each container, beside a rival's."""

    ours: str
    rival: str
    limit_bytes: int | None = None

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line; the ratio is theirs to ours."""
        words = "memory of a look"
        target = "" if self.limit_bytes is None else f"< {self.limit_bytes} B a container"
        if reason := missing(summaries, (self.ours, self.rival)):
            return [Line(case, words, self.ours, self.rival, target=target, note=reason)]
        own, rival = summaries[self.ours], summaries[self.rival]
        each = own.medians["added_bytes"] / own.answer["containers"]
        return [
            Line(
                case,
                words,
                f"{self.ours}: {self.text(own)}",
                f"{self.rival}: {self.text(rival)}",
                rival.medians["added_bytes"] / own.medians["added_bytes"],
                target,
                None if self.limit_bytes is None else each < self.limit_bytes,
                own.peak_bytes,
                rival.peak_bytes,
            )
        ]

    def text(self, summary: Summary) -> str:
        """In all, and for each container."""
        added = summary.medians["added_bytes"]
        return f"{added / MEGABYTE:.0f} MB, {added / summary.answer['containers']:.0f} B a container"


def look(name: str, containers: int) -> Contender:
    """One tool looking once."""
    command = ("{peers}", str(HERE / "lifetime" / "snapshots.py"), WAYS[name], str(containers))
    return Contender(name, command, ours=name in OURS, limit_seconds=900, draws=False)


def heap_cases(quick: bool) -> list[Case]:
    """A million containers for all; ten million for those that look at as many in a few seconds."""
    count = 20_000 if quick else 1_000_000
    tables, ways = (MUPPY, GUPPY, ASIZEOF), (OBJGRAPH,)
    beside = (
        Faster(SNAPSHOT, tables, 1, "heap_seconds"),
        Faster(SNAPSHOT, (COLLECT,), None, "heap_seconds"),
        *(Added(SNAPSHOT, rival) for rival in tables),
        Faster(HOLDERS, ways, None, "heap_seconds"),
        Faster(HOLDERS, (COLLECT,), None, "heap_seconds"),
    )
    many = (
        Faster(SNAPSHOT, (COLLECT,), None, "heap_seconds"),
        Faster(HOLDERS, (COLLECT,), None, "heap_seconds"),
        Added(SNAPSHOT, HOLDERS, 250),
    )
    few = (COLLECT, SNAPSHOT, HOLDERS)
    return [
        Case(
            "heap-1e6",
            f"a look at a heap of {count:,} containers",
            (),
            tuple(look(name, count) for name in WAYS),
            beside,
            "totals",
        ),
        Case(
            "heap-1e7",
            f"a look at a heap of {10 * count:,} containers",
            (),
            tuple(look(name, 10 * count) for name in few),
            many,
            "totals",
        ),
    ]
