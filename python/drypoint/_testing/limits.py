"""The limits that a marker gives a test, checked.

Markers of a test, its class and its module are taken together: the nearest one that gives a limit counts.
"""

from __future__ import annotations

from .. import _arguments
from .._core import nearest
from .._errors import BadArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Limits"]

TURNS = 5
#: A line through fewer points says nothing.
LEAST_TURNS = 3
_NAMES = ["limit", "leaks", "figures", "turns"]


class Limits:
    """What a test may hold.

    Attributes
    ----------
    limit : int or None
        Bytes by which memory may grow while the body runs.
    leaks : int or None
        Bytes that each turn of the body may leave behind.
    figures : int or None
        Figures that the body may leave open.
    turns : int
        How many turns are measured for `leaks`.
    """

    def __init__(self, limit: Any = None, leaks: Any = None, figures: Any = None, turns: Any = None) -> None:
        if limit is None and leaks is None and figures is None:
            raise BadArgument("give one of limit=, leaks= and figures= at least")
        if turns is not None and leaks is None:
            raise BadArgument("turns= says how often the body runs for leaks=, which is not given")
        self.limit: int | None = _arguments.optional(_arguments.bytes_of, limit, "limit")
        self.leaks: int | None = _arguments.optional(_bytes_or_none, leaks, "leaks")
        self.figures: int | None = _arguments.optional(_arguments.whole, figures, "figures")
        self.turns: int = TURNS if turns is None else _arguments.whole(turns, "turns", LEAST_TURNS, 10_000)

    @classmethod
    def of(cls, markers: Iterable[Any]) -> Limits:
        """From the markers of a test, the nearest first."""
        given: dict[str, Any] = {}
        for marker in markers:
            if marker.args:
                raise BadArgument(f"arguments are given by name, as limit='100 MB', not {marker.args[0]!r}")
            for name, value in marker.kwargs.items():
                if name not in _NAMES:
                    close = nearest(name, _NAMES)
                    hint = f" (did you mean {close}=?)" if close else ""
                    raise BadArgument(
                        f"there is no {name}={hint}; there are limit=, leaks=, figures= and turns="
                    )
                given.setdefault(name, value)
        return cls(**given)


def _bytes_or_none(value: Any, name: str) -> int:
    """Bytes, where none at all is a limit too."""
    return 0 if value == 0 and not isinstance(value, bool) else _arguments.bytes_of(value, name)
