"""Growth with a holder: a leak, a cache, waste, or something that the program wants.

That a container gains with every turn is no fault by itself: a program may want what it gathers. What speaks for a
fault: a holder that nobody fills on purpose (a registry, a traceback, a suspended generator, a cache without a
limit), figures kept with their data, a view that keeps its base, a form that takes more bytes than its content,
frames that an encoder takes one by one later, or things that were used in their turn and are kept all the same.
"""

from __future__ import annotations

from .advice import advise, plural
from .finding import Finding, size
from .places import Place, place
from .purpose import is_wanted, use_of
from .series import Series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .growth import Growth

__all__ = ["judge"]

#: Growth below this, in all and with each turn, is not worth a word.
LEAST, LEAST_A_TURN = 1 << 20, 8 << 10
#: Things that are gained, at least: below that nothing has come again.
FEWEST = 3
#: Things for each turn, where they came in the last interval only.
LATE = 0.4
#: A cache below this is nobody's concern.
LEAST_CACHE = 4 << 20
#: Where no line of the program is known and none of its modules holds it, growth counts from here.
LEAST_ELSEWHERE = 4 << 20
#: The part of the growth that has to be waste, and how sure that has to be.
MOSTLY, SURE = 0.45, 0.7
#: A figure has large data from here on.
LARGE_DATA = 256 << 10
#: Functions and methods are kept to be called, however large what they hold is.
CALLED = ("function", "method", "functools.partial")
#: Data, where so much of it is large arrays.
DATA_PART = 0.8
#: What holds numbers or bytes as they are.
COMPACT = ("array.array", "bytearray", "BytesIO", "StringIO")


def judge(series: Series, turns: int, made: tuple[int, int] | None, stopped: bool = False) -> Finding | None:
    """The verdict on a holder that grew; None if there is nothing to say.

    Parameters
    ----------
    series : Series
        Its growth.
    turns : int
        Turns in all.
    made : tuple of int, optional
        How many things of the kind its line made, and how many of them are alive.
    stopped : bool
        Whether the process has not grown for long when it ended.
    """
    growth = series.last
    per_turn = series.per_turn
    if series.passing or _total(series, turns) < LEAST:
        return None
    own = growth.root.startswith(("module __main__", "frame ")) or growth.site
    if not own and series.bytes < LEAST_ELSEWHERE:
        return None
    if series.flat or growth.way.bounded or _is_replaced(series, made):
        worth_it = series.bytes >= LEAST_CACHE and (own or growth.way.kind == "cache")
        return _cache(series, turns) if worth_it else None
    if growth.own < growth.bytes // 2 and not _comes_again(series):
        return None
    if per_turn < LEAST_A_TURN:
        return None
    if growth.way.kind not in ("container", "class", "frame"):
        return _leak(series, turns, made, 0.9)
    if stopped and not series.emptied:
        return _cache(series, turns) if series.bytes >= LEAST_CACHE else None
    return _plain(series, turns, made)


def _is_replaced(series: Series, made: tuple[int, int] | None) -> bool:
    """Whether most of what the line made is gone: what was kept made way for other things."""
    once = series.grew_in == 1 and series.last.subject.endswith("ndarray") and not series.emptied
    return once and made is not None and made[0] >= 2 * max(1, made[1]) and made[0] > FEWEST


def _comes_again(series: Series) -> bool:
    """Whether things came again and again, and not once, or one in place of another."""
    if series.count < FEWEST or max(growth.count for growth in series.growths) < 2:
        return False
    return series.grew_in > 1 or series.late is None or series.count >= LATE * series.late


