"""A server that draws a plot for each request, in flat memory: FastAPI.

    python examples/fastapi_plots.py [--port 8000] [--leak]

Each request has a scope, also where requests are tasks or run in a pool of threads: a scope belongs to its own context.
With --leak the server keeps the pixels of all plots in a dict by their number, as a cache without a limit would.
"""

from __future__ import annotations

import argparse
import io
import math
import socket
from contextlib import suppress

import drypoint as dp
import numpy as np
import uvicorn
from fastapi import FastAPI, Response
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

app = FastAPI()
CACHE: dict[int, np.ndarray] = {}
leaks = False


@app.get("/plot/{seed}")
def plot(seed: int) -> Response:
    """A small plot as PNG; not a coroutine, so that it is drawn in a thread."""
    with dp.scope("request"):
        figure = Figure(figsize=(2.4, 1.6), dpi=80)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.plot([math.sin(x / 10 + seed) * x for x in range(200)])
        axes.set_title(f"plot {seed}")
        page = io.BytesIO()
        canvas.print_png(page)
        if leaks:
            CACHE[seed] = np.array(canvas.buffer_rgba())
    return Response(page.getvalue(), media_type="image/png")


def main() -> None:
    global leaks
    parser = argparse.ArgumentParser(description="Plots over HTTP, with FastAPI.")
    parser.add_argument("--port", type=int, default=8000, help="0 for one that is free")
    parser.add_argument("--leak", action="store_true", help="keep the pixels of all plots")
    options = parser.parse_args()
    leaks = options.leak
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", options.port))
        listening.listen()
        print(f"listening on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


if __name__ == "__main__":
    main()
