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
class FasterWhereFaulting:
    """`ours` is `times` times faster than `plain` if plain shows more than `faults` page faults a turn."""

    ours: str
    plain: str
    times: float
    faults: int

    def lines(self, case: str, summaries: dict[str, Summary]) -> list[Line]:
        """One line, with the faults of a turn on both sides; a promise only where plain has that many."""
        words = "a turn"
        if reason := missing(summaries, (self.ours, self.plain)):
            return [Line(case, words, self.ours, self.plain, note=reason)]
        own, plain = summaries[self.ours], summaries[self.plain]
        ratio = plain.medians["turn_seconds"] / own.medians["turn_seconds"]
        promised = plain.medians["turn_faults"] > self.faults
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
        """Seconds and page faults of a turn."""
        medians = summary.medians
        return f"{name}: {seconds_text(medians['turn_seconds'])}, {medians['turn_faults']:.0f} faults"
