"""What the clock, the collector and the system say at a moment. The report of the whole process begins with the one at
which Drypoint was imported, whenever the rest of the report is needed."""

from __future__ import annotations

import gc
from time import perf_counter

from . import _core

__all__ = ["IMPORTED", "now"]


def now() -> tuple[float, int, int]:
    """Seconds of a clock, how often the collector ran over all generations, and bytes resident."""
    return (
        perf_counter(),
        sum(generation["collections"] for generation in gc.get_stats()),
        _core.resident_bytes(),
    )


IMPORTED = now()
