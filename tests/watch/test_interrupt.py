"""Ctrl-C that arrives while the heap is looked at is the program's."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import time
from drypoint import _core

def look():
    raise KeyboardInterrupt

_core.watch_turns(True)
_core.survey_by(look, 1)
try:
    for _ in range(100):
        _core.tell_turn()
        time.sleep(0.01)
    print("lost")
except KeyboardInterrupt:
    print("seen")
"""


def test_an_interrupt_during_a_look_reaches_the_program():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert done.stdout == "seen\n", done.stderr
