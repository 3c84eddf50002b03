"""The servers among the examples: flat under load, and with their leak the watch names what keeps it.

The full load of 2,000 plots is run by hand; here 200 show the same.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
MB = 1_000_000


def _load():
    spec = importlib.util.spec_from_file_location("load", EXAMPLES / "load.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


load = _load()


def ask(program: str, requests: int, *options: str, watched: Path | None = None) -> list[int]:
    """The server's resident sizes, one for each tenth of the requests."""
    watch = [] if watched is None else ["-m", "drypoint", "watch", "--json", str(watched)]
    with load.Server([sys.executable, *watch, str(EXAMPLES / program), "--port", "0", *options]) as server:
        sizes = load.load(server, requests)
    assert server.process.returncode == 0
    return sizes


@pytest.mark.parametrize("program", ["flask_plots.py", "fastapi_plots.py"])
def test_a_scope_for_each_request_keeps_a_server_flat(program):
    pytest.importorskip(program.split("_")[0])
    sizes = ask(program, 200)
    assert sizes[-1] - sizes[0] < 3 * MB, sizes


@pytest.mark.parametrize(
    ("program", "holder", "least"),
    [("flask_plots.py", "HISTORY", 60 * MB), ("fastapi_plots.py", "cache of draw", 10 * MB)],
)
def test_the_watch_names_what_a_leaking_server_keeps(program, holder, least, tmp_path):
    pytest.importorskip(program.split("_")[0])
    path = tmp_path / "watched.json"
    ask(program, 150, "--leak", watched=path)
    document = json.loads(path.read_text())
    assert 140 <= document["turns"]["count"] <= 160  # a turn is a request, found without being told
    found = [one for one in document["findings"] if one["verdict"] in ("leak", "waste")]
    assert any(holder in one["holder"] and one["bytes"] >= least for one in found), document["findings"]
    assert all(program in one["line"] for one in found if holder in one["holder"])


def test_the_watch_has_nothing_to_say_of_a_server_that_closes(tmp_path):
    pytest.importorskip("flask")
    path = tmp_path / "watched.json"
    ask("flask_plots.py", 100, watched=path)
    found = json.loads(path.read_text())["findings"]
    assert [one for one in found if one["verdict"] in ("leak", "handle", "garbage", "native")] == []
