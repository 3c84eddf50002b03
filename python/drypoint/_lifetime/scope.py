"""A stretch of a program at whose end the resources made in it are closed.

The current scope is a context variable, so threads, tasks and generators each have their own; what a context copies it
inherits. A scope that ends on the wrong thread or out of turn closes its things all the same and then says what is
wrong: an error that loses resources would be worse than the slip.
"""

from __future__ import annotations

from _thread import get_ident

from .. import _arguments, _core
from .._errors import CloseError, HandlerConflict, ScopeError
from . import constructions, reuse
from .process import process
from .report import Report, Tally
from .resources import Fate, Resources, entered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from types import TracebackType
    from typing import Any, Self, TypeVar

    from .process import Process

    _T = TypeVar("_T")

__all__ = ["Scope", "ended", "room", "scope"]

#: Called with each scope right after its things are closed.
ended: list[Callable[[Scope], None]] = []

_MADE, _ENTERED, _CLOSED = range(3)


class Scope:
    """What `scope` returns; use it in a ``with`` or ``async with`` statement.

    Attributes
    ----------
    name : str
        As given, or ``"scope"``.
    budget : int or None
        The ceiling on its arrays, in bytes.
    closed : bool
        Whether it has ended.
    """

    def __init__(self, name: str | None = None, budget: str | int | None = None, close: bool = True) -> None:
        self.name: str = "scope" if name is None else _arguments.text(name, "name")
        self.budget: int | None = _arguments.optional(_arguments.bytes_of, budget, "budget")
        self._closes = _arguments.flag(close, "close")
        self._state = _MADE
        self._parent: Scope | None = None
        self.resources = Resources(name=self.name)
        self.tally = Tally()
        self._token: Token[Any] | None = None
        self._thread = 0
        self._arrays: _core.ArrayAccount | None = None
        self._entered = False
        self._before: object = None

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._state == _CLOSED

    @property
    def open_recorder(self) -> Scope | None:
        """The nearest scope, from here outwards, that has not ended."""
        scope: Scope | None = self
        while scope is not None and scope._state == _CLOSED:
            scope = scope._parent
        return scope

    def record(self, thing: object, kind: str, place: str | None) -> None:
        """Remember a thing that was made inside."""
        self.resources.add(thing, kind, place)

    # Entering and leaving

    def __enter__(self) -> Self:
        self._open()
        try:
            self._step_in()
        except BaseException:  # somebody else's allocator: it was not entered
            entered.discard(self.resources)
            self._state = _MADE
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if type(error) is MemoryError:  # NumPy has places where it raises one without a word
            told = _core.take_refusal()
            if told is not None:
                error.add_note(told)
        slip = self._step_out() if self._token is not None else None
        if isinstance(error, GeneratorExit):
            slip = None  # a generator that was dropped may end anywhere
        if self._state != _CLOSED:
            self._end(error)
        if slip is not None:
            if error is None:
                raise slip
            error.add_note(str(slip))

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def _open(self) -> None:
        """Take the place inside the scope that is current here."""
        if self._state == _ENTERED:
            raise ScopeError(
                f"scope {self.name!r} was entered before: make a new one with dp.scope() each time"
            )
        if self._state == _CLOSED:
            raise ScopeError(f"scope {self.name!r} is closed and cannot be entered again: make a new one")
        if not constructions.watching() or constructions.only_observed():
            constructions.watch()
        found: Scope | None = constructions.current.get()
        self._parent = None if found is None else found.open_recorder
        reuse.collect_in_scopes()
        around = None if self._parent is None else self._parent._arrays
        self._arrays = _core.ArrayAccount(self.name, self.budget, around)
        self.tally.begin()
        entered.add(self.resources)
        self._state = _ENTERED

    def _step_in(self) -> None:
        """Be the current scope of this context."""
        self._enter_arrays()
        self._thread = get_ident()
        self._token = constructions.current.set(self)

    def _enter_arrays(self) -> None:
        """Have this context's arrays come from the pool; nothing is done before the program has imported NumPy."""
        if self._arrays is None or self._entered:
            return
        try:
            self._before = self._arrays.enter()
        except HandlerConflict:
            if self.budget is not None:
                raise
            self._arrays = None  # somebody else's allocator: the scope does all that it can without
            return
        self._entered = self._before is not None

    def _leave_arrays(self) -> None:
        """Have them come from where they came before."""
        if self._arrays is not None and self._entered:
            self._entered = False
            self._arrays.leave(self._handler_before())

    def _handler_before(self) -> object:
        """What handed out this context's arrays before, without scopes that have been left since."""
        before, scope = self._before, self._parent
        while scope is not None:
            if not scope._entered and scope._arrays is not None and scope._arrays.handles(before):
                before = scope._before
            scope = scope._parent
        return before

    def _step_out(self) -> ScopeError | None:
        """Be it no longer; what is wrong with the place where this happens, if anything is."""
        token, self._token = self._token, None
        self._leave_arrays()
        here = constructions.current.get()
        if here is self:
            try:
                constructions.current.reset(token)  # type: ignore[arg-type]
            except (ValueError, RuntimeError):  # a copy of the context in which it was entered
                constructions.current.set(self._parent)
            return None
        if get_ident() != self._thread:
            return ScopeError(f"scope {self.name!r} was left on another thread than it was entered on")
        inner: Scope | None = here
        while inner is not None and inner is not self:
            inner = inner._parent
        if inner is self:
            constructions.current.set(self._parent)
            return ScopeError(
                f"scope {self.name!r} was left before {here.name!r}, which was entered inside it"
            )
        return ScopeError(
            f"scope {self.name!r} was left where it is not current: in another task, or out of order"
        )

    def close(self) -> None:
        """Close what was made inside now, before the end of the ``with`` block.

        Raises
        ------
        ScopeError
            If the scope was never entered, or is closed.
        CloseError
            If closers raised; all others have run.

        Examples
        --------
        >>> import drypoint as dp
        >>> with dp.scope() as scope:
        ...     scope.close()
        """
        if self._state == _MADE:
            raise ScopeError(f"scope {self.name!r} was not entered: use it in a with statement")
        if self._state == _CLOSED:
            raise ScopeError(f"scope {self.name!r} is closed already")
        self._end(None)

    def _end(self, error: BaseException | None) -> None:
        """Close the things, last made first; then the scope is closed, whatever happened."""
        resources = self.resources
        outer = self._outer()
        failed: list[Fate] = []
        try:
            if self._closes:
                failed = self._close_things(error is not None)
            else:
                for fate in resources.fates("its scope was made with close=False"):
                    self.tally.leave(fate)
        finally:
            self._state = _CLOSED
            entered.discard(self.resources)
            if self._arrays is not None:
                self._arrays.close()
            for resource in resources.last_first():
                resources.hand(resource, outer.resources)
            self.tally.end(resources.counts, self._array_numbers())
            outer.tally.add(self.tally)
            for action in ended:
                action(self)
        self._tell(failed, error)

    def _outer(self) -> Scope | Process:
        """The nearest open scope around this one, or the process."""
        parent = self._parent
        return (None if parent is None else parent.open_recorder) or process

    def _close_things(self, failing: bool) -> list[Fate]:
        resources = self.resources
        failed: list[Fate] = []
        left: set[int] = set()
        while True:
            waiting = [resource for resource in resources.last_first() if resource.key not in left]
            if not waiting:
                return failed
            owners = resources.parts()
            for resource in waiting:
                owner = owners.get(resource.key)
                if owner is not None and owner.key in resources.things:
                    if owner.key in left:  # it may still be looked into
                        left.add(resource.key)
                    continue  # not before its owner, which may want it to the end
                fate = resources.close(resource, failing)
                if fate is None:
                    continue
                if fate.error is not None:
                    failed.append(fate)
                left.add(resource.key)
                self.tally.leave(fate)

    def _tell(self, failed: list[Fate], error: BaseException | None) -> None:
        """Raise what closers raised, or note it on the exception that is under way."""
        if not failed:
            return
        for fate in failed:
            assert fate.error is not None
            fate.error.add_note(f"while closing {_made(fate)} at the end of scope {self.name!r}")
        stop = next((fate.error for fate in failed if not isinstance(fate.error, Exception)), None)
        told = stop or error
        if told is not None:
            for fate in failed:
                if fate.error is not told:
                    told.add_note(f"at the end of scope {self.name!r}, {_made(fate)}: {fate.reason}")
            if stop is not None:
                raise stop
            return
        things = ", ".join(map(_made, failed))
        raise CloseError(
            f"{len(failed)} of the things of scope {self.name!r} could not be closed: {things}",
            [fate.error for fate in failed if isinstance(fate.error, Exception)],
        )

    # What the program may ask

    def keep(self, thing: _T) -> _T:
        """Leave a thing open at the end of this scope: it is handed to the surrounding one.

        Parameters
        ----------
        thing : object
            A resource made inside; or something that leads to one: an axes or artist to its figure, a container to
            what is in it, an array to the mapping behind it. Outside all scopes it is never closed by Drypoint.

        Returns
        -------
        object
            The thing itself. It costs microseconds, more for large containers.

        Raises
        ------
        ScopeError
            If the scope has ended.

        Examples
        --------
        >>> import drypoint as dp, tempfile
        >>> with dp.scope() as scope:
        ...     kept = scope.keep(tempfile.TemporaryFile())
        ...     other = tempfile.TemporaryFile()
        >>> kept.closed, other.closed
        (False, True)
        >>> kept.close()
        """
        if self._state == _CLOSED:
            raise ScopeError(f"scope {self.name!r} is closed: keep things before it ends")
        from . import keeping

        things = self.resources.things
        if not things:
            return thing
        parts = self.resources.parts()

        def wanted(one: object) -> bool:
            return id(one) in things or id(one) in parts

        outer = self._outer().resources
        for one in keeping.reached(thing, wanted):
            for resource in (things.get(id(one)), parts.get(id(one))):
                if resource is not None and resource.key in things:
                    self._keep(resource, outer)
        return thing

    def _keep(self, resource: Any, outer: Resources) -> None:
        """Hand on one thing with its parts."""
        owned = [key for key, owner in self.resources.parts().items() if owner is resource]
        self.resources.hand(resource, outer)
        self.resources.count("kept", resource.kind)
        for key in owned:
            part = self.resources.things.get(key)
            if part is not None:
                self._keep(part, outer)

    def report(self) -> Report:
        """What was made and what became of it, so far or in all.

        Returns
        -------
        Report
            A dict of plain data with a readable repr; its keys are listed at `Report`.

        Examples
        --------
        >>> import drypoint as dp
        >>> with dp.scope("empty") as scope:
        ...     pass
        >>> scope.report()["made"]
        {}
        """
        return self.tally.report(self.name, self.resources, self._array_numbers())

    def _array_numbers(self) -> dict[str, Any]:
        """Its large arrays so far."""
        if self._arrays is None:
            return {}
        return {**self._arrays.usage(), "budget": self.budget}

    def __repr__(self) -> str:
        state = ("not entered", "open", "closed")[self._state]
        return f"<scope {self.name!r}, {state}, {len(self.resources.things)} things>"


