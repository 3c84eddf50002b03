"""The side of a view that pages speak to: messages there and back, and the ranges as traits.

The package anywidget carries a script to notebooks of all kinds (decision 0034); it is imported when a view is shown.
"""

from __future__ import annotations

from pathlib import Path
from types import new_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .view import View

__all__ = ["script", "widget_of"]

#: By name, once they are made.
_kinds: dict[str, Any] = {}


def script() -> str:
    """The module that a page runs."""
    return (Path(__file__).parent / "view.js").read_text("utf-8")


def widget_of(view: View) -> Any:
    """A widget that shows a view.

    Parameters
    ----------
    view : View
        Held until the widget is closed.

    Returns
    -------
    anywidget.AnyWidget

    Raises
    ------
    ImportError
        Without anywidget.
    """
    return _kind()(view)


class _Following:
    """What a widget does with what pages and its view tell it; the rest of it is anywidget's."""

    def __init__(self, view: View) -> None:
        super().__init__(home=view._home(), x_range=view.x_range, y_range=view.y_range)  # type: ignore[call-arg]
        page: Any = self
        self._view = view
        self._following = False
        page.on_msg(self._received)
        page.observe(self._ranges_set, ["x_range", "y_range"])
        view.observe(self._moved)
        view._send = page.send

    def _received(self, _widget: Any, content: Any, _buffers: Any) -> None:
        self._view._receive(content)

    def _moved(self, view: View) -> None:
        page: Any = self
        self._following = True
        try:
            with page.hold_trait_notifications():
                page.x_range, page.y_range = view.x_range, view.y_range
        finally:
            self._following = False

    def _ranges_set(self, change: Any) -> None:
        if not self._following and not self._view.closed:
            try:
                self._view.show(**{change["name"]: change["new"]})
            finally:
                self._moved(self._view)  # what is shown is a little more, or as before


def _kind() -> Any:
    """The class of the widgets, made when the first is."""
    made = _kinds.get("ViewWidget")
    if made is not None:
        return made
    try:
        import anywidget  # type: ignore[import-not-found,unused-ignore]
        import traitlets
    except ImportError:
        raise ImportError(
            "an interactive view needs the package anywidget: pip install drypoint[notebook]"
        ) from None
    traits = {
        "_esm": script(),
        "home": traitlets.Dict().tag(sync=True),
        "x_range": traitlets.Tuple(traitlets.Float(), traitlets.Float()),
        "y_range": traitlets.Tuple(traitlets.Float(), traitlets.Float()),
        "__doc__": "A view on pages.",
        "__module__": __name__,
    }
    bases = (_Following, anywidget.AnyWidget)
    made = new_class("ViewWidget", bases, exec_body=lambda body: body.update(traits))
    return _kinds.setdefault("ViewWidget", made)
