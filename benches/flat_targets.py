"""Targets of programs that run in turns: flat memory, small peaks, and speed only where there was something to gain."""

from __future__ import annotations

from dataclasses import dataclass

from targets import MEGABYTE, Line, Summary, megabytes_text, missing, seconds_text


@dataclass(frozen=True)
class Flat:
    """`ours` is resident after its last turn within `limit_bytes` of what it was after an early one; None only shows."""

    ours: str
    limit_bytes: int | None

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line with both sizes."""
        target = "" if self.limit_bytes is None else f"within {self.limit_bytes / MEGABYTE:g} MB"
        if reason := missing(summaries, (self.ours,)):
            return [Line(case, "resident, late - early", self.ours, target=target, note=reason)]
        own = summaries[self.ours]
        early, late = own.medians["early_resident_bytes"], own.medians["late_resident_bytes"]
        text = f"{self.ours}: {(late - early) / MEGABYTE:+.1f} MB, to {megabytes_text(int(late))}"
        met = None if self.limit_bytes is None else late - early <= self.limit_bytes
        return [Line(case, "resident, late - early", text, target=target, met=met, our_peak=own.peak_bytes)]


@dataclass(frozen=True)
class PeakShare:
    """The peak of `ours` is at most `factor` times that of `rival`; None only shows."""

    ours: str
    rival: str
    factor: float | None

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line with both peaks; the ratio is ours to theirs, so less is better."""
        target = "" if self.factor is None else f"<= {self.factor:g} of its peak"
        if reason := missing(summaries, (self.ours, self.rival)):
            return [Line(case, "peak memory, share", self.ours, self.rival, target=target, note=reason)]
        own, rival = summaries[self.ours].peak_bytes, summaries[self.rival].peak_bytes
        share = own / rival
        return [
            Line(
                case,
                "peak memory, share",
                f"{self.ours}: {megabytes_text(own)}",
                f"{self.rival}: {megabytes_text(rival)}",
                share,
                target,
                None if self.factor is None else share <= self.factor,
                own,
                rival,
            )
        ]


@dataclass(frozen=True)
class Turn:
    """A turn of `ours` beside one of `plain`, with both kinds of time and the page faults.

    With `times` it has to be so many times faster, if plain has more than `faults` page faults a turn: where it has
    none, the C library hands the same block out again by itself, and there is nothing to gain.
    """

    ours: str
    plain: str
    times: float | None = None
    faults: int = -1

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line; the ratio is that of the wall clock."""
        words = "a turn"
        if reason := missing(summaries, (self.ours, self.plain)):
            return [Line(case, words, self.ours, self.plain, note=reason)]
        own, plain = summaries[self.ours], summaries[self.plain]
        ratio = plain.medians["turn_seconds"] / own.medians["turn_seconds"]
        promised = self.times is not None and plain.medians["turn_faults"] > self.faults
        return [
            Line(
                case,
                words,
                self.text(self.ours, own),
                self.text(self.plain, plain),
                ratio,
                f">= {self.times:g}x" if promised else "",
                ratio >= self.times if promised else None,
                own.peak_bytes,
                plain.peak_bytes,
            )
        ]

    def text(self, name: str, summary: Summary) -> str:
        """Seconds, seconds of the processor, and page faults of a turn."""
        medians = summary.medians
        wall, processor = (seconds_text(medians[field]) for field in ("turn_seconds", "turn_cpu_seconds"))
        return f"{name}: {wall} ({processor} processor), {medians['turn_faults']:.0f} faults"
