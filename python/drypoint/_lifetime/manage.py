"""One line for a whole program: reuse, collection by bytes, and a rule for open figures.

There is one process, so there is one set of settings: whoever manages it again with the same ones shares it, and the last
to close turns it off. What NumPy was told for good (its default handler) stays, and passes everything through then.
"""

from __future__ import annotations

import os
import threading

from .. import _arguments, _core
from .._closing import Closing
from .._errors import BadArgument
from . import collection, constructions, figures, release, report, reuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    Reuse = bool | Literal["pool", "system"]

__all__ = ["Manager", "from_environment", "manage"]

VARIABLE = "DRYPOINT_MANAGE"

_lock = threading.Lock()
_active: _Managed | None = None


class _Managed:
    """The settings that hold now, what has to be undone, and how many managers share them."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.managers = 0
        self._undo: list[Any] = []

    def start(self) -> None:
        """Turn everything on, or nothing."""
        settings = self.settings
        try:
            if settings["budget"] is not None:
                before = _core.memory()["budget"]
                _core.set_budget(settings["budget"])
                self._undo.append(lambda: _core.set_budget(str(before)))
            report.start()
            if settings["reuse"] == "pool":
                reuse.install_process()
                reuse.set_process(True)
                self._undo.append(lambda: reuse.set_process(False))
            elif settings["reuse"] == "system":
                _core.prefer_heap(True)
                self._undo.append(lambda: _core.prefer_heap(False))
            if settings["collect"] is not None:
                collection.start(settings["collect"] or None)
                self._undo.append(collection.stop)
            constructions.watch()
            self._undo.append(constructions.unwatch)
            self._undo.append(figures.manage(settings["figures"]))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Undo it, last first."""
        while self._undo:
            self._undo.pop()()
        release.at_scope_end()


class Manager(Closing):
    """What `manage` returns: a context manager, and the way to turn it off.

    Examples
    --------
    >>> import drypoint as dp
    >>> with dp.manage(figures=10) as managed:
    ...     managed.settings["figures"]
    10
    >>> managed.closed
    True
    """

    def __init__(self, managed: _Managed) -> None:
        self._managed: _Managed | None = managed
        self._settings = dict(managed.settings)

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked for: ``budget``, ``reuse``, ``collect`` and ``figures``."""
        return dict(self._settings)

    @property
    def closed(self) -> bool:
        """Whether this one was turned off."""
        return self._managed is None

    def close(self) -> None:
        """Turn it off, unless others still share it. A second call does nothing.

        Arrays that are alive keep their memory; later ones come from NumPy's own allocator again.
        """
        global _active
        with _lock:
            managed, self._managed = self._managed, None
            if managed is None:
                return
            managed.managers -= 1
            if managed.managers == 0:
                _active = None
                managed.stop()

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self._settings.items())
        return f"<drypoint.Manager {told}{', closed' if self.closed else ''}>"


def manage(
    budget: str | int | None = None,
    *,
    reuse: Reuse = True,
    collect: bool | str | int = True,
    figures: str | int | None = None,
) -> Manager:
    """Keep this whole program in flat memory from now on, or inside a ``with`` block.

    Parameters
    ----------
    budget : str or int, optional
        What Drypoint and the arrays of the program may hold together, such as ``"1GB"`` or ``"50%"``. The budget stays as
        it is by default: half of what the process may use, or ``DRYPOINT_MEMORY``.
    reuse : bool or {"pool", "system"}, default True
        True or ``"pool"``: every large NumPy array of every thread takes its memory from the pool, so that a freed buffer
        is the next buffer. ``"system"`` hooks nothing and only tells the C allocator to keep what is freed; then no array
        is counted and no budget guards it. False leaves arrays alone.
    collect : bool, str or int, default True
        Collect garbage when so many bytes came to life since the last time, such as ``"64MB"``; True is an eighth of the
        budget, and at most 256 MB.
    figures : str or int, optional
        How many figures pyplot may keep open (``10``), or how many bytes of them (``"200MB"``); beyond it, the oldest is
        closed as by ``plt.close``. Not limited by default.

    Returns
    -------
    Manager
        Its ``close()`` turns it off, as does the end of its ``with`` block.

    Raises
    ------
    BadArgument
        If an argument cannot be understood, or the process is managed already with other settings.
    BudgetExceeded
        If more than the budget is held now. Nothing is changed then.
    HandlerConflict
        If another memory handler is installed in NumPy. Nothing is changed then.

    See Also
    --------
    scope : Close what a block made.
    each : Close what a turn of a loop made.

    Notes
    -----
    Called again with the same settings, or with none, it shares what is on. It costs a few nanoseconds for each small
    array. Libraries that are imported later are handled as they come. `Page <reuse.md>`_ tells what is seen and what is not.

    Examples
    --------
    >>> import drypoint as dp
    >>> managed = dp.manage("50%", figures="200MB")
    >>> managed.close()
    """
    settings = _settings(budget, reuse, collect, figures)
    global _active
    with _lock:
        managed = _active
        if managed is None:
            managed = _Managed(settings)
            managed.start()
            _active = managed
        elif settings not in (managed.settings, _settings(None, True, True, None)):
            differing = [name for name in settings if settings[name] != managed.settings[name]]
            now = ", ".join(f"{name}={managed.settings[name]!r}" for name in differing)
            asked = ", ".join(f"{name}={settings[name]!r}" for name in differing)
            raise BadArgument(
                f"the process is managed already with {now}, not {asked}; close() that manager first"
            )
        managed.managers += 1
        return Manager(managed)


def from_environment() -> Manager | None:
    """Manage as ``DRYPOINT_MANAGE`` says: ``1``, or settings such as ``budget=1GB,figures=10,reuse=system``."""
    value = os.environ.get(VARIABLE, "").strip()
    if value.lower() in ("", "0", "off", "no", "false"):
        return None
    return manage(**parse(value))


def parse(value: str) -> dict[str, Any]:
    """The settings that ``DRYPOINT_MANAGE`` holds."""
    if value.lower() in ("1", "on", "yes", "true"):
        return {}
    settings: dict[str, Any] = {}
    for part in value.split(","):
        name, equals, text = (piece.strip() for piece in part.partition("="))
        if not equals or name not in ("budget", "reuse", "collect", "figures"):
            raise BadArgument(
                f"the environment variable {VARIABLE}: {part.strip()!r} is no setting; expected 1, or budget=, reuse=, "
                "collect= and figures= with commas between"
            )
        words = {"on": True, "off": False, "true": True, "false": False}
        settings[name] = words.get(text.lower(), text) if name in ("reuse", "collect") else text
        if name == "figures" and text.isdigit():
            settings[name] = int(text)
    return settings


def _settings(
    budget: str | int | None, reuse: Reuse, collect: bool | str | int, limit: str | int | None
) -> dict[str, Any]:
    """The arguments checked, each in one form."""
    if reuse is True:
        reuse = "pool"
    elif reuse is not False:
        _arguments.choice(reuse, "reuse", ["pool", "system"])
    threshold: int | None = 0
    if collect is False:
        threshold = None
    elif collect is not True:
        threshold = _core.parse_budget(_arguments.budget(collect, "collect"))
    return {
        "budget": _arguments.optional(_arguments.budget, budget, "budget"),
        "reuse": reuse,
        "collect": threshold,
        "figures": figures.limit(limit),
    }
