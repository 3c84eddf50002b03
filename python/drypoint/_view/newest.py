"""Requests of pages, of which only the newest of each page is of interest: the others are dropped or stopped.

The thread exists while there is something to do, so that a view which nobody moves has none.
"""

from __future__ import annotations

from contextlib import suppress
from contextvars import copy_context
from threading import Lock, Thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Newest", "Outdated"]


class Outdated(Exception):
    """Raised in the midst of work that nobody waits for any more."""


class Newest:
    """Runs the newest request of each page, one after the other, in a thread of its own.

    Parameters
    ----------
    run : callable
        Called with the page and its request. What it raises must be handled in it, but for `Outdated`.
    """

    def __init__(self, run: Callable[[str, Any], object]) -> None:
        self._run = run
        self._lock = Lock()
        self._waiting: dict[str, Any] = {}
        self._thread: Thread | None = None
        self._running: str | None = None
        self._ended = False

    def put(self, page: str, request: Any) -> None:
        """Let this be what the page wants; what it wanted before is forgotten."""
        with self._lock:
            if self._ended:
                return
            self._waiting.pop(page, None)  # the others were there before
            self._waiting[page] = request
            if self._thread is None:
                context = copy_context()  # the budgets of scopes are known there
                self._thread = Thread(
                    target=context.run, args=(self._work,), name="drypoint-view", daemon=True
                )
                self._thread.start()

    def check(self) -> None:
        """Raise `Outdated` if the page that is worked for wants something else by now, or all has ended."""
        with self._lock:
            if self._ended or self._running in self._waiting:
                raise Outdated

    def forget(self, page: str) -> None:
        """The page has gone."""
        with self._lock:
            self._waiting.pop(page, None)

    def end(self) -> None:
        """Drop all requests; work in progress is stopped where it looks at `check`."""
        with self._lock:
            self._ended = True
            self._waiting.clear()

    def join(self, seconds: float | None = None) -> bool:
        """Wait until nothing is left to do; whether that came to pass in time."""
        thread = self._thread
        if thread is None:
            return True
        thread.join(seconds)
        return not thread.is_alive()

    def _work(self) -> None:
        try:
            while (request := self._next()) is not None:
                with suppress(Outdated):
                    self._run(*request)
                del request
        except BaseException:
            with self._lock:
                self._thread = None
            raise

    def _next(self) -> tuple[str, Any] | None:
        """What to run; None, and no thread any more, if there is nothing."""
        with self._lock:
            self._running = next(iter(self._waiting), None)
            if self._ended or self._running is None:
                self._thread = None
                return None
            return self._running, self._waiting.pop(self._running)
