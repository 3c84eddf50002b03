"""Types whose instances can be open: how that is seen, what it costs, and how a program closes them.

A cure names a context manager, or a scope, only where the type has one: advice that does nothing is worse than none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from .._lifetime import closers

__all__ = ["OPENABLE", "Openable", "imported"]


class Openable(NamedTuple):
    """A type of which instances can be open.

    Attributes
    ----------
    module, name : str
        Where it is, in a program that has imported it.
    is_open : callable
        Whether one is.
    what : str
        What each keeps open.
    call : str
        The call that closes one; empty where only the last reference does.
    ends : str
        What that does: ``"closes"`` one.
    left : str
        What those are that are open: ``"not closed"``.
    scoped : bool
        Whether scopes see that one is made, if they can close it at all.
    """

    module: str
    name: str
    is_open: Callable[[Any], bool]
    what: str
    call: str
    ends: str = "closes"
    left: str = "not closed"
    scoped: bool = True

    def has_open(self, thing: Any) -> bool:
        """Whether a thing of this type is open."""
        try:
            return self.is_open(thing)
        except Exception:  # half made, or of another version of its library: not known to be open
            return False

    def cure(self, type: type) -> str:
        """How such things are closed, as a sentence.

        Parameters
        ----------
        type : type
            That of the thing: some versions of a library have context managers, and others have none.
        """
        ways = ["a with statement"] if hasattr(type, "__enter__") else []
        if self.scoped and closers.find(type) is not None:
            ways.append(f"dp.scope(), which {self.ends} it at its end")
        use = f", or use {' or '.join(ways)}" if ways else ""
        if self.call:
            return f"Call {self.call} when it is done with{use}."
        return f"Open one and slice it, or let go of each after its use (del){use}."


def _is_map(array: Any) -> bool:
    mapping = getattr(array, "_mmap", None)
    return mapping is not None and not mapping.closed and type(array.base) is not type(array)


#: The first that a thing is one of tells.
OPENABLE = (
    Openable(
        "PIL.Image", "Image", lambda it: getattr(it, "fp", None) is not None, "an open file", "image.close()"
    ),
    Openable("numpy.lib.npyio", "NpzFile", lambda it: it.zip is not None, "an open file", "archive.close()"),
    Openable("numpy", "memmap", _is_map, "a mapping and an open file", ""),
    Openable(
        "cv2",
        "VideoCapture",
        lambda it: it.isOpened(),
        "a decoder and an open file",
        "capture.release()",
        ends="releases",
        left="not released",
    ),
    Openable(
        "cv2",
        "VideoWriter",
        lambda it: it.isOpened(),
        "an encoder and an open file",
        "writer.release()",
        ends="releases",
        left="not released",
    ),
    Openable("h5py", "File", bool, "an open file", "file.close()"),
    Openable(
        "multiprocessing.shared_memory",
        "SharedMemory",
        lambda it: it._mmap is not None,
        "a mapped segment",
        "segment.close()",
    ),
    Openable("mmap", "mmap", lambda it: not it.closed, "a mapping", "mapping.close()"),
    Openable("zipfile", "ZipFile", lambda it: it.fp is not None, "an open file", "archive.close()"),
    Openable(
        "tempfile", "_TemporaryFileWrapper", lambda it: not it.file.closed, "an open file", "file.close()"
    ),
    Openable("socket", "socket", lambda it: it.fileno() != -1, "an open socket", "connection.close()"),
    # Scopes close those that `tempfile` makes; they do not see `open`.
    Openable("io", "FileIO", lambda it: not it.closed, "an open file", "file.close()", scoped=False),
    Openable(
        "subprocess",
        "Popen",
        lambda it: it.returncode is None,
        "a running process",
        "process.wait()",
        ends="waits for",
        left="not waited for",
    ),
)


def imported() -> list[tuple[type, Openable]]:
    """Those of the libraries that the program has imported, with the type itself."""
    found = []
    for one in OPENABLE:
        kind = getattr(sys.modules.get(one.module), one.name, None)
        if isinstance(kind, type):
            found.append((kind.__dict__.get("_stands_for", kind), one))
    return found