def _plain(series: Series, turns: int, made: tuple[int, int] | None) -> Finding | None:
    """A container that the program fills itself."""
    growth = series.last
    waste = growth.waste
    if waste is not None and waste.kind == "view":
        return _views(series, turns)
    whole = max(1, growth.each if growth.own < growth.bytes // 2 else growth.bytes)
    mostly = growth.wasted >= MOSTLY * whole or growth.own >= growth.bytes // 2
    if waste is not None and waste.sure >= SURE and waste.saved >= MOSTLY * waste.bytes and mostly:
        return _waste(series, turns)
    use, holder_line = use_of(growth)
    if use is not None and use.consumed_one_by_one:
        return _gathered(series, turns, use.consumed_one_by_one)
    if growth.subject.endswith("Figure"):
        if growth.data < LARGE_DATA:
            return _gathers(series, turns)  # a figure without large data: a picture that is wanted
        return _leak(series, turns, made, 0.8)
    if _is_data(growth) and (_is_compact(growth) if use is None else is_wanted(use)):
        return _gathers(series, turns)
    return _leak(series, turns, made, 0.7 if use is None else 0.8, holder_line)


def _is_compact(growth: Growth) -> bool:
    """Whether bytes are gathered in the smallest form there is."""
    return growth.own >= growth.bytes // 2 and growth.element.endswith(COMPACT)


def _is_data(growth: Growth) -> bool:
    """Whether what is kept is plain data."""
    if growth.element in CALLED:
        return False
    of_library = "." in growth.element
    if growth.own >= growth.bytes // 2 or (of_library and growth.data >= DATA_PART * max(1, growth.each)):
        return True
    return growth.element in (
        "numpy.ndarray",
        "bytes",
        "bytearray",
        "array.array",
        "PIL.Image",
        "tuple",
        "list",
        "dict",
    )


# The sentences


def _total(series: Series, turns: int) -> int:
    """What would come back if the holder let go of all that it gained."""
    grown = max(series.bytes, int(series.per_turn * turns))
    return min(grown, series.last.retained) if series.last.retained else grown


def _pace(series: Series, turns: int) -> str:
    total = size(_total(series, turns))
    state = "when it was let go at the end" if series.emptied else "now"
    if turns < 2:
        return f"{total} {state}"
    return f"{size(series.per_turn)} more with each turn, {total} after {turns} turns"


def _made_at(at: Place | None) -> str:
    return "" if at is None else f" made at {at}"


def _evidence(series: Series, made: tuple[int, int] | None) -> list[str]:
    found = [f"grew in {series.grew_in} of {series.intervals} intervals between looks at the heap"]
    if made is not None and made[0]:
        found.append(f"{made[0]} made at this line, {made[1]} of them alive at the end")
    return found


def _details(series: Series, turns: int, made: tuple[int, int] | None = None) -> dict[str, object]:
    growth = series.last
    return {
        "bytes": _total(series, turns),
        "per_turn": round(series.per_turn),
        "count": round(series.per_turn_count * turns) or None,
        "object": growth.subject,
        "holder": growth.holder,
        "chain": growth.chain,
        "start": growth.start,
        "evidence": _evidence(series, made),
    }


def _leak(
    series: Series,
    turns: int,
    made: tuple[int, int] | None,
    confidence: float,
    holder_line: Place | None = None,
) -> Finding:
    growth = series.last
    clause, fix = advise(growth)
    at = place(growth.site) or holder_line
    things = plural(growth.subject)
    things = things if "." in things else things[:1].upper() + things[1:]
    message = f"{things}{_made_at(at)} {clause}: {_pace(series, turns)} ({growth.chain})."
    confidence += 0.05 * (series.grew_in > 1)
    details = _details(series, turns, made)
    return Finding("leak", message, place=at, fix=fix, confidence=confidence, **details)  # type: ignore[arg-type]


def _views(series: Series, turns: int) -> Finding:
    growth = series.last
    at = place(growth.site)
    waste = growth.waste
    assert waste is not None
    message = (
        f"{growth.holder} holds views of {size(waste.needed)}, each of which keeps its whole base array of "
        f"{size(waste.bytes)} alive{f' (made at {at})' if at is not None else ''}: {_pace(series, turns)}."
    )
    details = _details(series, turns)
    return Finding("leak", message, place=at, fix=waste.fix, confidence=0.95, **details)  # type: ignore[arg-type]


def _waste(series: Series, turns: int) -> Finding:
    growth = series.last
    waste = growth.waste
    assert waste is not None
    _, holder_line = use_of(growth)
    at = place(growth.waste_site) or place(growth.site) or holder_line
    more = f" ({size(waste.needed)} would do)" if waste.needed < waste.bytes else ""
    held = "is a" if growth.own >= growth.bytes // 2 else "holds"
    thing = waste.what if held == "is a" else f"such things as a {waste.what}"
    if growth.subject.endswith("Figure"):
        thing = f"Figures with a {waste.what}"
    message = (
        f"{growth.holder} {held} {thing}{_made_at(at)}, {size(waste.bytes)}{more}: {waste.why}. "
        f"{_pace(series, turns)[:1].upper()}{_pace(series, turns)[1:]}."
    )
    details = _details(series, turns)
    total, whole = int(details["bytes"]), max(waste.bytes, growth.each, 1)  # type: ignore[call-overload]
    saved = growth.wasted if growth.own < growth.bytes // 2 else waste.bytes - waste.needed
    details["bytes"] = min(total, round(total * saved / whole))
    if waste.kind in ("line", "scatter", "mesh", "image"):
        details["object"] = waste.what
    return Finding("waste", message, place=at, fix=waste.fix, confidence=waste.sure, **details)  # type: ignore[arg-type]


def _gathered(series: Series, turns: int, consumed: tuple[int, str]) -> Finding:
    growth = series.last
    at = place(growth.site)
    number, callee = consumed
    message = (
        f"{growth.holder} gathers all {plural(growth.subject)}{_made_at(at)} before {callee}() takes them "
        f"one by one at line {number}: {_pace(series, turns)}, though one at a time is enough."
    )
    fix = f"Give each one to {callee}() when it is made, or make them in a generator."
    details = _details(series, turns)
    return Finding("waste", message, place=at, fix=fix, confidence=0.8, **details)  # type: ignore[arg-type]


def _cache(series: Series, turns: int) -> Finding:
    growth = series.last
    at = place(growth.site)
    how = "has a limit" if growth.way.bounded else "has stopped growing"
    message = (
        f"{growth.holder} warmed up to {size(growth.retained or series.bytes)} of "
        f"{plural(growth.subject)}{_made_at(at)} and {how}: no leak."
    )
    details = _details(series, turns)
    return Finding("cache", message, place=at, confidence=0.8, **details)  # type: ignore[arg-type]


def _gathers(series: Series, turns: int) -> Finding | None:
    """What a program puts away for itself: told, and no fault."""
    if series.bytes < LEAST_CACHE:
        return None
    growth = series.last
    at = place(growth.site)
    message = (
        f"{growth.holder} gathers {plural(growth.subject)}{_made_at(at)}: {_pace(series, turns)}. No fault "
        "if they are wanted; if not, take them out when they are done with, or give it a limit."
    )
    return Finding("cache", message, place=at, confidence=0.5, **_details(series, turns))  # type: ignore[arg-type]
