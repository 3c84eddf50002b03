"""What the programs of this folder do alike: the ways to run one, and the numbers taken around its turns.

A program is a loop as anybody would write it, ``for turn in turns: ...``, in one function for the plain text and one
for the text that a careful hand writes with ``out=`` and ``dst=``. It is called as ``python PROGRAM.py WAY [SETTING]
[TURNS]`` and prints one line of JSON. The way is one of

    plain      as written
    hand       as written by the careful hand
    tuned      as written, with glibc told by its environment variables to keep what is freed: the program begins anew
    collected  as written, with a `gc.collect()` after each turn: what people do today
    scope      as written, all turns within one `dp.scope()`
    each       as written, the loop over `dp.each(turns)`
    manage     as written, after `dp.manage()`
    system     as written, after `dp.manage(reuse="system")`

The numbers are read between two turns, when the turn before has ended in every sense, and only at three of them:
reading them costs more than a small turn does.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator

if "DRYPOINT_PATH" in os.environ:
    sys.path.append(os.environ["DRYPOINT_PATH"])

PAGE = os.sysconf("SC_PAGE_SIZE")
WAYS = ("plain", "hand", "tuned", "collected", "scope", "each", "manage", "system")
# What each way does around the loop itself; the others do it before.
AROUND = ("scope", "each")
TUNED = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 31)}
EARLY_TURN = 10

Program = Callable[[Iterable[int]], float]


def resident() -> int:
    """Bytes of this process that are in memory now."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE


class Turns:
    """The numbers 0, 1, 2, ... of the turns; keeps the clock, the page faults and the resident size at three of them."""

    def __init__(self, count: int, warm: int, collect: bool = False) -> None:
        self.count, self.warm, self.collect = count, warm, collect
        self.seconds: dict[int, tuple[float, float]] = {}
        self.faults: dict[int, int] = {}
        self.resident: dict[int, int] = {}

    def __iter__(self) -> Iterator[int]:
        noted = {self.warm, min(EARLY_TURN, self.count), self.count}
        for turn in range(self.count):
            if turn in noted:
                self.note(turn)
            yield turn
            if self.collect:
                gc.collect()
        self.note(self.count)

    def note(self, turns_done: int) -> None:
        """Read everything."""
        self.resident[turns_done] = resident()
        self.faults[turns_done] = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        self.seconds[turns_done] = time.perf_counter(), time.process_time()

    def numbers(self) -> dict[str, float]:
        """Seconds and page faults of a turn after the warm ones; resident bytes after an early and the last turn."""
        turns = self.count - self.warm
        (wall, cpu), (last_wall, last_cpu) = self.seconds[self.warm], self.seconds[self.count]
        return {
            "turn_seconds": (last_wall - wall) / turns,
            "turn_cpu_seconds": (last_cpu - cpu) / turns,
            "turn_faults": (self.faults[self.count] - self.faults[self.warm]) / turns,
            "early_resident_bytes": self.resident[min(EARLY_TURN, self.count)],
            "late_resident_bytes": self.resident[self.count],
            "turns": self.count,
        }


def begin(way: str) -> None:
    """Do what is done once, before the loop and before its data are made."""
    if way == "tuned" and not TUNED.items() <= os.environ.items():
        os.execve(sys.executable, sys.orig_argv, os.environ | TUNED)  # glibc reads them once, at the start
    if way in ("manage", "system"):
        import drypoint as dp

        dp.manage(reuse="system") if way == "system" else dp.manage()


def run(way: str, program: Program, turns: Turns) -> float:
    """Run the program in one of the ways and return what it computed."""
    if way not in AROUND:
        return program(turns)
    import drypoint as dp

    if way == "each":
        return program(dp.each(turns))
    with dp.scope():
        return program(turns)


def versions() -> dict[str, str]:
    """What is loaded, of the packages that matter here."""
    names = ("numpy", "matplotlib", "cv2", "PIL", "drypoint")
    return {name: sys.modules[name].__version__ for name in names if name in sys.modules}


def usage(text: str) -> SystemExit:
    """The complaint about a wrong call."""
    return SystemExit(f"{text}\nusage: python {sys.argv[0]} {{{','.join(WAYS)}}} [SETTING] [TURNS]")


def main(prepare: Callable[[str, bool], Program], settings: dict[str, int], warm: int) -> None:
    """Run the program that the command line asks for and print its numbers.

    `prepare(setting, by_hand)` makes the data and returns the loop; `settings` are the setting's names with the
    turns that are enough to measure each.
    """
    way, setting, *rest = [*sys.argv[1:], *([next(iter(settings))] if len(sys.argv) == 2 else [])] or ["", ""]
    if way not in WAYS:
        raise usage(f"the way is {way!r}")
    if setting not in settings:
        raise usage(f"the setting is {setting!r}, and must be one of {', '.join(settings)}")
    count = int(rest[0]) if rest else settings[setting]
    begin(way)
    program = prepare(setting, way == "hand")
    turns = Turns(count, min(warm, count // 2), way == "collected")
    total = run(way, program, turns)
    print(json.dumps({**turns.numbers(), "total": total, "versions": versions()}), flush=True)
