"""A scope for each turn of a loop.

An iterator, not a generator: the item is fetched outside the turn's scope, so a file or a capture that the iterable opens
for itself stays open. A loop that is left drops its iterator, and with it the last turn ends.
"""

from __future__ import annotations

from .. import _arguments, _core
from .._errors import BadArgument
from .report import Tally
from .resources import Resources
from .scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable
    from types import TracebackType
    from typing import Any, Self, TypeVar

    from .report import Report

    _T = TypeVar("_T")

__all__ = ["Each", "each"]


class Each:
    """What `each` returns: an iterator over the items with a scope around each turn.

    Attributes
    ----------
    scope : Scope or None
        The scope of the turn that is running.
    """

    def __init__(self, items: Any, name: str, budget: int | None, close: bool) -> None:
        self._items = items
        self._arguments = (name, budget, close)
        self._source: Any = None
        self._tally = Tally()
        self._none = Resources()
        self.scope: Scope | None = None

    def __iter__(self) -> Self:
        if not hasattr(type(self._items), "__iter__") and not hasattr(type(self._items), "__getitem__"):
            raise BadArgument("this iterable is asynchronous: use `async for`")
        if self._source is None:
            self._source = iter(self._items)
        return self

    def __next__(self) -> Any:
        self._end_turn(None)
        if self._source is None:
            self.__iter__()
        item = next(self._source)
        self._begin_turn()
        return item

    def __aiter__(self) -> Self:
        if not hasattr(type(self._items), "__aiter__"):
            raise BadArgument("this iterable is not asynchronous: use `for`")
        if self._source is None:
            self._source = aiter(self._items)
        return self

    async def __anext__(self) -> Any:
        self._end_turn(None)
        if self._source is None:
            self.__aiter__()
        item = await anext(self._source)
        self._begin_turn()
        return item

    def _begin_turn(self) -> None:
        scope = Scope(*self._arguments)
        scope.__enter__()
        self.scope = scope

    def _end_turn(self, error: BaseException | None) -> None:
        scope, self.scope = self.scope, None
        if scope is not None:
            try:
                scope.__exit__(None if error is None else type(error), error, None)
            finally:
                self._tally.add(scope.tally)
                _core.tell_turn()

    def keep(self, thing: _T) -> _T:
        """Leave a thing open at the end of this turn, as `Scope.keep`."""
        return thing if self.scope is None else self.scope.keep(thing)

    def report(self) -> Report:
        """What the turns that have ended made, and what became of it: see `Report`."""
        return self._tally.report(self._arguments[0], self._none)

    def close(self) -> None:
        """End the turn that is running, as the end of the loop does. Calling it again does nothing."""
        self._end_turn(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_turn(error)

    def __del__(self) -> None:
        # The loop was left by break, return or an exception; what is raised here can only be printed.
        if self.scope is not None:
            self._end_turn(None)


def each(
    iterable: Iterable[_T] | AsyncIterable[_T],
    *,
    name: str | None = None,
    budget: str | int | None = None,
    close: bool = True,
) -> Any:
    """Go through a loop with a scope around each turn: what a turn makes is closed at its end.

    Parameters
    ----------
    iterable : iterable or asynchronous iterable
        The items. They are fetched outside the scopes: what the iterable opens for itself stays open.
    name : str, optional
        What reports and errors call the turns.
    budget : str or int, optional
        The most bytes that the arrays of a turn may take at a time, as in `scope`.
    close : bool
        Close what a turn made at its end.

    Returns
    -------
    iterator
        The same items, for ``for`` or ``async for``. A turn also ends when the loop is left, by ``break`` or by an
        exception; errors of closers are then printed, since nothing can be raised any more.

    Raises
    ------
    BadArgument
        If it cannot be iterated, or the budget is none.

    Examples
    --------
    >>> import drypoint as dp, tempfile
    >>> files = []
    >>> for number in dp.each(range(3)):
    ...     files.append(tempfile.TemporaryFile())
    >>> [file.closed for file in files]
    [True, True, True]
    """
    kind = type(iterable)
    if not any(hasattr(kind, name) for name in ("__iter__", "__aiter__", "__getitem__")):
        raise BadArgument(f"iterable must be something to loop over, not {iterable!r}")
    name = "each" if name is None else _arguments.text(name, "name")
    limit = _arguments.optional(_arguments.bytes_of, budget, "budget")
    return Each(iterable, name, limit, _arguments.flag(close, "close"))
