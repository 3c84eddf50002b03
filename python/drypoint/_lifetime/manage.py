"""One line for a whole program: arrays are reused, garbage goes by its bytes, figures that nobody holds go at once.

There is one process, so there is one set of settings: whoever manages it again with the same ones shares it, and the last
to close turns it off.
"""

from __future__ import annotations

import os
from _thread import RLock

from .. import _arguments, _core
from .._closing import Closing
from .._errors import BadArgument
from . import constructions, reuse
from .open_figures import FigureRule
from .release import at_scope_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

__all__ = ["REUSES", "VARIABLE", "Manager", "from_environment", "manage", "setting"]

VARIABLE = "DRYPOINT_MANAGE"
ON, OFF = ("1", "on", "yes", "true"), ("", "0", "off", "no", "false")

_lock = RLock()
_active: _Managed | None = None


#: What holds where nothing is said.
DEFAULTS: dict[str, Any] = {"budget": None, "figures": None, "reuse": "pool", "collect": True}
REUSES = ("pool", "system", "none")


class _Managed:
    """The settings that hold now, what has to be undone, and how many managers share them."""

    def __init__(self, settings: dict[str, Any], rule: FigureRule | None) -> None:
        self.settings = settings
        self.managers = 0
        self._undo: list[Callable[[], object]] = []
        try:
            self._begin(settings, rule)
        except BaseException:
            self.stop()
            raise

    def _begin(self, settings: dict[str, Any], rule: FigureRule | None) -> None:
        if settings["reuse"] == "pool":
            reuse.pool_process(True)
            self._undo.append(lambda: reuse.pool_process(False))
        elif settings["reuse"] == "system":
            _core.prefer_heap(True)
            self._undo.append(lambda: _core.prefer_heap(False))
        if settings["budget"] is not None:
            before = _core.memory()["budget"]
            budget = _core.set_budget(str(settings["budget"]))
            self._undo.append(lambda: _core.set_budget(str(before)))
            _core.count_arrays(True)
            self._undo.append(lambda: _core.count_arrays(False))
        else:
            budget = _core.memory()["budget"]
        growth = settings["collect"]
        reuse.collect((reuse.step_for(budget) if growth is True else growth) or None)
        self._undo.append(reuse.collect_as_before)
        if rule is not None:
            rule.install()
            self._undo.append(rule.remove)
        constructions.watch()
        self._undo.append(constructions.unwatch)

    def stop(self) -> None:
        """Undo it, last first."""
        try:
            while self._undo:
                self._undo.pop()()
        finally:
            if self._undo:
                self.stop()  # what one of them raises does not keep the others from being undone
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
        """What was asked for: ``budget``, ``figures``, ``reuse`` and ``collect``."""
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
    budget: str | int | None = None,
    *,
    figures: str | int | None = None,
    reuse: Literal["pool", "system"] | None = "pool",
    collect: bool | str | int = True,
) -> Manager:
    """Look after this whole program from now on, or inside a ``with`` block, without scopes.

    Large NumPy arrays of all threads, OpenCV's results among them, take the memory of those that went before. Garbage is
    collected when the arrays that are alive have grown by so many bytes. Figures that were closed, or dropped without
    being closed, are freed when nothing holds them any more. What is made is counted for `report`.

    Parameters
    ----------
    budget : str or int, optional
        The most bytes that Drypoint's own work and all arrays of 64 KiB and more may take together: ``"1GB"``, ``"50%"``
        of what the process may use, or a number. An array that does not fit gets a collection of garbage first, and then
        a ``MemoryError`` that names what is asked, what is free, and the lines that hold most. Without it arrays are not
        limited.
    figures : str or int, optional
        How many figures pyplot may keep open (``10``), or how many bytes of them (``"200MB"``); beyond it, the one that
        was current longest ago is closed as by ``plt.close``. Not limited by default.
    reuse : {"pool", "system"}, optional
        Where large arrays come from. ``"pool"``: from Drypoint's pool, behind NumPy's allocator hook. ``"system"``: from
        the C library, which is told to keep large blocks that are freed; nothing is hooked, nothing is counted, and such
        memory stays with the process until `release`. None: from where they come anyway.
    collect : bool, str or int
        Collect garbage by bytes: after a growth of an eighth of the budget (16 MB to 256 MB), or of so many bytes.
        ``gc.disable()`` is respected but at the budget. Needs ``reuse="pool"`` to see arrays.

    Returns
    -------
    Manager
        Its ``close()`` turns it off, as does the end of its ``with`` block. Then new arrays come from NumPy's own
        allocator again; those that are alive go back to the pool when they die.

    Raises
    ------
    BadArgument
        If an argument cannot be understood, or the process is managed already with other settings.
    BudgetExceeded
        If more than the budget is held already.
    HandlerConflict
        If another library's allocator manages NumPy's memory.

    See Also
    --------
    scope : Close what a block made.
    each : Close what a turn of a loop made.
    buffer_stats : Whether memory is reused.

    Notes
    -----
    Called again with the same settings, or with none, it shares what is on. Libraries that are imported later are handled
    as they come. Where the C library is not glibc, ``reuse="system"`` changes nothing.

    Examples
    --------
    >>> import drypoint as dp
    >>> managed = dp.manage("2GB", figures="200MB")
    >>> managed.close()
    """
    rule = None if figures is None else FigureRule(figures)
    if reuse is not None:
        _arguments.choice(reuse, "reuse", REUSES[:2])
    settings: dict[str, Any] = {
        "budget": _arguments.optional(_arguments.bytes_of, budget, "budget"),
        "figures": figures,
        "reuse": reuse,
        "collect": _growth(collect),
    }
    if budget is not None and reuse != "pool":
        raise BadArgument(f"a budget needs reuse='pool', which sees the arrays, not {reuse!r}")
    global _active
    with _lock:
        managed = _active
        if managed is None:
            managed = _active = _Managed(settings, rule)
        elif settings not in (managed.settings, DEFAULTS):
            differing = [name for name in settings if settings[name] != managed.settings[name]]
            now = ", ".join(f"{name}={managed.settings[name]!r}" for name in differing)
            asked = ", ".join(f"{name}={settings[name]!r}" for name in differing)
            raise BadArgument(
                f"the process is managed already with {now}, not {asked}; close() that manager first"
            )
        managed.managers += 1
        return Manager(managed)


