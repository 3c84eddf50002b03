"""Ask a server for plots, and see whether its memory stays flat.

    python examples/load.py examples/flask_plots.py [--leak] [--watch] [--requests 2000]

The server is a process of its own; its resident size is read from the system after every tenth part of the requests. The
first tenth is warm-up: fonts, caches, threads.
"""

from __future__ import annotations

import argparse
import http.client
import re
import signal
import subprocess
import sys
from pathlib import Path

PARTS = 10


class Server:
    """An example that runs, until the end of the with block.

    Parameters
    ----------
    command : list of str
        The program with its arguments; it prints where it listens.
    """

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found is None:
            self.process.kill()
            raise SystemExit(f"the server did not say where it listens: {line!r}")
        self._connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=60)

    def ask(self, number: int) -> bytes:
        """One plot."""
        self._connection.request("GET", f"/plot/{number}")
        answer = self._connection.getresponse()
        page = answer.read()
        if answer.status != 200 or not page.startswith(b"\x89PNG"):
            raise SystemExit(f"plot {number}: {answer.status} {page[:100]!r}")
        return page

    def resident(self) -> int:
        """Bytes of the server."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * 4096

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()


def load(server: Server, requests: int) -> list[int]:
    """The resident size after each tenth of the requests."""
    sizes = []
    for number in range(requests):
        server.ask(number)
        if (number + 1) % (requests // PARTS) == 0:
            sizes.append(server.resident())
    return sizes


def main() -> None:
    parser = argparse.ArgumentParser(description="Load a server of plots.")
    parser.add_argument("program", help="flask_plots.py or fastapi_plots.py")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--leak", action="store_true", help="start the server with --leak")
    parser.add_argument(
        "--watch", action="store_true", help="run it under `drypoint watch`, which tells what it finds"
    )
    options = parser.parse_args()
    watch = ["-m", "drypoint", "watch"] if options.watch else []
    leak = ["--leak"] if options.leak else []
    command = [sys.executable, *watch, options.program, "--port", "0", *leak]
    with Server(command) as server:
        sizes = load(server, options.requests)
    for part, size in enumerate(sizes, 1):
        print(f"{options.requests * part // PARTS:>8,} plots  {size / 1e6:7.1f} MB")
    print(f"grown by {(sizes[-1] - sizes[0]) / 1e6:.1f} MB since the first {options.requests // PARTS:,}")


if __name__ == "__main__":
    main()
