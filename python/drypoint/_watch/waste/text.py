"""Numbers put away as text: JSON, CSV, the repr of a list.

Each takes some twenty characters where an array needs 8 bytes.
"""

from __future__ import annotations

from .form import SMALLEST, Waste, number_text
from .sample import positions

__all__ = ["find"]

#: Pieces of the text that are looked at, and their length.
PIECES, LENGTH = 32, 256
#: What numbers are written with, and what stands between them.
DIGITS = frozenset("0123456789.+-eE")
BETWEEN = frozenset(",;[](){}: \t\r\n")
#: Names, such as the keys of an object, and units may be this part of it.
OTHER = 0.15
#: Characters of one number, its separator too, from which an array is less.
LEAST = 12
#: Text may be wanted as it is: to be sent, or written.
SURE = 0.7


def find(thing: object) -> Waste | None:
    """The waste of a text, or bytes, that are nearly all numbers; or None."""
    if type(thing) is str:
        pieces = [thing[start : start + LENGTH] for start in _starts(len(thing))]
    elif type(thing) is bytes:
        pieces = [thing[start : start + LENGTH].decode("latin-1") for start in _starts(len(thing))]
    else:
        return None
    size = len(thing)
    if size < SMALLEST:
        return None
    numbers = sum(_numbers(piece) for piece in pieces)
    seen = sum(map(len, pieces))
    other = sum(1 for piece in pieces for sign in piece if sign not in DIGITS and sign not in BETWEEN)
    if other > OTHER * seen or numbers * LEAST > seen or not numbers:
        return None
    count = size * numbers // seen
    kind = "text" if type(thing) is str else "bytes"
    return Waste(
        "text",
        f"{kind} of {number_text(size)} characters",
        size,
        8 * count,
        f"it is some {number_text(count)} numbers in writing: a float64 array needs 8 bytes for each, float32 4",
        "Keep the array, or its bytes (`array.tobytes()`, `np.save`), and write it out when it is needed.",
        SURE,
    )


def _starts(size: int) -> list[int]:
    return positions(max(1, size - LENGTH), PIECES)


def _numbers(piece: str) -> int:
    """How many numbers begin in a piece."""
    count, inside = 0, True  # what it begins with began before it
    for sign in piece:
        is_digit = sign in DIGITS
        count += is_digit and not inside
        inside = is_digit
    return count