def _growth(collect: Any) -> bool | int:
    """Whether to collect by bytes, or after how many."""
    if isinstance(collect, str | int) and not isinstance(collect, bool):
        return _arguments.bytes_of(collect, "collect")
    if isinstance(collect, bool):
        return collect
    raise BadArgument(f"collect must be True, False or bytes such as '100MB', not {collect!r}")


def from_environment() -> Manager | None:
    """Manage as ``DRYPOINT_MANAGE`` says: ``1``, or settings such as ``budget=1GB,figures=10``."""
    value = os.environ.get(VARIABLE, "").strip()
    if value.lower() in OFF:
        return None
    return manage(**parse(value))


def parse(value: str) -> dict[str, Any]:
    """The settings that ``DRYPOINT_MANAGE`` holds."""
    if value.lower() in ON:
        return {}
    settings: dict[str, Any] = {}
    for part in value.split(","):
        name, equals, text = (piece.strip() for piece in part.partition("="))
        if not equals or name not in DEFAULTS:
            *most, last = (f"{known}=" for known in DEFAULTS)
            raise BadArgument(
                f"the environment variable {VARIABLE}: {part.strip()!r} is no setting; expected 1, or "
                f"{', '.join(most)} and {last} with commas between"
            )
        settings[name] = setting(name, text)
    return settings


def setting(name: str, text: str) -> Any:
    """A setting as it is typed: counts have digits only, and words stand for what is no number."""
    if name == "figures":
        return int(text) if text.isdecimal() else text
    if name == "reuse":
        _arguments.choice(text, "reuse", REUSES)
        return None if text == "none" else text
    if name == "collect" and text.lower() in (*ON, *OFF):
        return text.lower() in ON
    return text
