"""What IPython keeps of past outputs, and letting it go.

An output is held by ``Out``, by ``_3``, for a while by ``_``, ``__`` and ``___``, by a hidden copy of these names, by the
hook that shows results and by the result of the last run. A name that the program has taken for itself is the program's:
only names that still mean the output are IPython's, and only those go.
"""

from __future__ import annotations

import re
from sys import getsizeof

from .._report.growth import held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .. import _core

__all__ = ["Outputs"]

_RECENT = ("_", "__", "___")
_NUMBERED = re.compile(r"_\d+")
_NOTHING = object()


class Outputs:
    """The past outputs of a shell.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
        The shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def _names(self) -> dict[str, Any]:
        """IPython's own names that mean an output."""
        names, hidden, hook = self._shell.user_ns, self._shell.user_ns_hidden, self._shell.displayhook
        found = {}
        out = names.get("_oh") or {}
        for name, value in names.items():
            if name in _RECENT:
                own = hidden.get(name, getattr(hook, name, "")) is value or getattr(hook, name, "") is value
            elif isinstance(name, str) and _NUMBERED.fullmatch(name):
                own = hidden.get(name, _NOTHING) is value or out.get(int(name[1:]), _NOTHING) is value
            else:
                continue
            if own and not (type(value) is str and not value):
                found[name] = value
        return found

    def things(self) -> dict[int, tuple[Any, list[str]]]:
        """Each output that is kept, by its identity, with the names by which IPython keeps it."""
        found: dict[int, tuple[Any, list[str]]] = {}
        for number, value in list((self._shell.user_ns.get("_oh") or {}).items()):
            found.setdefault(id(value), (value, []))[1].append(f"Out[{number}]")
        for name, value in self._names().items():
            found.setdefault(id(value), (value, []))[1].append(name)
        for name, value in list(
            self._shell.user_ns_hidden.items()
        ):  # what left Out because it was full is here still
            if _NUMBERED.fullmatch(str(name)) and id(value) not in found:
                found[id(value)] = value, [f"{name} (hidden)"]
        return found

    def rows(self, heap: _core.Heap, named: list[str]) -> list[dict[str, Any]]:
        """What is kept, largest first: ``names``, ``type``, ``bytes`` that it retains, ``also``: who else holds it."""
        from .._report.names import kind_name

        but = self._keepers()
        own = self._names()
        rows: list[dict[str, Any]] = []
        for value, names in self.things().values():
            size, ways = held(heap, named, value, but)
            size = size or getsizeof(value)
            also = [
                name
                for name, other in self._shell.user_ns.items()
                if other is value and name not in own and isinstance(name, str)
            ]
            rows.append(
                {
                    "names": names,
                    "type": kind_name(type(value)),
                    "bytes": size,
                    "also": next(iter(also + ways), None),
                }
            )
        return sorted(rows, key=lambda row: (-row["bytes"], row["names"]))

    def _keepers(self) -> set[int]:
        """Identities of what holds outputs for IPython."""
        shell = self._shell
        last = shell.last_execution_result
        holders = [shell.user_ns, shell.user_ns_hidden, shell.user_ns.get("_oh"), shell.displayhook, last]
        holders += [vars(one) for one in (shell.displayhook, last) if one is not None]
        return {id(one) for one in holders if one is not None}

    def let_go(self) -> int:
        """Drop all that is kept; how many outputs that were."""
        shell = self._shell
        count = len(self.things())
        own = self._names()
        for name in own:
            if name in _RECENT:
                shell.user_ns[name] = ""
            else:
                del shell.user_ns[name]
        own.clear()
        for name in [one for one in shell.user_ns_hidden if _NUMBERED.fullmatch(str(one))]:
            del shell.user_ns_hidden[name]
        for name in _RECENT:
            if name in shell.user_ns_hidden:
                shell.user_ns_hidden[name] = ""
            setattr(shell.displayhook, name, "")
        out = shell.user_ns.get("_oh")
        if out is not None:
            out.clear()
        if shell.last_execution_result is not None:
            shell.last_execution_result.result = None
        return count
