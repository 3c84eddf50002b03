"""Modules that are imported when something of them is asked for.

A Zarr image is opened and drawn without NumPy, which would be a third of a process of 64 MB.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Late"]


class Late:
    """Stands for a module, as a global name of the files that use it seldom or late: ``np = Late("numpy")``."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(importlib.import_module(self._module), name)
        setattr(self, name, value)  # so that it is not looked for again
        return value
