"""What a document of a watched run must look like, as a table, and the first place where one does not.

Written out rather than taken from a schema library: the file is read on machines where nothing but Drypoint is installed,
and one sentence with the place in it is all that is wanted. Members that are not listed are let through, so that a later
Drypoint can add some without a new version.
"""

from __future__ import annotations

from math import isfinite

from .verdicts import VERDICTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    #: Says at which place, and with which words, a value is wrong; None if it is not.
    _Check: TypeAlias = Callable[[str, Any], str | None]

__all__ = ["VERSION", "complaint"]

#: Of the layout.
VERSION = 1


def complaint(plain: object) -> str | None:
    """What is wrong with a document.

    Parameters
    ----------
    plain : object
        What should be a dict, as JSON gave it.

    Returns
    -------
    str or None
        Such as ``findings[2].bytes is not a number``; None if nothing is.

    Examples
    --------
    >>> complaint([])
    'the document is not an object'
    >>> complaint({"version": 7})
    'it is of version 7, this Drypoint reads version 1'
    """
    if not isinstance(plain, dict):
        return "the document is not an object"
    if "version" not in plain:
        return "it has no version"
    found = plain["version"]
    if isinstance(found, bool) or found != VERSION:
        return f"it is of version {_short(found)}, this Drypoint reads version {VERSION}"
    return _DOCUMENT("", plain) or _lengths(plain["timeline"])


def _lengths(timeline: dict[str, list[float]]) -> str | None:
    """The columns of a table have one length."""
    lengths = {name: len(timeline[name]) for name in _COLUMNS}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        return f"the lists of the timeline differ in length ({told})"
    return None


def _short(value: object) -> str:
    """A value in an error, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _text(place: str, value: Any) -> str | None:
    return None if isinstance(value, str) else f"{place} is not a text"


def _number(place: str, value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"{place} is not a number"
    # An int too large for a float is no count of bytes either.
    return None if abs(value) < 2**63 and isfinite(value) else f"{place} is out of range"


def _word(*words: str) -> _Check:
    def check(place: str, value: Any) -> str | None:
        return None if value in words else f"{place} is {_short(value)}, not one of {', '.join(words)}"

    return check


def _maybe(inner: _Check) -> _Check:
    """May be null, and may be left out."""

    def check(place: str, value: Any) -> str | None:
        return None if value is None else inner(place, value)

    check.optional = True  # type: ignore[attr-defined]
    return check


def _many(inner: _Check) -> _Check:
    def check(place: str, value: Any) -> str | None:
        if not isinstance(value, list):
            return f"{place} is not a list"
        for number, item in enumerate(value):
            if wrong := inner(f"{place}[{number}]", item):
                return wrong
        return None

    return check


def _record(**members: _Check) -> _Check:
    def check(place: str, value: Any) -> str | None:
        if not isinstance(value, dict):
            return f"{place} is not an object"
        for name, inner in members.items():
            at = f"{place}.{name}" if place else name
            if name not in value:
                if hasattr(inner, "optional"):
                    continue
                return f"it has no {at}"
            if wrong := inner(at, value[name]):
                return wrong
        return None

    return check


_COLUMNS = ("seconds", "resident", "live", "figures", "collections", "turns")

_FINDING = _record(
    verdict=_word(*VERDICTS),
    message=_text,
    bytes=_number,
    bytes_per_turn=_maybe(_number),
    count=_maybe(_number),
    line=_maybe(_text),
    function=_maybe(_text),
    object=_maybe(_text),
    holder=_maybe(_text),
    chain=_maybe(_text),
    fix=_maybe(_text),
    confidence=_maybe(_number),
    evidence=_maybe(_many(_text)),
)

_DOCUMENT = _record(
    drypoint=_text,
    command=_many(_text),
    exit=_record(code=_maybe(_number), reason=_text),
    seconds=_number,
    turns=_record(
        count=_number, how=_word("found", "told", "none"), line=_maybe(_text), function=_maybe(_text)
    ),
    resident=_record(start=_number, peak=_number, end=_number),
    live=_record(peak=_number, end=_number),
    findings=_many(_FINDING),
    unseen=_maybe(_many(_text)),
    timeline=_record(**{name: _many(_number) for name in _COLUMNS}),
    by_kind=_many(_record(kind=_text, count=_number, live=_number, peak=_number)),
    by_line=_many(
        _record(
            line=_maybe(_text),
            function=_maybe(_text),
            kind=_text,
            allocations=_number,
            allocated=_number,
            live=_number,
            peak=_number,
            per_turn=_maybe(_number),
        )
    ),
)
