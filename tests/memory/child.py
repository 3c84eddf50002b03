"""A program in a process of its own, its peak resident size told by the system.

``ru_maxrss`` counts pages of the parent between fork and exec, so the child is started by a small helper
interpreter and its own ``VmHWM`` is read at its end.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

MB = 1_000_000

_TAIL = """
import json as _json
def _vm(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1]) * 1024
print("\\n" + _json.dumps({"peak": _vm("VmHWM"), "result": globals().get("result")}))
"""


@dataclass
class Child:
    peak_resident: int
    result: object
    stderr: str


def run_child(program: str, *, env: dict[str, str] | None = None, timeout: float = 300) -> Child:
    """Run a program text; its global ``result`` comes back."""
    import os

    done = subprocess.run(
        [sys.executable, "-c", program + _TAIL],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **(env or {})},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return Child(told["peak"], told["result"], done.stderr)


def run_cli(*arguments: str, timeout: float = 300, **options) -> subprocess.CompletedProcess[str]:
    """Run the installed command line."""
    return subprocess.run(
        [sys.executable, "-m", "drypoint", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        **options,
    )
