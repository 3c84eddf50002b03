"""A bar with rate, time left and memory on a terminal; nothing elsewhere."""

from __future__ import annotations

import sys

from .. import _core
from .._readable import Readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

__all__ = ["Progress"]


class Progress:
    """Shows rows done on standard error while its ``with`` block runs; tqdm is loaded only on a terminal."""

    def __init__(self, total: int | None, *, enabled: bool = True) -> None:
        self._total = total
        self._bar: Any = None
        self._enabled = enabled and sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._enabled:
            from tqdm import tqdm

            self._bar = tqdm(
                total=self._total, unit=" rows", unit_scale=True, leave=False, dynamic_ncols=True
            )
        return self

    def update(self, done: int, total: int | None) -> None:
        """Rows done, and in all where that is known."""
        if self._bar is None:
            return
        if total is not None:
            self._bar.total = total
        self._bar.set_postfix_str(str(Readable(_core.resident_bytes())), refresh=False)
        self._bar.update(done - self._bar.n)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
