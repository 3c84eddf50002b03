"""The door of Drypoint's plugin in pytest.

Pytest imports the plugins of all installed packages at each start. This one is a package of its own, so that a run which
does not ask for Drypoint does not import it: the plugin itself comes with ``--drypoint``, or with the first test that is
marked.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pytest

__all__: list[str] = []

_PLUGIN = "drypoint.pytest_plugin"
_MARKER = (
    "drypoint(limit=None, leaks=None, figures=None, turns=5): fail a test that passes its limits: bytes of memory at its "
    "peak, bytes left behind by each turn of its body, figures left open."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--drypoint``."""
    parser.getgroup("drypoint").addoption(
        "--drypoint", action="store_true", help="at the end, tell the tests that hold most memory"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker is known to all; the rest comes if it is asked for."""
    config.addinivalue_line("markers", _MARKER)
    if config.getoption("drypoint"):
        _load(config)


def pytest_itemcollected(item: pytest.Item) -> None:
    """A marked test needs the plugin."""
    if item.get_closest_marker("drypoint") is not None:
        _load(item.config)


def _load(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin(_PLUGIN):
        config.pluginmanager.import_plugin(_PLUGIN)
