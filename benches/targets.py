"""What a case must reach, and the lines of the table that say whether it did.

A target looks at the summaries of one case, by contender, and gives lines. It never guesses: a contender that failed
or did not run gives a line without a verdict, with the reason in the last column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

MEGABYTE = 1_000_000
FIELD_WORDS = {
    "seconds": "start to PNG",
    "aggregate_seconds": "aggregation, warm",
    "warm_seconds": "to PNG, warm",
    "first_seconds": "first call",
    "turn_seconds": "a turn",
    "turn_cpu_seconds": "a turn, processor",
    "figure_seconds": "a figure, any thread",
    "frame_seconds": "a frame, any thread",
    "heap_seconds": "the first look at the heap",
}


@dataclass(frozen=True)
class Summary:
    """The runs of one contender in one case: medians of each number it gave, and the highest peak."""

    medians: dict[str, float]
    peak_bytes: int
    answer: dict
    failure: str | None = None
    exit_code: int = 0
    written_bytes: int = 0


@dataclass(frozen=True)
class Line:
    """One line of the table. `met` is None where nothing was promised or nothing could be judged."""

    case: str
    what: str
    ours: str
    rival: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    our_peak: int | None = None
    rival_peak: int | None = None
    note: str = ""


def seconds_text(seconds: float) -> str:
    """Seconds with three significant digits, milliseconds below a tenth, microseconds below a thousandth."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    return (
        f"{seconds * 1e3:.2f} ms"
        if seconds < 0.01
        else f"{seconds * 1e3:.1f} ms"
        if seconds < 0.1
        else f"{seconds:.3g} s"
    )


def megabytes_text(count: int | None) -> str:
    """Bytes as MB of a million, or nothing."""
    return "" if count is None else f"{count / MEGABYTE:.1f} MB"


def missing(summaries: dict[str, Summary], names: tuple[str, ...]) -> str:
    """Name the contenders without a result, and why; empty when all have one."""
    reasons = []
    for name in names:
        if name not in summaries:
            reasons.append(f"{name}: not run")
        elif summaries[name].failure:
            reasons.append(f"{name}: {summaries[name].failure}")
    return "; ".join(reasons)


@dataclass(frozen=True)
class Faster:
    """`ours` is `times` times faster than the best of `rivals`; with `times` None the ratio is only shown."""

    ours: str
    rivals: tuple[str, ...]
    times: float | None
    field: str = "seconds"
    rival_field: str | None = None

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line for each rival; the promise is judged on the line of the best one."""
        rival_field = self.rival_field or self.field
        words = FIELD_WORDS[self.field] if rival_field == self.field else "start to PNG against a warm pass"
        reason = missing(summaries, (self.ours,))
        own = None if reason else summaries[self.ours]
        alive = [name for name in self.rivals if not missing(summaries, (name,))]
        best = min(alive, key=lambda name: summaries[name].medians[rival_field], default=None)
        lines = []
        for name in self.rivals:
            ours = reason if own is None else f"{self.ours}: {seconds_text(own.medians[self.field])}"
            our_peak = None if own is None else own.peak_bytes
            if name not in alive:
                lines.append(Line(case, words, ours, our_peak=our_peak, note=missing(summaries, (name,))))
                continue
            rival = summaries[name]
            ratio = None if own is None else rival.medians[rival_field] / own.medians[self.field]
            judged = self.times is not None and name == best
            lines.append(
                Line(
                    case,
                    words,
                    ours,
                    f"{name}: {seconds_text(rival.medians[rival_field])}",
                    ratio,
                    self.promise() if judged else "",
                    ratio >= self.times if judged and ratio is not None else None,
                    our_peak,
                    rival.peak_bytes,
                )
            )
        return lines

    def promise(self) -> str:
        """The target in words."""
        if self.times is None:
            return ""
        return f">= {self.times:g}x" if self.times != 1 else "faster"


@dataclass(frozen=True)
class Peak:
    """The whole process of each of `ours` stays below `limit_bytes`."""

    ours: tuple[str, ...]
    limit_bytes: int

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line for each contender."""
        target = f"< {self.limit_bytes / MEGABYTE:g} MB"
        lines = []
        for name in self.ours:
            if reason := missing(summaries, (name,)):
                lines.append(Line(case, "peak memory", name, target=target, note=reason))
                continue
            peak = summaries[name].peak_bytes
            text = f"{name}: {megabytes_text(peak)}"
            lines.append(
                Line(case, "peak memory", text, target=target, met=peak < self.limit_bytes, our_peak=peak)
            )
        return lines


