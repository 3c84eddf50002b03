"""One line for a whole program: figures that nobody holds go at once, and open ones can be limited.

There is one process, so there is one set of settings: whoever manages it again with the same ones shares it, and the last
to close turns it off.
"""

from __future__ import annotations

import os
from _thread import RLock

from .. import _arguments, _core
from .._closing import Closing
from .._errors import BadArgument
from . import constructions
from .open_figures import FigureRule
from .release import at_scope_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

__all__ = ["VARIABLE", "Manager", "from_environment", "limit", "manage"]

VARIABLE = "DRYPOINT_MANAGE"

_lock = RLock()
_active: _Managed | None = None


class _Managed:
    """The settings that hold now, what has to be undone, and how many managers share them."""

    def __init__(self, settings: dict[str, Any], rule: FigureRule | None) -> None:
        self.settings = settings
        self.managers = 0
        self._undo: list[Callable[[], object]] = []
        constructions.watch()
        self._undo.append(constructions.unwatch)
        if rule is not None:
            rule.install()
            self._undo.append(rule.remove)
        if settings["reuse"] == "system":
            _core.prefer_heap(True)
            self._undo.append(lambda: _core.prefer_heap(False))

    def stop(self) -> None:
        """Undo it, last first."""
        while self._undo:
            self._undo.pop()()
        at_scope_end()


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
        """What was asked for: ``figures`` and ``reuse``."""
        return dict(self._settings)

    @property
    def closed(self) -> bool:
        """Whether this one was turned off."""
        return self._managed is None

    def close(self) -> None:
        """Turn it off, unless others still share it. A second call does nothing."""
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
    *,
    figures: str | int | None = None,
    reuse: Literal["system"] | None = None,
) -> Manager:
    """Look after this whole program from now on, or inside a ``with`` block, without scopes.

    Figures that were closed, or dropped without being closed, are freed when nothing holds them any more, and not when
    the garbage collector comes by; what is made is counted for `report`.

    Parameters
    ----------
    figures : str or int, optional
        How many figures pyplot may keep open (``10``), or how many bytes of them (``"200MB"``); beyond it, the one that
        was current longest ago is closed as by ``plt.close``. Not limited by default.
    reuse : {"system"}, optional
        Tell the C allocator to keep large blocks that are freed, so that the next ones find their pages there. Nothing
        is hooked. Such memory stays with the process until `release`. By default the allocator is left as it is.

    Returns
    -------
    Manager
        Its ``close()`` turns it off, as does the end of its ``with`` block.

    Raises
    ------
    BadArgument
        If an argument cannot be understood, or the process is managed already with other settings.

    See Also
    --------
    scope : Close what a block made.
    each : Close what a turn of a loop made.

    Notes
    -----
    Called again with the same settings, or with none, it shares what is on. Libraries that are imported later are handled
    as they come. Where the C library is not glibc, ``reuse="system"`` changes nothing.

    Examples
    --------
    >>> import drypoint as dp
    >>> managed = dp.manage(figures="200MB")
    >>> managed.close()
    """
    rule = None if figures is None else FigureRule(figures)
    if reuse is not None:
        _arguments.choice(reuse, "reuse", ["system"])
    settings = {"figures": figures, "reuse": reuse}
    global _active
    with _lock:
        managed = _active
        if managed is None:
            managed = _active = _Managed(settings, rule)
        elif settings not in (managed.settings, {"figures": None, "reuse": None}):
            differing = [name for name in settings if settings[name] != managed.settings[name]]
            now = ", ".join(f"{name}={managed.settings[name]!r}" for name in differing)
            asked = ", ".join(f"{name}={settings[name]!r}" for name in differing)
            raise BadArgument(
                f"the process is managed already with {now}, not {asked}; close() that manager first"
            )
        managed.managers += 1
        return Manager(managed)


def from_environment() -> Manager | None:
    """Manage as ``DRYPOINT_MANAGE`` says: ``1``, or settings such as ``figures=10,reuse=system``."""
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
        if not equals or name not in ("figures", "reuse"):
            raise BadArgument(
                f"the environment variable {VARIABLE}: {part.strip()!r} is no setting; expected 1, or figures= "
                "and reuse= with a comma between"
            )
        settings[name] = limit(text) if name == "figures" else text
    return settings


def limit(text: str) -> str | int:
    """A limit on figures as it is typed: a count if it has digits only."""
    return int(text) if text.isdecimal() else text
