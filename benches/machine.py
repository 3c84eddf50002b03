"""What the numbers were measured on. No names of hosts, users or folders: the page is published."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def described() -> dict[str, object]:
    """Processor, cores, memory, kernel and Python, as far as the system tells."""
    return {
        "processor": first_value("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        "python": platform.python_version(),
        "load_average_at_start": round(os.getloadavg()[0], 2),
    }


def first_value(path: str, key: str) -> str:
    """The value of the first ``key : value`` line of a file, or nothing."""
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")


def in_words(machine: dict[str, object]) -> str:
    """One line for the page."""
    gibibytes = int(str(machine["memory_bytes"])) / 2**30
    return (
        f"{machine['cores']} cores of {machine['processor']}, {gibibytes:.0f} GiB, {machine['system']}, "
        f"Python {machine['python']}, load average at start {machine['load_average_at_start']}"
    )