@dataclass(frozen=True)
class AtMost:
    """`ours` takes at most the sum of `factor * seconds` over `terms`; each term is (contender, field, factor)."""

    ours: str
    terms: tuple[tuple[str, str, float], ...]
    field: str = "seconds"

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line with the bound that the run itself has set."""
        words = FIELD_WORDS[self.field]
        target = "<= " + " + ".join(f"{factor:g} x {name}" for name, _, factor in self.terms)
        names = (self.ours, *(name for name, _, _ in self.terms))
        if reason := missing(summaries, names):
            return [Line(case, words, self.ours, target=target, note=reason)]
        own = summaries[self.ours]
        bound = sum(factor * summaries[name].medians[field] for name, field, factor in self.terms)
        parts = ", ".join(
            f"{name}: {seconds_text(summaries[name].medians[field])}" for name, field, _ in self.terms
        )
        taken = own.medians[self.field]
        return [
            Line(
                case,
                words,
                f"{self.ours}: {seconds_text(taken)}",
                parts,
                bound / taken,
                f"{target} = {seconds_text(bound)}",
                taken <= bound,
                own.peak_bytes,
                summaries[self.terms[0][0]].peak_bytes,
            )
        ]


@dataclass(frozen=True)
class Difference:
    """`ours` takes at most `limit_seconds` longer than `base`, and loads none of the modules it reports."""

    ours: str
    base: str
    limit_seconds: float

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line for the time, one for the modules."""
        target = f"<= {self.limit_seconds * 1e3:g} ms more"
        if reason := missing(summaries, (self.ours, self.base)):
            return [Line(case, "process", self.ours, self.base, target=target, note=reason)]
        own, base = summaries[self.ours], summaries[self.base]
        more = own.medians["seconds"] - base.medians["seconds"]
        loaded = own.answer.get("modules") or "none"
        return [
            Line(
                case,
                f"{seconds_text(more)} more",
                f"{self.ours}: {seconds_text(own.medians['seconds'])}",
                f"{self.base}: {seconds_text(base.medians['seconds'])}",
                None,
                target,
                more <= self.limit_seconds,
                own.peak_bytes,
                base.peak_bytes,
            ),
            Line(
                case, "modules loaded beside", f"{self.ours}: {loaded}", target="none", met=loaded == "none"
            ),
        ]


@dataclass(frozen=True)
class Zero:
    """A number that `ours` reports is zero."""

    ours: str
    field: str
    words: str

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line with the number."""
        if reason := missing(summaries, (self.ours,)):
            return [Line(case, self.words, self.ours, target="0", note=reason)]
        own = summaries[self.ours]
        value = own.answer.get(self.field)
        return [
            Line(
                case,
                self.words,
                f"{self.ours}: {value}",
                target="0",
                met=None if value is None else value == 0,
                our_peak=own.peak_bytes,
            )
        ]


@dataclass(frozen=True)
class DrawsOrRefuses:
    """`ours` either draws within `limit_bytes`, or says why not with exit code 2 and leaves no file."""

    ours: str
    limit_bytes: int
    words: str = field(default="draws or refuses")

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line with what happened."""
        target = f"< {self.limit_bytes / MEGABYTE:g} MB, or exit 2 and a reason"
        own = summaries.get(self.ours)
        if own is None:
            return [Line(case, self.words, self.ours, target=target, note="not run")]
        if own.exit_code == 2:
            clean = own.written_bytes == 0
            text = f"{self.ours}: refused"
            return [
                Line(case, self.words, text, "", None, target, clean, own.peak_bytes, None, own.failure or "")
            ]
        if own.failure:
            return [
                Line(case, self.words, self.ours, "", None, target, False, own.peak_bytes, None, own.failure)
            ]
        text = f"{self.ours}: {seconds_text(own.medians['seconds'])}"
        return [
            Line(case, self.words, text, "", None, target, own.peak_bytes < self.limit_bytes, own.peak_bytes)
        ]


class Target(Protocol):
    """Whatever makes lines of a case's summaries."""

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """The lines, with a verdict where something was promised."""
        ...
