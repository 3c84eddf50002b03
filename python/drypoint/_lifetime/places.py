"""The line of the program's own code that made something: not a library's, and not ours.

A thing is made deep inside a library; the line a person can change is the innermost one that is neither in the standard
library, nor in an installed package, nor here. Looked for at each construction, so what is known of a file is remembered.
"""

from __future__ import annotations

import sys
from os import path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

__all__ = ["place"]

#: Frames walked at most, and code objects remembered at most.
DEEPEST, MOST = 60, 4096

_OURS = path.dirname(path.dirname(__file__)) + path.sep
_STANDARD = path.dirname(path.realpath(path.__file__)) + path.sep
_INSTALLED = tuple(f"{path.sep}{name}{path.sep}" for name in ("site-packages", "dist-packages"))

_known: dict[CodeType, bool] = {}


def place() -> str | None:
    """Where the program is, as ``"app.py:12 in draw"``; None if no line of its own is near."""
    frame = sys._getframe(1)
    for _ in range(DEEPEST):
        code = frame.f_code
        own = _known.get(code)
        if own is None:
            if len(_known) >= MOST:
                _known.clear()
            own = _known[code] = _is_own(code.co_filename)
        if own:
            name = "" if code.co_name == "<module>" else f" in {code.co_name}"
            return f"{path.basename(code.co_filename)}:{frame.f_lineno}{name}"
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return None


def _is_own(filename: str) -> bool:
    """Whether a file is of the program itself."""
    if filename.startswith("<"):
        return filename in ("<stdin>", "<string>") or filename.startswith("<ipython-input")
    if filename.startswith(_OURS) or any(part in filename for part in _INSTALLED):
        return False
    return not path.realpath(filename).startswith(_STANDARD)
