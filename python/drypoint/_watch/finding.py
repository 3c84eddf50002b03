"""One thing that a watched program does with memory, as a sentence and as data."""

from __future__ import annotations

from .._memory import _readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .places import Place

__all__ = ["Finding", "size"]


class Finding:
    """A verdict with its evidence.

    Attributes
    ----------
    verdict : str
        One of those in `verdicts`.
    message : str
        The whole sentence, with the cure.
    bytes : int
        What would come back.
    place : Place or None
        The line that made it.
    start : str or None
        The way to the holder: what lies behind it is told with it.
    confidence : float
        How sure it is, from 0 to 1.
    """

    def __init__(
        self,
        verdict: str,
        message: str,
        *,
        bytes: int,
        place: Place | None = None,
        fix: str | None = None,
        confidence: float = 0.9,
        per_turn: int | None = None,
        count: int | None = None,
        object: str | None = None,
        holder: str | None = None,
        chain: str | None = None,
        evidence: list[str] | None = None,
        start: str | None = None,
    ) -> None:
        self.verdict, self.message, self.bytes, self.place = verdict, message, bytes, place
        self.fix, self.confidence, self.per_turn, self.count = fix, confidence, per_turn, count
        self.object, self.holder, self.chain, self.start = object, holder, chain, start
        self.evidence = evidence or []

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "verdict": self.verdict,
            "message": self.message if self.fix is None else f"{self.message} {self.fix}",
            "bytes": int(self.bytes),
            "bytes_per_turn": None if self.per_turn is None else int(self.per_turn),
            "count": self.count,
            "line": None if self.place is None else self.place.line,
            "function": None if self.place is None else self.place.function,
            "object": self.object,
            "holder": self.holder,
            "chain": self.chain,
            "fix": self.fix,
            "confidence": round(self.confidence, 2),
            "evidence": self.evidence,
        }


def size(count: float) -> str:
    """Bytes as a person reads them: ``"2.8 MB"``."""
    return _readable(int(count)).strip()
