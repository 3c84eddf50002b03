"""What everything that can be closed has in common: it is a context manager, and use after the end is a clear error."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ._errors import ClosedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["Closing"]


class Closing(ABC):
    """A thing with ``close()`` and ``closed``; a ``with`` block closes it."""

    @abstractmethod
    def close(self) -> None:
        """Free what it holds. A second call does nothing."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether `close` was called."""

    def _check_open(self) -> None:
        if self.closed:
            raise ClosedError(f"this {type(self).__name__} is closed")

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
