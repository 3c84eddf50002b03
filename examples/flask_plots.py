"""A server that draws a plot for each request, in flat memory: Flask.

    python examples/flask_plots.py [--port 8000] [--leak]

Each request has a scope: what is made in it is closed at its end. With --leak the server keeps the figures of all
requests in a list, as a history that nobody reads would.
"""

from __future__ import annotations

import argparse
import io
import logging
from contextlib import suppress

import drypoint as dp
import numpy as np
from flask import Flask, Response
from matplotlib.figure import Figure
from werkzeug.serving import make_server

app = Flask(__name__)
POINTS = 20_000
HISTORY: list[Figure] = []
leaks = False


@app.get("/plot/<int:seed>")
def plot(seed: int) -> Response:
    """A small plot as PNG."""
    with dp.scope("request") as scope:
        figure = Figure(figsize=(2.4, 1.6), dpi=80)  # not pyplot's, which is not made for threads
        axes = figure.add_subplot()
        axes.plot(np.random.default_rng(seed).normal(size=POINTS).cumsum())
        axes.set_title(f"plot {seed}")
        page = io.BytesIO()
        figure.savefig(page, format="png")
        if leaks:
            HISTORY.append(scope.keep(figure))
    return Response(page.getvalue(), mimetype="image/png")


def main() -> None:
    global leaks
    parser = argparse.ArgumentParser(description="Plots over HTTP, with Flask.")
    parser.add_argument("--port", type=int, default=8000, help="0 for one that is free")
    parser.add_argument("--leak", action="store_true", help="keep the figures of all requests")
    options = parser.parse_args()
    leaks = options.leak
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", options.port, app, threaded=True)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
