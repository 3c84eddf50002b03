"""What a move of a view takes in the kernel, and a pass over the file beside it, in one run.

    python benches/views.py FILE.parquet [X Y] [--at X Y] [--memory 1GB]

Zooms in step by step about a place, and looks to both sides at each step: request, fold, shade, PNG, as a page would have
it. The pass is `Canvas.points` on the same pixels, before the moves and after them.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time

import drypoint as dp
from drypoint._view.grid import Window, snapped

WIDTH, HEIGHT = 900, 600
DEEPEST = 1e-4


def seconds_of_pass(view: dp.View, source: dp.Source, columns: list[str]) -> float:
    canvas = dp.Canvas(WIDTH, HEIGHT, x_range=view.x_range, y_range=view.y_range)
    begun = time.perf_counter()
    canvas.points(source, *columns)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file")
    parser.add_argument("columns", nargs="*", default=["x", "y"])
    parser.add_argument("--at", nargs=2, type=float, default=(0.0, 0.0), metavar=("X", "Y"))
    parser.add_argument("--memory")
    told = parser.parse_args()
    source = dp.scan(told.file)
    view = dp.view(source, *told.columns, width=WIDTH, height=HEIGHT, memory=told.memory)
    heard: list[dict] = []
    view._send = lambda message, buffers: heard.append(message)

    def move(window: Window) -> tuple[float, bool]:
        """Milliseconds until the picture is there, and whether the file was read."""
        passes, begun = view.passes, time.perf_counter()
        heard.clear()
        view._receive({"type": "draw", "page": "bench", "id": 1, **window._asdict()})
        while not heard or heard[-1]["type"] == "progress":
            time.sleep(0.0005)
        assert heard[-1]["type"] == "picture", heard[-1]
        return 1000 * (time.perf_counter() - begun), view.passes > passes

    passes = [seconds_of_pass(view, source, told.columns)]
    begun = time.perf_counter()
    move(view._grid.home)
    assert view._newest.join(60) and view._cells.join(600)
    cutting = time.perf_counter() - begun
    x, y = view._grid.x.home(told.at[0]), view._grid.y.home(told.at[1])
    moves, size = [], 1.0
    while size > DEEPEST:
        for across, along in ((0, 0), (300, 100), (-700, -500)):
            corner = round(x / size - WIDTH / 2 + across), round(y / size - HEIGHT / 2 + along)
            moves.append((size, *move(Window(*corner, WIDTH, HEIGHT, size, size))))
        size = snapped(size * 0.79)
    passes.append(seconds_of_pass(view, source, told.columns))
    first = statistics.mean(passes)
    kept = [milliseconds for _, milliseconds, read in moves if not read]
    again = [(size, milliseconds) for size, milliseconds, read in moves if read]
    late = sum(milliseconds > 150 for milliseconds in kept)
    print(f"a pass over {source.rows:,} rows: {first:.2f} s ({', '.join(f'{one:.2f}' for one in passes)})")
    print(f"tiles, in the background: {cutting:.1f} s, {cutting / first:.1f} passes")
    print(f"moves without a pass: {len(kept)}, {late} of them above 150 ms")
    print(f"    {statistics.median(kept):.0f} ms in the middle, {max(kept):.0f} ms at most")
    for size, milliseconds in again:
        share = milliseconds / 1000 / first
        print(f"a move that read, {1 / size:,.0f} times zoomed in: {milliseconds:.0f} ms, {share:.2f} passes")
    print(f"kept at the end: {view.nbytes / 1e6:.0f} MB")
    print(f"peak resident: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")


if __name__ == "__main__":
    main()
