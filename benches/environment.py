"""The two interpreters: the project's own, with Drypoint, and one for the peers, made here on first use."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent


@dataclass(frozen=True)
class Interpreters:
    """`drypoint` is None where the package is not built; its cases are then shown as not run."""

    peers: str
    drypoint: str | None
    package_folder: str

    def environment(self) -> dict[str, str]:
        """What the children find set. Their thread pools get the two threads that the table speaks of."""
        settings = {
            "NUMBA_NUM_THREADS": "2",
            "OMP_NUM_THREADS": "2",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONNOUSERSITE": "1",
        }
        return settings | {"DRYPOINT_PATH": self.package_folder}


def peers(given: str | None) -> str:
    """The peers' interpreter; .bench/venv is made, or made anew when requirements.txt has changed."""
    if given:
        return given
    folder = PROJECT / ".bench" / "venv"
    python = folder / "bin" / "python"
    requirements = HERE / "requirements.txt"
    stamp = folder / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print("installing the peers into .bench/venv (once)", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)]
        subprocess.run([str(python), *install], check=True)
        stamp.write_text(wanted)
    return str(python)


def find(peers_given: str | None, drypoint_given: str | None, only_peers: bool) -> Interpreters:
    """Find or make both interpreters."""
    python = os.path.abspath(drypoint_given or PROJECT / ".venv" / "bin" / "python")
    location = ""
    if not only_peers and Path(python).exists():
        ask = "import drypoint, pathlib; print(pathlib.Path(drypoint.__file__).resolve().parent.parent)"
        asked = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
        location = asked.stdout.strip()
    if not location and not only_peers:
        print("Drypoint is not installed in .venv: only the peers are run (make build)", file=sys.stderr, flush=True)
    return Interpreters(peers(peers_given), python if location else None, location)
