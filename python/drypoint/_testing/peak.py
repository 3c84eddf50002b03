"""By how much memory grew at most.

The system keeps the largest resident size of a process, and Linux lets it begin anew: nothing is missed then, however
short. Where that is not allowed a thread looks often. Arrays are counted besides: where memory of earlier tests is reused
the resident size does not show what a test takes.
"""

from __future__ import annotations

import threading

from .. import _core

__all__ = ["Peak"]

#: Seconds between two looks, where the system does not keep the peak for us.
EVERY = 0.002


class Peak:
    """The largest resident size from now on.

    Attributes
    ----------
    before : int
        Resident bytes at the beginning.
    """

    def __init__(self) -> None:
        _trim()
        self.before = _core.resident_bytes()
        self._highest = self.before
        self._paused = False
        self._stop: threading.Event | None = None
        self._exact = _begin_anew()
        if not self._exact:
            self._stop = threading.Event()
            self._thread = threading.Thread(target=self._look, args=(self._stop,), daemon=True)
            self._thread.start()

    def _look(self, stop: threading.Event) -> None:
        while not stop.wait(EVERY):
            self.note()

    def pause(self) -> None:
        """What follows does not count, until `resume`."""
        self.note()
        self._paused = True

    def resume(self) -> None:
        """What follows counts again."""
        _trim()
        if self._exact:
            _begin_anew()
        self._paused = False

    def note(self) -> None:
        """Take what is known until now into account; to be called before another peak begins."""
        if not self._paused:
            seen = _core.peak_resident_bytes() if self._exact else _core.resident_bytes()
            self._highest = max(self._highest, seen)

    def growth(self) -> int:
        """Bytes from the beginning to the peak; the end of it."""
        self.note()
        if self._stop is not None:
            self._stop.set()
            self._thread.join()
            self._stop = None
        return self._highest - self.before


def _trim() -> None:
    """Have nothing left over from work that is done: it would be reused, and not be seen."""
    _core.trim_pool()
    _core.trim_system()


def _begin_anew() -> bool:
    """Have the system forget the peak that there was."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        return False
    return True
