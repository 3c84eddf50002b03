"""What clocks show in a time zone: the core asks for it when it lays out an axis of instants that have one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from re import fullmatch

from ._errors import UnsupportedData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = ["offsets"]

_FIRST, _LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)
#: Clocks that are set forward are not set back sooner: the shortest summer time is that around Ramadan.
_LEAST_DAYS = 10
#: On a longer axis the ticks are years, and hours do not show.
_MOST_LOOKS = 4000


def offsets(name: str, start: float, end: float) -> list[tuple[int, int]]:
    """When clocks are set between two instants, both in seconds since 1970-01-01 UTC.

    Parameters
    ----------
    name : str
        ``"Europe/Berlin"``, or ``"+02:00"``, as columns have it.
    start, end : float
        The range of an axis.

    Returns
    -------
    list of (int, int)
        From when on so many seconds are added to UTC, the first one at or before the start. Empty for UTC itself.

    Raises
    ------
    UnsupportedData
        If the zone is not known here.
    """
    zone = _zone(name)
    first, last = _moment(start), _moment(end)
    found = [(int(first.timestamp()), _offset(zone, first))]
    if isinstance(zone, timezone):
        return found if found[0][1] else []
    step = max(timedelta(days=_LEAST_DAYS), (last - first) / _MOST_LOOKS)
    at = first
    while at < last:
        after = min(at + step, last)
        if _offset(zone, after) != found[-1][1]:
            after = _change(zone, at, after)
            found.append((int(after.timestamp()), _offset(zone, after)))
        at = after
    return [] if not any(seconds for _, seconds in found) and name in ("UTC", "Etc/UTC", "Z") else found


def _change(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """The second at which clocks are set, between two moments that differ."""
    low, high = int(before.timestamp()), int(after.timestamp())
    held = _offset(zone, before)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == held:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _offset(zone: tzinfo, at: datetime) -> int:
    found = at.astimezone(zone).utcoffset()
    return 0 if found is None else int(found.total_seconds())


def _moment(seconds: float) -> datetime:
    seconds = min(max(seconds, _FIRST.timestamp()), _LAST.timestamp())
    return datetime.fromtimestamp(int(seconds), UTC)


def _zone(name: str) -> tzinfo:
    fixed = fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if fixed:
        sign, hours, minutes = fixed.groups()
        span = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-span if sign == "-" else span)
    if name in ("UTC", "Etc/UTC", "Z"):
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # what ZoneInfo raises for a name that is none is a KeyError
        raise UnsupportedData(
            f"the time zone {name!r} is not known here; the package tzdata knows all of them: pip install tzdata"
        ) from None
