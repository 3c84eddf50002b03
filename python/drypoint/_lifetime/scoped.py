"""A scope around each call of a function.

A generator or a coroutine has its scope current only while its own body runs: in between, the context is the caller's.
What leaves the function, returned or yielded, is kept: it is the caller's.
"""

from __future__ import annotations

from .. import _arguments
from .._errors import BadArgument
from .scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["scoped"]

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200


def scoped(
    function: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    budget: str | int | None = None,
    close: bool = True,
) -> Any:
    """Run a function in a scope of its own, each time that it is called.

    Parameters
    ----------
    function : callable, optional
        A function, method, coroutine function, generator or asynchronous generator. Without it, as in
        ``@dp.scoped(name="page")``, a decorator comes back.
    name : str, optional
        What reports and errors call the scopes; the name of the function if not given.
    budget : str or int, optional
        The most bytes that the arrays of a call may take at a time, as in `scope`.
    close : bool
        Close what a call made at its end, but for what it returns or yields.

    Returns
    -------
    callable
        The function with the same signature, or the decorator.

    Raises
    ------
    BadArgument
        If it is no function, or the budget is none.

    Examples
    --------
    >>> import drypoint as dp, tempfile
    >>> notes = []
    >>> @dp.scoped
    ... def write():
    ...     notes.append(tempfile.TemporaryFile())
    ...     return tempfile.TemporaryFile()
    >>> page = write()
    >>> notes[0].closed, page.closed
    (True, False)
    >>> page.close()
    """
    if name is not None:
        _arguments.text(name, "name")
    limit = _arguments.optional(_arguments.bytes_of, budget, "budget")
    close = _arguments.flag(close, "close")

    def decorate(function: Any) -> Any:
        if isinstance(function, staticmethod | classmethod):
            return type(function)(decorate(function.__func__))
        if not callable(function) or isinstance(function, type):
            raise BadArgument(f"function must be a function, method or coroutine function, not {function!r}")
        title = str(name or getattr(function, "__qualname__", "scoped"))
        return _decorated(function, title, limit, close)

    return decorate if function is None else decorate(function)


def _decorated(function: Any, name: str, budget: int | None, close: bool) -> Any:
    from functools import partial, wraps

    inner = function
    while isinstance(inner, partial):
        inner = inner.func
    code = getattr(getattr(inner, "__func__", inner), "__code__", None)
    flags = 0 if code is None else code.co_flags

    if flags & _ASYNC_GENERATOR:

        @wraps(function)
        async def stream(*args: Any, **kwargs: Any) -> Any:
            scope = Scope(name, budget, close)
            scope._open()
            body = function(*args, **kwargs)
            error: BaseException | None = None
            try:
                step: Any = _Steps(scope, body.__anext__())
                while True:
                    try:
                        item = scope.keep(await step)
                    except StopAsyncIteration:
                        break
                    try:
                        sent = yield item
                    except GeneratorExit:
                        raise
                    except BaseException as thrown:
                        step = _Steps(scope, body.athrow(thrown))
                    else:
                        step = _Steps(scope, body.asend(sent))
            except BaseException as raised:
                error = raised
                if isinstance(raised, GeneratorExit):
                    await _Steps(scope, body.aclose())
                raise
            finally:
                scope._end(error)

        return stream

    if flags & _COROUTINE:

        @wraps(function)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            scope = Scope(name, budget, close)
            scope._open()
            error: BaseException | None = None
            try:
                return scope.keep(await _Steps(scope, function(*args, **kwargs)))
            except BaseException as raised:
                error = raised
                raise
            finally:
                scope._end(error)

        return coroutine

    if flags & _GENERATOR:

        @wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Any:
            scope = Scope(name, budget, close)
            scope._open()
            error: BaseException | None = None
            try:
                return scope.keep((yield from _driven(scope, function(*args, **kwargs), scope.keep)))
            except BaseException as raised:
                error = raised
                raise
            finally:
                scope._end(error)

        return generator

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with Scope(name, budget, close) as scope:
            return scope.keep(function(*args, **kwargs))

    return call


class _Steps:
    """An awaitable that runs another one with a scope current only while it runs."""

    def __init__(self, scope: Scope, awaitable: Any) -> None:
        self._scope = scope
        self._awaitable = awaitable

    def __await__(self) -> Any:
        return _driven(self._scope, self._awaitable, lambda item: item)


def _driven(scope: Scope, body: Any, handed: Callable[[Any], Any]) -> Any:
    """Run a generator or coroutine step by step, inside the scope; what it yields is passed out, outside."""
    advance, given = body.send, None
    while True:
        scope._step_in()
        try:
            item = advance(given)
        except StopIteration as end:
            return end.value
        finally:
            slip = scope._step_out()
            if slip is not None:
                raise slip
        item = handed(item)
        try:
            given = yield item
            advance = body.send
        except GeneratorExit:
            scope._step_in()
            try:
                body.close()
            finally:
                scope._step_out()
            raise
        except BaseException as thrown:
            given, advance = thrown, body.throw
