"""What notebooks show of things that are no pictures: a few facts, in the page's own colours, light or dark."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["card"]

_CELL = "padding:.1em 1em .1em 0;text-align:left;vertical-align:top"


def card(title: str, facts: Mapping[str, object], picture: bytes | None = None, alt: str = "") -> str:
    """HTML of a title, of names and values, and of a small picture.

    Parameters
    ----------
    title : str
        One line.
    facts : mapping of str to object
        Shown as text, in order; None is left out.
    picture : bytes, optional
        A PNG.
    alt : str, optional
        What the picture shows, for those who cannot see it.

    Returns
    -------
    str
    """
    from base64 import b64encode
    from html import escape

    rows = "".join(
        f'<tr style="background:none"><th scope="row" style="{_CELL};font-weight:normal;opacity:.7">{escape(name)}</th>'
        f'<td style="{_CELL};font-variant-numeric:tabular-nums">{escape(str(value))}</td></tr>'
        for name, value in facts.items()
        if value is not None
    )
    shown = ""
    if picture is not None:
        encoded = b64encode(picture).decode("ascii")
        shown = (
            f'<img alt="{escape(alt)}" src="data:image/png;base64,{encoded}" '
            'style="display:block;max-width:100%;margin:.4em 0;image-rendering:auto">'
        )
    table = f'<table style="border-collapse:collapse;margin:.2em 0">{rows}</table>' if rows else ""
    return f"<div><div><b>{escape(title)}</b></div>{shown}{table}</div>"
