"""A server that draws a plot for each request, in flat memory: FastAPI.

    python examples/fastapi_plots.py [--port 8000] [--leak]

Each request has a scope, also where requests are tasks or run in a pool of threads: a scope belongs to its own context.
With --leak the pixels of all plots stay in a cache that has no limit.
"""

from __future__ import annotations

import argparse
import functools
import io
import socket
from contextlib import suppress

import drypoint as dp
import numpy as np
import uvicorn
from fastapi import FastAPI, Response
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

app = FastAPI()
leaks = False


def draw(seed: int) -> np.ndarray:
    """A small plot as pixels."""
    with dp.scope("request"):
        figure = Figure(figsize=(2.4, 1.6), dpi=80)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.plot(np.random.default_rng(seed).normal(size=2_000).cumsum())
        axes.set_title(f"plot {seed}")
        canvas.draw()
        return np.array(canvas.buffer_rgba())


drawn = functools.cache(draw)


@app.get("/plot/{seed}")
def plot(seed: int) -> Response:
    """A small plot as PNG; not a coroutine, so that it is drawn in a thread."""
    pixels = drawn(seed) if leaks else draw(seed)
    page = io.BytesIO()
    Image.fromarray(pixels).save(page, format="PNG")
    return Response(page.getvalue(), media_type="image/png")


def main() -> None:
    global leaks
    parser = argparse.ArgumentParser(description="Plots over HTTP, with FastAPI.")
    parser.add_argument("--port", type=int, default=8000, help="0 for one that is free")
    parser.add_argument("--leak", action="store_true", help="draw by way of a cache without a limit")
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
