"""What `make demo` runs: a hundred million points from a generator, and a small real file, each within 64 MB.

Each picture is drawn in a process of its own, whose peak memory is told by the system when it ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE.parent / "out"
LIMIT = 64_000_000


def attractor(path: str) -> None:
    """A hundred million points of a strange attractor, made a chunk at a time and never held."""
    import drypoint as dp
    from attractor import points

    figure = dp.draw(
        points(total=100_000_000),
        x="x",
        y="y",
        x_range=(-1.6, 2.15),  # a margin around it, and exact bins: no pattern of folded ones
        y_range=(-1.45, 1.65),
        width=1000,
        height=800,
        title="A hundred million points of a strange attractor",
        caption="(x, y) → (sin ay + c cos ax, sin bx + d cos by) with a = −1.4, b = 1.6, c = 1, d = 0.7",
        theme="dark",
        memory="20MB",  # what 64 MB leave beside Python, NumPy and the generator's own chunk
    )
    figure.save(path)


def pictures() -> dict[Path, list[str]]:
    """The files to draw and the commands that draw them."""
    zipcodes = OUT / "zipcodes.png"
    return {
        OUT / "attractor.png": [sys.executable, __file__, str(OUT / "attractor.png")],
        zipcodes: [
            *(sys.executable, "-m", "drypoint", "draw", str(HERE / "data" / "zipcodes.csv.gz")),
            *("-x", "longitude", "-y", "latitude", "--memory", "64MB"),
            *("--x-range", "-126", "-66", "--y-range", "24", "50"),
            *("--title", "US postal codes", "--caption", "Source: GeoNames, CC BY 4.0"),
            *("-o", str(zipcodes), "--quiet"),
        ],
    }


def main() -> int:
    """Draw them and print time, peak memory and where they are."""
    OUT.mkdir(exist_ok=True)
    print(f"{'seconds':>8}{'peak memory':>14}   picture")
    for path, command in pictures().items():
        began = time.perf_counter()
        child = subprocess.Popen(command, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
        _, status, usage = os.wait4(child.pid, 0)
        peak = usage.ru_maxrss * 1024
        if code := os.waitstatus_to_exitcode(status):
            return code
        print(f"{time.perf_counter() - began:>8.2f}{peak / 1e6:>11.1f} MB   {path}")
        if peak >= LIMIT:
            print(f"{path.name} needed more than 64 MB", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    if sys.argv[1:]:
        attractor(sys.argv[1])
    else:
        raise SystemExit(main())
