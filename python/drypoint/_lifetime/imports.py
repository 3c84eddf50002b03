"""An action right after a module is imported by the program, without importing it ourselves.

A finder at the head of ``sys.meta_path`` knows the few names that are waited for and leaves all others alone. For those
it asks the other finders, as the import system would, and stands before the loader until the module has run; by then
the module shows its own loader again. A reload runs the actions anew.
"""

from __future__ import annotations

import sys
from _thread import RLock, _local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

__all__ = ["after_import", "forget"]

_lock = RLock()
_actions: dict[str, list[Callable[[ModuleType], None]]] = {}
_under_way = _local()


def after_import(module: str, action: Callable[[ModuleType], None]) -> None:
    """Run an action now if the module is imported, and after each time that it is imported or reloaded.

    Parameters
    ----------
    module : str
        The full name of the module, such as ``"PIL.Image"``.
    action : callable
        Called with the module. One action is kept once for each module, however often it is given.
    """
    with _lock:
        actions = _actions.setdefault(module, [])
        if action not in actions:
            actions.append(action)
        if _FINDER not in sys.meta_path:
            sys.meta_path.insert(0, _FINDER)
    found = sys.modules.get(module)
    if found is not None and module not in _names_under_way():
        action(found)


def forget(module: str, action: Callable[[ModuleType], None]) -> None:
    """Run an action no more."""
    with _lock:
        actions = _actions.get(module, [])
        if action in actions:
            actions.remove(action)
        if not actions:
            _actions.pop(module, None)
        if not _actions and _FINDER in sys.meta_path:
            sys.meta_path.remove(_FINDER)


def _names_under_way() -> set[str]:
    """The awaited modules that this thread is importing now."""
    try:
        return _under_way.names  # type: ignore[no-any-return]
    except AttributeError:
        _under_way.names = set()
        return _under_way.names  # type: ignore[no-any-return]


class _Finder:
    """Finds nothing by itself: what others found for an awaited name gets a loader that runs the actions."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _actions or name in _names_under_way():
            return None
        # A package may import a compiled module of its own name while it runs, as cv2 does: only the outer one counts.
        _names_under_way().add(name)
        try:
            for finder in sys.meta_path:
                find = getattr(finder, "find_spec", None)
                spec: ModuleSpec | None = None if finder is self or find is None else find(name, path, target)
                if spec is not None:
                    if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                        spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
                    return spec
        finally:
            _names_under_way().discard(name)
        return None


class _Loader:
    """Stands before a loader until its module runs."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        loader = self._loader
        spec = module.__spec__
        if spec is not None and getattr(spec, "loader", None) is self:
            spec.loader = loader
        if getattr(module, "__loader__", None) is self:
            module.__loader__ = loader
        name = module.__name__
        nested = name in _names_under_way()
        _names_under_way().add(name)
        try:
            loader.exec_module(module)
        finally:
            if not nested:
                _names_under_way().discard(name)
        if not nested:
            for action in list(_actions.get(name, ())):
                action(sys.modules.get(name, module))


_FINDER: Any = _Finder()
