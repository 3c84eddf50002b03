"""Growth is seen also where new arrays take the places of those that were alive at the look before."""

from __future__ import annotations

import numpy as np
from drypoint import _core
from drypoint._report.snapshot import walk
from drypoint._watch.observer import Observer


def test_array_in_the_place_of_another_is_new() -> None:
    kept: list[np.ndarray] = []
    observer = Observer()
    observer.start()
    try:
        _core.survey_by(None)
        passing = [np.zeros(100_000, np.uint8) for _ in range(40)]
        heap, _ = walk([])
        before = heap.marks()
        heap.forget()
        places = {id(array) for array in passing}
        del passing
        kept += [np.zeros(200_000, np.uint8) for _ in range(40)]
        assert places & {id(array) for array in kept}, "no place was used again: the test shows nothing"
        heap, _ = walk([])
        grown = {heap.thing(row[0]) is kept: row for row in heap.grown(before, 1 << 20, 1 << 40, 8) if row[0]}
        heap.forget()
        assert grown[True][1] >= 40 * 200_000
        assert grown[True][3] == 40
    finally:
        observer.stop()
