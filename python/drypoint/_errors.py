"""Everything Drypoint raises on purpose. Each kind is also the built-in kind that a caller would expect to catch."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BadArgument",
    "BadValue",
    "BudgetExceeded",
    "CloseError",
    "ClosedError",
    "CorruptData",
    "DrypointError",
    "EmptyData",
    "FigureClosed",
    "HandlerConflict",
    "MissingColumn",
    "NotNumeric",
    "OutputError",
    "SchemaMismatch",
    "ScopeError",
    "SourceNotFound",
    "UnknownFormat",
    "UnsupportedData",
]


class DrypointError(Exception):
    """Base of all errors that Drypoint raises on purpose."""


class BudgetExceeded(DrypointError, MemoryError):
    """Work that the budget cannot hold; refused before it started, nothing was changed.

    Attributes
    ----------
    consumer : str
        Who asked.
    requested, available, limit : int
        Bytes asked for, bytes that were free, and the budget in bytes.
    holders : list of (str, int)
        The five largest holders and their bytes, largest first.
    """

    def __init__(
        self,
        message: str,
        consumer: str = "",
        requested: int = 0,
        available: int = 0,
        limit: int = 0,
        holders: list[tuple[str, int]] | None = None,
    ) -> None:
        super().__init__(message)
        self.consumer = consumer
        self.requested = requested
        self.available = available
        self.limit = limit
        self.holders = holders or []


class HandlerConflict(DrypointError, RuntimeError):
    """Another library's allocator manages NumPy's memory, so Drypoint's cannot."""


class MissingColumn(DrypointError, KeyError):
    """A column that the source does not have.

    Attributes
    ----------
    name : str
        The name that was asked for.
    nearest : str or None
        The column most like it.
    available : list of str
        The columns there are.
    """

    def __init__(
        self, message: str, name: str = "", nearest: str | None = None, available: list[str] | None = None
    ) -> None:
        super().__init__(message)
        self.name = name
        self.nearest = nearest
        self.available = available or []

    def __str__(self) -> str:  # KeyError shows the repr of its message
        return str(self.args[0])


class SourceNotFound(DrypointError, FileNotFoundError):
    """No file at that path or of that pattern, or one that the system does not let us read."""


class UnknownFormat(DrypointError, ValueError):
    """A file or an object of a kind that cannot be told, or an extension that cannot be written."""


class CorruptData(DrypointError, ValueError):
    """Bytes that are not what their format promises: truncated, altered, or never finished."""


class UnsupportedData(DrypointError, TypeError):
    """A known format used in a way that Drypoint does not read, such as a nested column."""


class BadValue(DrypointError, ValueError):
    """A value that is not of its column's type, or a row of a text file with too many or too few fields."""


class SchemaMismatch(DrypointError, ValueError):
    """Parts of one source that do not agree: files of a list, or chunks of a generator."""


class NotNumeric(DrypointError, TypeError):
    """A text column where numbers, dates or truth values are needed."""


class EmptyData(DrypointError, ValueError):
    """Nothing to draw: no rows, or none with a finite position."""


class BadArgument(DrypointError, ValueError):
    """An argument outside what is allowed: a range, a size, a colour map, a combination."""


class ClosedError(DrypointError, ValueError):
    """Use of an object after its ``close()``."""


class FigureClosed(ClosedError, AttributeError):
    """Use of a figure, or of anything in it, after Drypoint closed it.

    Also an AttributeError, so that ``hasattr`` and others that only probe an object are not disturbed.
    """


class ScopeError(DrypointError, RuntimeError):
    """A scope used out of turn: entered or closed twice, or left where it was not entered."""


class CloseError(DrypointError, ExceptionGroup[Exception]):
    """Resources that could not be closed at the end of a scope; all others were closed.

    Each error carries a note that names its thing, the line that made it, and the scope.
    """

    def derive(self, errors: Sequence[Exception]) -> CloseError:  # type: ignore[override]
        """The same with other errors, for ``except*``."""
        return CloseError(self.message, errors)


class OutputError(DrypointError, OSError):
    """A picture that could not be written: a full disk, a read-only folder. Nothing is left under its name."""