def room() -> int | None:
    """Bytes that the budgets of the scopes here leave; None if there is no budget."""
    scope: Scope | None = constructions.current.get()
    while scope is not None and scope.budget is None:
        scope = scope._parent
    return None if scope is None or scope._arrays is None else scope._arrays.available()


def _made(fate: Fate) -> str:
    """A thing with the line that made it."""
    return f"{fate.kind} made at {fate.place}" if fate.place else fate.kind


def scope(name: str | None = None, budget: str | int | None = None, close: bool = True) -> Scope:
    """Close what is made in a ``with`` block at its end, and take its large arrays from the pool.

    Parameters
    ----------
    name : str, optional
        What reports and errors call it.
    budget : str or int, optional
        The most bytes that NumPy arrays made inside may take at a time, inner scopes included: ``"200MB"``, or a number.
        One that does not fit gets a collection of garbage first, and then a ``MemoryError`` that names what is asked,
        what is free, and the lines that hold most. Arrays below 64 KiB are not counted; `draw` and its like are given
        what is left.
    close : bool
        Close the resources made inside at the end. If False they are only counted and reported.

    Returns
    -------
    Scope
        A context manager, for ``with`` and ``async with``. Entering and leaving costs some tens of microseconds.

    Raises
    ------
    BadArgument
        If the name is no text, the budget none, or `close` neither True nor False.
    HandlerConflict
        On entry, if there is a budget and another library's allocator manages NumPy's memory.

    Examples
    --------
    >>> import drypoint as dp, tempfile
    >>> with dp.scope("letters") as scope:
    ...     file = tempfile.TemporaryFile()
    >>> file.closed
    True
    """
    return Scope(name, budget, close)
