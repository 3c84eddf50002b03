"""A view as a widget: what anywidget and ipywidgets make of it, without a page."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import weakref

import drypoint as dp
import numpy
import pytest

anywidget = pytest.importorskip("anywidget")


def made(**options):
    rng = numpy.random.default_rng(8)
    return dp.view(
        {"x": rng.normal(size=5000), "y": rng.normal(size=5000)}, "x", "y", width=300, height=200, **options
    )


@pytest.fixture
def heard(monkeypatch):
    """What widgets send."""
    messages = []
    monkeypatch.setattr(
        anywidget.AnyWidget, "send", lambda self, content, buffers=None: messages.append((content, buffers))
    )
    return messages


def wait(ready):
    end = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_notebook_gets_an_address_and_the_script_no_picture():
    with made() as view:
        bundle = view._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        assert "application/vnd.jupyter.widget-view+json" in data and "image/png" not in data
        state = view.widget.get_state()
        assert "export default { render }" in state["_esm"] and state["home"]["name"] == "dict"
        assert view.widget.x_range == view.x_range and "x_range" not in state  # pages have the window
        assert view.widget is view.widget


def test_messages_and_pictures(heard):
    with made() as view:
        widget = view.widget
        ask = {"type": "draw", "page": "p", "id": 1, "dark": False, **view._grid.home._asdict()}
        widget._handle_custom_msg(ask, [])
        wait(lambda: heard)
        message, buffers = heard[0]
        assert message["type"] == "picture" and bytes(buffers[0]).startswith(b"\x89PNG")


def test_traits_follow_and_move(heard):
    with made() as view:
        widget, changes = view.widget, []
        widget.observe(lambda change: changes.append(change["name"]), ["x_range", "y_range"])
        view.show((-1, 1), (-1, 1))
        assert widget.x_range == view.x_range and widget.y_range == view.y_range
        assert sorted(changes) == ["x_range", "y_range"]
        widget.x_range = (0.0, 0.5)
        assert view.x_range[0] <= 0.01 and 0.49 <= view.x_range[1] < 0.6
        assert [message["type"] for message, _ in heard] == ["go", "go"]
        with pytest.raises(dp.BadArgument, match="x_range"):
            widget.x_range = (1.0, 0.0)
        assert widget.x_range == view.x_range


def test_closing_closes_the_widget(heard):
    view = made()
    widget = view.widget
    view.close()
    assert heard[-1][0] == {"type": "closed"} and widget.comm is None
    widget._handle_custom_msg({"type": "draw"}, [])
    watched = weakref.ref(widget)
    del widget, view
    gc.collect()
    assert watched() is None


def test_drypoint_does_not_import_it():
    program = "import sys, drypoint as dp; dp.view; assert not {'anywidget', 'traitlets', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
