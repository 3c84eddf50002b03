"""What is said of a thing whose form wastes memory: plain data, so that it can be kept when the thing is gone."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["SMALLEST", "Waste", "array_text", "number_text"]

#: Below this many bytes a form is not worth a word.
SMALLEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Waste:
    """A thing in a form that takes more bytes than its content needs.

    Attributes
    ----------
    kind : str
        ``"dtype"``, ``"boxed"``, ``"strings"``, ``"text"``, ``"object"``, ``"zeros"``, ``"repeated"``, ``"view"``,
        ``"line"``, ``"scatter"``, ``"mesh"`` or ``"image"``.
    what : str
        The thing, as ``"float64 array of 480×640×3"``.
    bytes, needed : int
        What it takes now, and what the better form takes.
    why : str
        A clause that says what was seen in it.
    fix : str
        A sentence that says what to do.
    sure : float
        Between 0 and 1: how likely the better form serves the program as well.
    """

    kind: str
    what: str
    bytes: int
    needed: int
    why: str
    fix: str
    sure: float = 0.9

    @property
    def saved(self) -> int:
        """Bytes that the better form gives back."""
        return self.bytes - self.needed


def array_text(array: Any) -> str:
    """What an array is: ``"float64 array of 480×640×3"``."""
    shape = "×".join(number_text(length) for length in array.shape) or "one number"
    return f"{array.dtype} array of {shape}"


def number_text(number: int) -> str:
    """A count as it is read: 640, 200,000."""
    return str(number) if number < 10_000 else f"{number:,}"
