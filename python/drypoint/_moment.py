"""What the clock, the collector and the system say at a moment. The report of the whole process begins with the one at
which Drypoint was imported, whenever the rest of the report is needed."""

from __future__ import annotations

import gc
from time import perf_counter

from . import _core

__all__ = ["IMPORTED", "now"]


Moment = tuple[float, tuple[int, float, int], int]


def now() -> Moment:
    """Seconds of a clock; runs of the collector over all generations, and of those that were watched the seconds and the
    bytes of arrays freed; bytes resident."""
    _, seconds, freed = _core.collector_runs()
    runs = sum(generation["collections"] for generation in gc.get_stats())
    return perf_counter(), (runs, seconds, freed), _core.resident_bytes()


IMPORTED = now()
