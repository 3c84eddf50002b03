"""Imports of ours in the process of somebody's program.

The folder of a program comes first on its path, and programs have files such as ``statistics.py`` or ``html.py``. Python
then takes them for its own everywhere in that process. What is imported to tell of a program, at its end, must not be
these: they would run as if the program had asked for them, and give nothing of what is needed.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["OwnImports"]


class OwnImports:
    """While it is entered, the standard library is Python's own. Made before the program is prepared."""

    def __init__(self) -> None:
        self._path = sys.path[:] if sys.flags.safe_path else sys.path[1:]
        self._path_of_program: list[str] = []
        self._hidden: dict[str, ModuleType] = {}

    def __enter__(self) -> None:
        folders = [os.path.abspath(folder) + os.sep for folder in sys.path if folder not in self._path]
        self._path_of_program = sys.path[:]
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if name.partition(".")[0] not in sys.stdlib_module_names or not isinstance(file, str):
                continue
            if any(os.path.abspath(file).startswith(folder) for folder in folders):
                self._hidden[name] = sys.modules.pop(name)
        sys.path[:] = self._path

    def __exit__(self, *failure: object) -> None:
        sys.path[:] = self._path_of_program
        sys.modules.update(self._hidden)
        self._hidden.clear()
